"""How a rule says which files it wants to see, and what it recognises in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from heapwise.diagnose.source.match import Match

File = TypeVar("File")


@dataclass(frozen=True, slots=True)
class Look(Generic[File]):
    """What a rule recognises in the files of one runtime.

    Attributes:
        words: bytes of which at least one stands in every file that can have the pattern: files
            without are neither parsed nor shown to the rule.
        find: the matches in a file.
    """

    words: tuple[bytes, ...]
    find: Callable[[File], Iterable[Match]]
