"""When hit i of a schedule that is not constant is due: the inverse of the rate's integral.

Hit i is due when the integral of the rate reaches i. Every function takes a whole stretch of hits
at once and is pure, so that two stretches agree on the hits they share, and times never descend.
They are right to some nanoseconds in a day, as far as 64-bit floats reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from heapwise.model.profile import Int64s
from heapwise.model.schedules import Poisson, Ramp, Sine, Steps
from heapwise.units import NS_PER_S

_Floats = npt.NDArray[np.float64]

_GRID = np.linspace(0, 1, 4097)
"""Where in a wave the bracket of a root and the first guess at it are looked up."""

_ROUNDS = 60
"""Halvings that bring any root down to the last bit."""

_CLOSE_NS = 0.1
"""A last step this small leaves a root that is right to the nanosecond."""

_BLOCK = 1024
"""Gaps of a Poisson schedule drawn at once, from a generator that starts anew for each block."""


def linear_offsets(schedule: Ramp | Steps, index: Int64s) -> Int64s:
    """Times of hits where the rate is made of straight lines, in ns; int64 as long as ``index``.

    Within a line from rate r with slope k, n hits are reached after ``2 n / (r + sqrt(r^2 +
    2 k n))``: the root of ``r t + k t^2 / 2 = n`` in the form that loses no digits, whatever the
    sign of k.
    """
    lines = _lines(schedule)
    # A hit on the border belongs to the later line: before a pause the earlier one ends.
    line = np.searchsorted(lines.reached, index, side="right") - 1
    n, rate, slope = index - lines.reached[line], lines.rate[line], lines.slope[line]
    under = rate + np.sqrt(np.maximum(0.0, rate * rate + 2 * slope * n))
    within = np.divide(2 * n, under, out=np.zeros_like(under), where=under > 0)
    return lines.begin[line] + _whole(np.minimum(within, lines.length[line]))


def sine_offsets(schedule: Sine, index: Int64s) -> Int64s:
    """Times of hits under a sine, in ns; int64 as long as ``index``.

    In waves x of the period P, ``M P (x + a / 2 pi (1 - cos 2 pi x))`` hits are reached, with
    a = A / M: Kepler's equation, which has no closed form. Newton's steps solve it, and a halving
    of the bracket where one would leave it, which happens where the rate comes down to zero.
    """
    per_wave = float(Fraction(*schedule.mean) * schedule.period_ns / NS_PER_S)
    depth = float(Fraction(*schedule.amplitude) / Fraction(*schedule.mean)) / (2 * np.pi)
    wave, reached = np.divmod(index / per_wave, 1.0)
    x = _wave_root(reached, depth, _CLOSE_NS / schedule.period_ns)
    return _whole((wave + x) * schedule.period_ns)


def _wave_root(reached: _Floats, depth: float, close: float) -> _Floats:
    """The x from 0 to 1 at which ``x + depth (1 - cos 2 pi x)`` is ``reached``, element by element.

    Each goes its own way until its last step is below ``close``: where it ends must not depend
    on its neighbours.
    """
    table = _wave_table(depth)
    cell = np.clip(np.searchsorted(table, reached, side="right"), 1, len(table) - 1)
    low, high = _GRID[cell - 1], _GRID[cell]
    x = low + (high - low) * (reached - table[cell - 1]) / (table[cell] - table[cell - 1])
    moving = np.arange(len(x))
    for _ in range(_ROUNDS):
        at, turn = x[moving], 2 * np.pi * x[moving]
        over = at + depth * (1 - np.cos(turn)) - reached[moving]
        slope = 1 + 2 * np.pi * depth * np.sin(turn)
        low[moving], high[moving] = np.where(over > 0, (low[moving], at), (at, high[moving]))
        newton = at - np.divide(over, slope, out=np.ones_like(at), where=slope > 0)
        inside = (newton > low[moving]) & (newton < high[moving])
        x[moving] = np.where(inside, newton, (low[moving] + high[moving]) / 2)
        moving = moving[np.abs(x[moving] - at) > close]
        if not len(moving):
            break
    return x


@lru_cache(maxsize=2)
def _wave_table(depth: float) -> _Floats:
    return _GRID + depth * (1 - np.cos(2 * np.pi * _GRID))


def poisson_offsets(schedule: Poisson, first: int, last: int, count: int) -> Int64s:
    """Times of the hits from ``first`` up to, not with, ``last``, in ns; int64[last - first].

    The arrivals of a Poisson process of which ``count`` fall into the duration D are distributed
    as ``D S_i / S_(count + 1)``, with S the sums of exponential gaps (Devroye, Non-Uniform Random
    Variate Generation, V.3.1). So neither the number of hits nor the duration is left to chance.
    """
    marks = _marks(schedule.seed, count)
    if first >= last:
        return np.empty(0, np.int64)
    begin = first // _BLOCK
    blocks = range(begin, (last - 1) // _BLOCK + 1)
    sums = np.concatenate([marks[block] + _sums(schedule.seed, block) for block in blocks])
    part = sums[first - begin * _BLOCK : last - begin * _BLOCK]
    return _whole(part / marks[-1] * schedule.duration_ns)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The straight lines of a rate, one element each; times in ns, rates and slopes per ns.

    Attributes:
        reached: hits before the line.
        begin: when it begins.
        length: how long it is.
        rate: at its beginning.
        slope: what the rate gains in a nanosecond.
    """

    reached: _Floats
    begin: Int64s
    length: _Floats
    rate: _Floats
    slope: _Floats


@lru_cache(maxsize=2)
def _lines(schedule: Ramp | Steps) -> _Lines:
    if isinstance(schedule, Steps):
        pieces = [(step.duration_ns, step.rate, step.rate) for step in schedule.spans()]
    else:
        start, end = Fraction(*schedule.start), Fraction(*schedule.end)
        after = schedule.duration_ns - schedule.ramp_ns
        # Where the duration cuts the ramp off, no hit of its rest is asked for.
        pieces = [(schedule.ramp_ns, start, end), (max(0, after), end, end)]
    hits = [(start + end) / 2 * length / NS_PER_S for length, start, end in pieces]
    lengths = [length for length, _, _ in pieces]
    return _Lines(
        reached=np.array([float(count) for count in accumulate(hits[:-1], initial=Fraction(0))]),
        begin=np.array(list(accumulate(lengths[:-1], initial=0)), np.int64),
        length=np.array(lengths, np.float64),
        rate=np.array([float(start / NS_PER_S) for _, start, _ in pieces]),
        slope=np.array(
            [float((end - start) / NS_PER_S / max(1, length)) for length, start, end in pieces]
        ),
    )


def _whole(times: _Floats) -> Int64s:
    return np.rint(times).astype(np.int64)


def _sums(seed: int, block: int) -> _Floats:
    """Sums of the exponential gaps of one block.

    numpy promises the raw bits of a generator for ever, its distributions only for a version.
    """
    raw = np.random.Philox(key=seed, counter=block << 64).random_raw(_BLOCK)
    uniform = (raw >> np.uint64(11)) * 2.0**-53  # 0 to 1, without 1
    return np.cumsum(-np.log1p(-uniform))


@lru_cache(maxsize=2)
def _marks(seed: int, count: int) -> _Floats:
    """The sum of all gaps before each block, and last that of ``count + 1`` gaps."""
    blocks, rest = divmod(count, _BLOCK)
    marks = [0.0]
    for block in range(blocks):
        marks.append(marks[-1] + _sums(seed, block)[-1])
    marks.append(marks[-1] + _sums(seed, blocks)[rest])
    return np.array(marks)
