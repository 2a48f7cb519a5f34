"""Joins the call paths of a run with the compiler's log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from heapwise.analysis.allocation import CallSite, Path
from heapwise.diagnose.case import Case, short
from heapwise.diagnose.escape.explain import Explainer
from heapwise.diagnose.escape.words import MOST, function_name, place
from heapwise.diagnose.found import At
from heapwise.model.escape import EscapeCoverage, EscapeLog, Explanation, How, Unexplained

_ROWS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Why the call paths of a run allocate.

    Attributes:
        explanations: one per path.
        coverage: which share of the bytes they explain.
    """

    explanations: Mapping[Path, Explanation]
    coverage: EscapeCoverage
    _explainer: Explainer

    def flow(self, at: At, sites: Iterable[CallSite]) -> tuple[str, ...]:
        """Why a place allocates, in at most four sentences; empty where nobody knows.

        Args:
            at: whether a frame is at the place.
            sites: call paths through it. The heaviest one that is explained tells.
        """
        for site in sorted(sites, key=lambda each: -each.weight.size):
            found = self._explained(at, site.path)
            if found:
                return found
        return ()

    def _explained(self, at: At, path: Path) -> tuple[str, ...]:
        explanation = self.explanations.get(path)
        if explanation is None or explanation.how is How.UNEXPLAINED:
            return ()
        index = next((i for i, frame in enumerate(path) if at(frame)), None)
        if index is None:
            return ()
        if index == 0 or explanation.how is How.CALLEE:
            return explanation.sentences
        caller, callee = path[index], path[index - 1]
        calls = f"{function_name(caller)} calls {short([callee])} ({place(caller)})"
        own = self._explainer.on_line(path[index:])
        return (calls, *explanation.sentences, *own)[:MOST]


def join(case: Case, log: EscapeLog) -> Joined:
    """Explain every call path of a run.

    Args:
        case: the run; its source, where given, tells what the log does not.
        log: of the same source, built with the same settings.
    """
    explainer = Explainer(case, log)
    found = {site.path: explainer.explain(site.path) for site in case.spent.sites}
    return Joined(found, _coverage(case, found), explainer)


def _coverage(case: Case, found: Mapping[Path, Explanation]) -> EscapeCoverage:
    sizes = dict.fromkeys(How, 0.0)
    rows: dict[str, float] = defaultdict(float)
    for site in case.spent.sites:
        explanation = found[site.path]
        sizes[explanation.how] += site.weight.size
        if explanation.how is How.UNEXPLAINED:
            rows[f"{short(site.path[:1])} ({explanation.where})"] += site.weight.size
    heaviest = sorted(rows, key=lambda row: (-rows[row], row))[:_ROWS]
    shares = {how: case.spent.part(size) for how, size in sizes.items()}
    return EscapeCoverage(
        exact=shares[How.EXACT],
        near=shares[How.NEAR],
        syntax=shares[How.SYNTAX],
        callee=shares[How.CALLEE],
        unexplained=shares[How.UNEXPLAINED],
        rows=tuple(Unexplained(row, case.spent.part(rows[row])) for row in heaviest),
    )
