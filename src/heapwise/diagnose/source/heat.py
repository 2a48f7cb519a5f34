"""What source lines cost: the call paths of a run that pass through them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from heapwise.analysis.allocation import CallSite
from heapwise.analysis.frames import Frame, RuntimeFrames
from heapwise.diagnose.source.match import Heat, Match, Span
from heapwise.diagnose.source.tree import SourceTree


@dataclass(frozen=True, slots=True)
class _Passage:
    """A call path that passes through a line: the path, and where in it."""

    site: CallSite
    index: int


class HotLines:
    """Which call paths pass through which lines of a source directory.

    Args:
        tree: the source.
        sites: the call paths of a run.
        frames: how the runtime's frames are told apart.
    """

    def __init__(self, tree: SourceTree, sites: Iterable[CallSite], frames: RuntimeFrames) -> None:
        self._tree = tree
        self._frames = frames
        self._places: dict[Frame, str | None] = {}
        self._lines: dict[str, dict[int, list[_Passage]]] = defaultdict(lambda: defaultdict(list))
        places = self._places
        for site in sites:
            for index, frame in enumerate(site.path):
                file = places[frame] if frame in places else self.place(frame)
                if file is not None:
                    self._lines[file][frame.line].append(_Passage(site, index))

    @property
    def files(self) -> Sequence[str]:
        """The files that anything passes through, the heaviest first."""
        weights = {
            file: sum(
                {id(p.site): p.site.weight.size for ps in lines.values() for p in ps}.values()
            )
            for file, lines in self._lines.items()
        }
        return sorted(weights, key=lambda file: (-weights[file], file))

    def lines(self, file: str) -> Mapping[int, Sequence[CallSite]]:
        """The call paths through each line of a file."""
        return {line: [p.site for p in ps] for line, ps in self._lines.get(file, {}).items()}

    def place(self, frame: Frame) -> str | None:
        """The file that a frame of the service's own code lies in; None if it is not there."""
        if frame not in self._places:
            own = frame.file and self._frames.is_own(frame)
            package = self._frames.package_of(frame.function)
            self._places[frame] = self._tree.find(frame.file, package) if own else None
        return self._places[frame]

    def sites(self, match: Match, function_lines: Span | None = None) -> tuple[CallSite, ...]:
        """The call paths that a match stands for, each once.

        Args:
            match: what was recognised.
            function_lines: those of the function it is in, for `Heat.FUNCTION`.
        """
        spans = (match.span, *match.more)
        if match.heat is Heat.FUNCTION and function_lines is not None:
            spans = (function_lines,)
        found: dict[int, CallSite] = {}
        for span in spans:
            for line, passages in self._lines.get(span.file, {}).items():
                if span.line <= line <= span.end_line:
                    for each in passages:
                        if _is_meant(match, each):
                            found[id(each.site)] = each.site
        return tuple(found.values())


def _is_meant(match: Match, passage: _Passage) -> bool:
    """Whether the next frame towards the leaf is of those the match is about."""
    if not match.callees or match.heat is Heat.FUNCTION:
        return True
    if passage.index == 0:
        return "" in match.callees
    callee = passage.site.path[passage.index - 1].function
    return callee.startswith(tuple(each for each in match.callees if each))
