"""The whole call graph of a profile by address, for tools that draw their own."""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.model.tables import View


@dataclass(frozen=True, slots=True)
class CallSite:
    """One address, or one inlined line at it.

    Attributes:
        called: the function as its callers name it, which tells functions of one name apart.
    """

    function: str
    called: str
    filename: str
    line: int
    address: int
    binary: str
    flat: int
    callees: tuple[tuple[int, int], ...]
    """Index of each call site called from here, and what that weighs; heaviest first."""


class CallSites(View, frozen=True, kw_only=True):
    """All call sites, heaviest first."""

    sites: tuple[CallSite, ...]
