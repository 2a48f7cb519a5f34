"""Source lines with what each of them weighs."""

from __future__ import annotations

import msgspec

from heapwise.model.tables import View


class SourceLine(msgspec.Struct, frozen=True):
    """One line; ``text`` is None where the source is not at hand."""

    number: int
    flat: int
    cum: int
    text: str | None = None


class Routine(msgspec.Struct, frozen=True, kw_only=True):
    """A function in one file.

    Attributes:
        flat: of all its lines.
        cum: the sum over its lines, as pprof has it: recursion counts more than once.
        first: line the function starts at, or the first one worth showing.
        last: last line worth showing.
        lines: those with a weight, by number; with the source at hand all from first to last.
        missing: why there is no text.
    """

    name: str
    filename: str
    flat: int
    cum: int
    first: int
    last: int
    lines: tuple[SourceLine, ...]
    missing: str = ""


class Listing(View, frozen=True, kw_only=True):
    """The routines that match a pattern, by name and file."""

    routines: tuple[Routine, ...]
