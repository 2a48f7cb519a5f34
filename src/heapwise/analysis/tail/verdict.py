"""From evidence to blame.

Three things have to come together. Chance must not explain what a cause covers, after Holm's
correction for all causes that are heavy enough to be named. The cause has to be behind at least
`MAIN` of the slow hits' excess latency. And without it the threshold itself has to fall by as much
of its excess: something that makes slow hits a little slower is active during the slowest of them
all, because that is how they became the slowest, and curing it leaves the next ones in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from heapwise.analysis.tail.intervals import LEAST_HITS
from heapwise.analysis.tail.neighbours import Neighbours
from heapwise.analysis.tail.permutation import Evidence, holm
from heapwise.model.tail import Blame, Cause
from heapwise.units import format_duration, format_share

LEVEL = 0.05

MAIN = 0.4
"""Of the excess latency, what a cause has to be behind to be named."""

LITTLE = 0.2
"""A cause that was active during less of the excess latency cannot have made it."""

FULL = 0.8
"""Active for so much of the time, a cause is there whether hits are slow or not."""

CLOSE = 0.1
"""A symptom has to explain so much more than the collector to be blamed beside it."""

RIVALS = (Cause.CPU, Cause.STEAL, Cause.THROTTLE, Cause.PRESSURE)
"""They can make the collector itself slow."""

SYMPTOMS = (Cause.CPU, Cause.CONNECT, Cause.GENERATOR)
"""They may come from a collector that takes the processors, and connections that are all in use."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What speaks against one cause.

    Attributes:
        found: compared with chance.
        gain: share of the threshold's excess over the median that would be gone without it.
        still_ns: the threshold without it.
    """

    found: Evidence
    gain: float
    still_ns: float

    @property
    def heavy(self) -> bool:
        """Big enough to be named, if it is no coincidence."""
        return min(self.found.blame, self.gain) >= MAIN


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict on one cause and its reason in a few words."""

    blame: Blame
    why: str


def opinions(
    charges: Mapping[Cause, Charge], known_guilty: AbstractSet[Cause], slow: int
) -> dict[Cause, Opinion]:
    """A first verdict on each cause by itself.

    Args:
        charges: what speaks against each.
        known_guilty: causes that a larger group of slow hits blames. A group of a few hits need
            not prove it again: there the cause only has to cover them.
        slow: how many hits are in the group.
    """
    proven = holm({cause: each.found.p for cause, each in charges.items() if each.heavy}, LEVEL)
    if slow < LEAST_HITS:
        proven |= known_guilty
    return {cause: _opinion(each, cause in proven, slow) for cause, each in charges.items()}


def _opinion(charge: Charge, proven: bool, slow: int) -> Opinion:
    cover = f"covers {format_share(charge.found.cover)} of the excess"
    chance = format_share(charge.found.expected_cover)
    if charge.found.cover < LITTLE:
        return Opinion(Blame.CLEARED, cover)
    if charge.gain < LITTLE:
        still = format_duration(charge.still_ns)
        return Opinion(Blame.CLEARED, f"{cover}, but without it the threshold would be {still}")
    if proven and charge.heavy:
        return Opinion(Blame.BLAMED, f"{cover}, {chance} by chance")
    return _unproven(charge, slow, cover, chance)


def _unproven(charge: Charge, slow: int, cover: str, chance: str) -> Opinion:
    """Of a cause that is heavy enough to matter, if it is one."""
    if charge.found.expected_cover >= FULL:
        return Opinion(Blame.UNDECIDED, f"{cover}, and would of any other hit")
    if slow >= LEAST_HITS and charge.found.most < MAIN:
        return Opinion(Blame.CLEARED, f"{cover}, {chance} by chance")
    if charge.found.p <= LEVEL and not charge.heavy:
        part = format_share(max(0.0, min(charge.found.blame, charge.gain)))
        return Opinion(Blame.UNDECIDED, f"behind about {part} of the excess")
    if slow < LEAST_HITS:
        return Opinion(Blame.UNDECIDED, f"{cover}, but so few slow hits tell little")
    return Opinion(Blame.UNDECIDED, f"{cover}, but {chance} by chance")


def doubted(uncertainty_ns: float, excess_ns: float) -> Opinion:
    """What can be said where the clocks are further apart than the hits were slow."""
    return Opinion(
        Blame.UNDECIDED,
        f"clocks agree to {format_duration(uncertainty_ns)}, slow hits took "
        f"{format_duration(excess_ns)} too long",
    )


def crowded(verdicts: Mapping[Cause, Opinion], shared: Neighbours | None) -> dict[Cause, Opinion]:
    """Where others had the machine, a collector that looks guilty may just have waited with it."""
    if shared is None or not shared.crowding:
        return dict(verdicts)
    others = format_share(shared.others)
    why = f"other programs had {others} of a full machine, which makes collections long"
    return {
        cause: Opinion(Blame.UNDECIDED, why) if cause.is_gc and each.blame is Blame.BLAMED else each
        for cause, each in verdicts.items()
    }


def weigh(
    verdicts: Mapping[Cause, Opinion],
    charges: Mapping[Cause, Charge],
    beside: Mapping[tuple[Cause, Cause], Evidence],
) -> dict[Cause, Opinion]:
    """Where the collector and something else are both blamed, find who explains whom.

    Args:
        verdicts: of each cause by itself.
        charges: what they rest on.
        beside: the evidence against a cause of the collector within the time of a rival, by
            (cause, rival), where there is any.
    """
    weighed = dict(verdicts)
    blamed = [cause for cause, each in verdicts.items() if each.blame is Blame.BLAMED]
    for (cause, rival), found in beside.items():
        if found.blame < MAIN:
            weighed[cause] = Opinion(
                Blame.UNDECIDED, f"makes little difference within the time of {rival.value}"
            )
    guilty = [cause for cause in blamed if cause.is_gc and weighed[cause].blame is Blame.BLAMED]
    if guilty:
        main = max(guilty, key=lambda cause: charges[cause].found.blame)
        for cause in (cause for cause in blamed if cause in SYMPTOMS):
            if charges[cause].found.blame <= charges[main].found.blame + CLOSE:
                weighed[cause] = Opinion(Blame.UNDECIDED, f"comes with {main.value}")
    return weighed
