"""How far the figures of a sampled heap profile can be trusted.

The runtime samples bytes: an object of S bytes is seen with probability ``p = 1 - exp(-S / R)``,
R being the mean distance between samples (the profile's period). The profile holds estimates
already scaled by ``1 / p``, and every sample carries S as its numeric label ``bytes``, so that the
number of sampled events behind it can be recovered:

- events: ``n = round(bytes * p / S)``; from bytes and not from the count, because both were
  truncated to whole numbers and of bytes less than ``p / S`` events went;
- variance of the bytes: ``n * (1 - p) * (S / p) ** 2``, of the objects ``n * (1 - p) / p ** 2``.
  Objects far below R have a relative standard error of ``1 / sqrt(n)``; those far above it are all
  seen and have none.

An object stays sampled for as long as it lives, so the same holds for what is in use.

In a window both are differences, and because n is linear in bytes it is simply read off the
difference profile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heapwise.model.finding import Interval
from heapwise.model.profile import Int64s, Profile

Float64s = npt.NDArray[np.float64]

_Z = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """The events behind each sample of a profile, float64[n] each.

    Attributes:
        hits: sampled events.
        objects: estimated objects, with what was cut off when they were written as whole numbers.
        bytes_variance: of the estimated bytes.
        objects_variance: of the estimated objects.
        labelled: bool[n]: the size of the objects is known from the label.
    """

    hits: Float64s
    objects: Float64s
    bytes_variance: Float64s
    objects_variance: Float64s
    labelled: npt.NDArray[np.bool_]


def sampling(
    profile: Profile, objects: str = "alloc_objects", space: str = "alloc_space"
) -> Sampling:
    """Recover the sampled events behind one pair of sample types, and their error.

    Args:
        profile: with the period it was sampled at.
        objects: the sample type that counts objects.
        space: the one that holds their bytes.

    A sample without the label ``bytes`` is taken to hold objects of its mean size. A period of 1
    or less means that nothing was sampled: everything was seen, without error.
    """
    count, amount = profile.column(objects), np.maximum(profile.column(space), 0)
    size, labelled = _object_sizes(profile, count, amount)
    seen = -np.expm1(-size / profile.period) if profile.period > 1 else np.ones(len(profile))
    known = size > 0
    weight = np.divide(size, seen, out=np.zeros(len(profile)), where=known)
    hits = np.rint(np.divide(amount, weight, out=np.zeros(len(profile)), where=known))
    missed = hits * (1 - seen)
    return Sampling(
        hits=hits,
        objects=np.divide(hits, seen, out=np.zeros(len(profile)), where=known),
        bytes_variance=missed * weight**2,
        objects_variance=np.divide(missed, seen**2, out=np.zeros(len(profile)), where=known),
        labelled=labelled,
    )


def interval(estimate: float, variance: float) -> Interval:
    """The 95 % interval of an estimate that is a weighted count of sampled events.

    Wilson's score interval for counts: the values t for which ``(estimate - t) ** 2`` is at most
    ``z ** 2 * t * variance / estimate``. For many events it is ``estimate ± 1.96 sd``; for a
    single one it runs from 0.18 to 5.7 times the estimate, and never below zero.
    """
    if estimate <= 0 or variance <= 0:
        return Interval(estimate, estimate, estimate)
    spread = _Z * _Z * variance / estimate
    middle = estimate + spread / 2
    reach = math.sqrt(spread * (estimate + spread / 4))
    # The product of both ends is estimate ** 2: the lower one so keeps its digits.
    high = middle + reach
    return Interval(estimate, estimate * estimate / high, high)


def unseen(distance: float) -> Interval:
    """What may have been allocated where not a single event was seen.

    The limit of `interval` for an estimate of nothing.

    Args:
        distance: what one event stands for: the mean distance between samples for bytes.
    """
    return Interval(0.0, 0.0, _Z * _Z * max(0.0, distance))


def share_interval(part: Interval, rest: Interval) -> Interval:
    """The 95 % interval of ``part / (part + rest)``, two independent estimates.

    Taken on the odds' logarithm, where both errors add up, so that it stays within 0 and 1. Where
    nothing was seen of one of them it is Wilson's interval for n of n: from ``n / (n + z ** 2)``.
    """
    if part.low <= 0 or rest.low <= 0:
        return Interval(
            _part(part.value, rest.value),
            _part(part.value, rest.high) if part.value > rest.value else 0.0,
            _part(part.high, rest.value) if rest.value > part.value else 1.0,
        )
    share = part.value / (part.value + rest.value)
    part_down, part_middle, part_up = _logarithms(part)
    rest_down, rest_middle, rest_up = _logarithms(rest)
    odds = part_middle - rest_middle
    down = math.hypot(part_middle - part_down, rest_up - rest_middle)
    up = math.hypot(part_up - part_middle, rest_middle - rest_down)
    return Interval(share, _share_of_odds(odds - down), _share_of_odds(odds + up))


def scaled(values: Interval, factor: float) -> Interval:
    """All three values times ``factor``."""
    return Interval(values.value * factor, values.low * factor, values.high * factor)


def _part(part: float, rest: float) -> float:
    return part / (part + rest) if part > 0 else 0.0


def _logarithms(values: Interval) -> tuple[float, float, float]:
    return math.log(values.low), math.log(values.value), math.log(values.high)


def _share_of_odds(logarithm: float) -> float:
    return 1 / (1 + math.exp(-logarithm)) if logarithm > -700 else 0.0


def _object_sizes(
    profile: Profile, count: Int64s, space: Int64s
) -> tuple[Float64s, npt.NDArray[np.bool_]]:
    """The label ``bytes`` where a sample has it, else the mean size; and where it has it."""
    size = np.divide(space, count, out=np.zeros(len(profile)), where=count > 0)
    labels = profile.labels
    keys = [key for key in np.unique(labels["key"]).tolist() if profile.strings[key] == b"bytes"]
    named = np.isin(labels["key"], keys) & (labels["str"] == 0) & (labels["num"] > 0)
    sample = np.repeat(np.arange(len(profile)), np.diff(profile.label_offsets))
    size[sample[named]] = labels["num"][named]
    labelled = np.zeros(len(profile), bool)
    labelled[sample[named]] = True
    return size, labelled
