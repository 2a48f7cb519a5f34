"""One group of slow hits against everything that may have held them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from heapwise.analysis.tail.activity import Activity, OwnDelay
from heapwise.analysis.tail.counterfactual import Counterfactual
from heapwise.analysis.tail.intervals import Group, Intervals
from heapwise.analysis.tail.neighbours import Neighbours
from heapwise.analysis.tail.permutation import Evidence, Sample, evidence
from heapwise.analysis.tail.rivals import inside
from heapwise.analysis.tail.suspects import Suspect
from heapwise.analysis.tail.verdict import (
    LITTLE,
    RIVALS,
    Charge,
    Opinion,
    crowded,
    doubted,
    opinions,
    weigh,
)
from heapwise.model.gc_timeline import GcTimeline
from heapwise.model.tail import Blame, Cause, CauseTest

_ORDER = (Blame.BLAMED, Blame.UNDECIDED, Blame.CLEARED, Blame.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What is compared.

    Attributes:
        hits: all of them.
        group: the slow ones among them.
        sample: these, and where the permutations put them or, of many, some of them.
        suspects: what may have held them up.
        timeline: of the collector, for how well its clock agrees; None without.
        shared: who used the machine; None if unknown.
        run_id: seeds what is drawn at random.
    """

    hits: Intervals
    group: Group
    sample: Sample
    suspects: Sequence[Suspect]
    timeline: GcTimeline | None
    shared: Neighbours | None
    run_id: str

    def tests(self, guilty: AbstractSet[Cause]) -> tuple[CauseTest, ...]:
        """A verdict on each cause, those that are blamed first."""
        charges = {
            each.cause: self._charge(each.holder)
            for each in self.suspects
            if each.holder is not None
        }
        verdicts = opinions(charges, guilty, len(self.group.rows))
        verdicts |= self._doubts(verdicts)
        verdicts = weigh(verdicts, charges, self._beside(verdicts))
        verdicts = crowded(verdicts, self.shared)
        tests = [self._test(each, charges, verdicts) for each in self.suspects]
        return tuple(sorted(tests, key=lambda test: _rank(test, charges)))

    def _charge(self, holder: Activity | OwnDelay) -> Charge:
        found = evidence(self.sample, holder)
        if found.cover < LITTLE:  # what would be without it makes no difference then
            return Charge(found, 0.0, self.group.threshold_ns)
        without = Counterfactual.of(self.hits, holder)
        return Charge(found, without.gain(self.group), without.threshold_ns(self.group))

    def _doubts(self, verdicts: Mapping[Cause, Opinion]) -> dict[Cause, Opinion]:
        """Windows that may lie beside the hits altogether say nothing of them."""
        if self.timeline is None:
            return {}
        excess, doubt = float(np.median(self.sample.excess)), self.timeline.uncertainty_ns
        if doubt <= excess:
            return {}
        return {cause: doubted(doubt, excess) for cause in verdicts if cause.is_gc}

    def _beside(self, verdicts: Mapping[Cause, Opinion]) -> dict[tuple[Cause, Cause], Evidence]:
        blamed = {
            each.cause: each.holder
            for each in self.suspects
            if each.cause in verdicts
            and verdicts[each.cause].blame is Blame.BLAMED
            and isinstance(each.holder, Activity)
        }
        found = {}
        for cause in (cause for cause in blamed if cause.is_gc):
            for rival in (rival for rival in blamed if rival in RIVALS):
                against = inside(self.sample, blamed[cause], blamed[rival], self.run_id)
                if against is not None:
                    found[cause, rival] = against
        return found

    def _test(
        self,
        suspect: Suspect,
        charges: Mapping[Cause, Charge],
        verdicts: Mapping[Cause, Opinion],
    ) -> CauseTest:
        if suspect.holder is None:
            return CauseTest(
                cause=suspect.cause,
                blame=Blame.UNKNOWN,
                touched=0,
                expected=0.0,
                active_share=0.0,
                p=None,
                why=suspect.unknown,
            )
        seen, verdict = charges[suspect.cause].found, verdicts[suspect.cause]
        blamed = verdict.blame is Blame.BLAMED
        return CauseTest(
            cause=suspect.cause,
            blame=verdict.blame,
            touched=seen.touched,
            expected=seen.expected_touched,
            active_share=suspect.holder.share,
            p=seen.p,
            held_ns=seen.held_ns,
            without=Counterfactual.of(self.hits, suspect.holder).percentiles() if blamed else None,
            why=verdict.why,
        )


def _rank(test: CauseTest, charges: Mapping[Cause, Charge]) -> tuple[int, float, float]:
    """The strongest first; of equals the more special one, as assist is within a mark."""
    charge = charges.get(test.cause)
    strength = round(charge.found.blame, 1) if charge else 0.0
    common = charge.found.expected_cover if charge else 0.0
    return _ORDER.index(test.blame), -strength, common
