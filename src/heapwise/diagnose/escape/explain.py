"""Explains one call path: the compiler's log first, then the syntax, then the callee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from heapwise.analysis.frames import Frame
from heapwise.diagnose.case import Case, short
from heapwise.diagnose.escape.places import Places
from heapwise.diagnose.escape.reasons import allocates, reason
from heapwise.diagnose.escape.sources import Sources
from heapwise.diagnose.escape.syntax import Told, told_by_line
from heapwise.diagnose.escape.words import MOST, function_name, place, sentences
from heapwise.model.escape import EscapeEntry, EscapeKind, EscapeLog, Explanation, How, Reason

_NEAR = (1, -1, 2, -2)
"""A statement over several lines is logged on one of them and allocates on another."""

_WRAPPING = frozenset({Reason.GOROUTINE, Reason.DEFERRED})
_BUFFERS = "internal/bytealg.MakeNoZero"
"""What strings.Builder, strings.Join and their like get their memory from."""

_ARGUMENTS = "... argument"


class Explainer:
    """Explains call paths, leaf first.

    Args:
        case: the run.
        log: of the same source.
    """

    def __init__(self, case: Case, log: EscapeLog) -> None:
        self._frames = case.frames
        self._version = log.version or case.version
        self._places = Places(log, case.frames, case.version)
        self.sources = Sources(self._places, case.frames, case.source)
        self._lines: dict[Frame, Told | None] = {}

    def explain(self, path: Sequence[Frame]) -> Explanation:
        """Why a path allocates."""
        leaf = path[0]
        found = self._entries(path)
        if found and reason(found[0]) is not Reason.CLOSURE:
            return self._logged(How.EXACT, found, leaf)
        told = self._told(leaf)
        if found and told is not None and told.reason in _WRAPPING:
            # Of a call, `go` and `defer` make a closure that nobody wrote.
            return self._by_syntax(How.EXACT, leaf, told)
        if found:
            return self._logged(How.EXACT, found, leaf)
        if told is None or not told.sure:
            found = self._near(leaf)
            if found:
                return self._logged(How.NEAR, found, leaf)
        if told is not None:
            return self._by_syntax(How.SYNTAX, leaf, told)
        return self._by_callee(path)

    def on_line(self, path: Sequence[Frame]) -> tuple[str, ...]:
        """What the log says of the line that a path begins with."""
        found = self._entries(path)
        return self._sentences(found, path[0]) if found else ()

    def _entries(self, path: Sequence[Frame]) -> list[EscapeEntry]:
        """The entries of a path's leaf line, best first; of inlined code those of its callers."""
        ranked = {
            entry: _callers_shared(entry, path)
            for entry in self._places.entries(path[0])
            if allocates(entry)
        }
        best = max(ranked.values(), default=0)
        kept = sorted((entry for entry, shared in ranked.items() if shared == best), key=_rank)
        if len(kept) > 1:
            same = [each for each in kept if self.sources.in_same_literal(path[0], each.at)]
            kept = same or kept
        return kept

    def _near(self, leaf: Frame) -> list[EscapeEntry]:
        for distance in _NEAR:
            line = leaf.line + distance
            found = [
                entry
                for entry in self._places.entries(leaf, line)
                if entry.kind is not EscapeKind.STAYS and not entry.callers
            ]
            if found and self.sources.same_function(leaf, line):
                return sorted(found, key=_rank)
        return []

    def _told(self, leaf: Frame) -> Told | None:
        if leaf not in self._lines:
            self._lines[leaf] = self._by_name(leaf) or self._by_line(leaf)
        return self._lines[leaf]

    def _by_line(self, leaf: Frame) -> Told | None:
        """What the syntax tells; where a log should be and is not, that would be a guess."""
        if not self._places.covers(leaf) and self.sources.place(leaf) is None:
            return None
        file = self.sources.file(leaf)
        return told_by_line(file, leaf.line) if file is not None else None

    def _by_name(self, leaf: Frame) -> Told | None:
        """What is known of the runtime's own functions, whose lines are never logged."""
        package, name = self._frames.package_of(leaf.function), short([leaf])
        if package in ("reflect", "internal/reflectlite"):
            clause = f"{name} makes the value by reflection, always on the heap"
            return Told(Reason.REFLECTION, clause, sure=True)
        if leaf.function == _BUFFERS:
            clause = f"{name} makes a buffer of a size that is only known at run time"
            return Told(Reason.VARIABLE_SIZE, clause, sure=True)
        if package == "runtime":
            return Told(Reason.RUNTIME, f"the runtime allocates in {name}", sure=True)
        return None

    def _logged(self, how: How, found: list[EscapeEntry], leaf: Frame) -> Explanation:
        return Explanation(how, reason(found[0]), place(leaf), self._sentences(found, leaf))

    def _sentences(self, found: Iterable[EscapeEntry], frame: Frame) -> tuple[str, ...]:
        """Of the best entry all, of others on the line the first."""
        first, *others = (sentences(entry, frame, self._version) for entry in found)
        more = [each[0] for each in others if each[0] not in first]
        return (*first, *more)[:MOST]

    def _by_syntax(self, how: How, leaf: Frame, told: Told) -> Explanation:
        return Explanation(how, told.reason, place(leaf), (f"{told.clause} ({place(leaf)})",))

    def _by_callee(self, path: Sequence[Frame]) -> Explanation:
        """Where code that the log covers calls what it does not cover."""
        leaf = path[0]
        if self._places.covers(leaf):
            return Explanation(How.UNEXPLAINED, Reason.UNKNOWN, place(leaf), ())
        said = f"{short([leaf])} allocates, of a package without a log ({place(leaf)})"
        for callee, caller in pairwise(path):
            if self._places.covers(caller):
                calls = f"{function_name(caller)} calls {short([callee])}, which allocates"
                said = f"{calls} ({place(caller)})"
                break
        return Explanation(How.CALLEE, Reason.CALLEE, place(leaf), (said,))


def _callers_shared(entry: EscapeEntry, path: Sequence[Frame]) -> int:
    """How many of the calls it was inlined by are those of the path; -1 where one is another."""
    for caller, frame in zip(entry.callers, path[1:], strict=False):
        if caller.line != frame.line:
            return -1
    return min(len(entry.callers), len(path) - 1)


def _rank(entry: EscapeEntry) -> tuple[bool, bool, int]:
    return entry.kind is EscapeKind.STAYS, entry.what == _ARGUMENTS, entry.at.column
