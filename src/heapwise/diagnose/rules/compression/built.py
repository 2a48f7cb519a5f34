"""What the rules about compressors have in common, whatever the runtime."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from heapwise.analysis.allocation import CallSite
from heapwise.analysis.frames import Frame
from heapwise.diagnose.case import Case
from heapwise.model.finding import Evidence


class Built(NamedTuple):
    """A call path that builds a compressor.

    Attributes:
        site: the path, and what it weighs.
        caller: index of the frame that asked for it.
        size: bytes of one compressor, the least where several kinds look alike.
    """

    site: CallSite
    caller: int
    size: int

    @property
    def frame(self) -> Frame:
        """The frame that asked for it."""
        return self.site.path[self.caller]


class Compressors(Protocol):
    """How compressors of one runtime are recognised, and what there is to say of them.

    Attributes:
        HOLDS_FOR: versions and conditions under which the remedy was measured.
    """

    HOLDS_FOR: str

    def built(self, case: Case) -> Iterable[Built]:
        """The call paths that build one while a request is answered."""
        ...

    def why(self, case: Case, group: Sequence[Built], evidence: Evidence) -> str:
        """Why it allocates, given what one module or package builds, heaviest path first."""
        ...

    def remedy(self, case: Case, group: Sequence[Built], evidence: Evidence) -> str:
        """What to do."""
        ...

    def saved(self, case: Case, group: Sequence[Built]) -> float | None:
        """The share of the bytes that the remedy saves; None where that is not known."""
        ...

    def certain(self, evidence: Evidence) -> bool:
        """Whether the compressors themselves are what there is to mend."""
        ...
