"""Simulated services, a poll every 15 seconds: what is known about each is why its heap grew.

Built from the words of the paper that the first constants were chosen on: a live heap of a base, a
part that follows the load and a slow wander; a reading changes only at a collection and is then a
little too high. What is added here are the call paths: every component is one, so that a heap
profile can be taken at any moment. See `profiles.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Floats = npt.NDArray[np.float64]

POLL_S = 15
HOUR = 3600 // POLL_S
DAY = 24 * HOUR
MB = 1e6
BASE = 100 * MB


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """What one call path holds at every poll.

    Attributes:
        held: bytes.
        kept: they stay for good once allocated; what is not kept is other objects each time.
        size: bytes of one object.
    """

    held: Floats
    kept: bool
    size: float = 256.0


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A simulated process.

    Attributes:
        live: bytes as polled: the floor, as the best source tells it; NaN was not polled.
        heap: HeapAlloc as polled, bytes.
        load: bytes allocated a second.
        paths: what holds them.
    """

    live: Floats
    heap: Floats
    load: Floats
    paths: dict[str, Path]


def wander(random: np.random.Generator, count: int, spread: float, minutes: float) -> Floats:
    """An AR(1) of a standard deviation and a time constant."""
    keep = float(np.exp(-POLL_S / (60 * minutes)))
    kicks = random.normal(0, spread * np.sqrt(1 - keep * keep), count)
    kicks[0] = random.normal(0, spread)
    return np.asarray(lfilter([1.0], [1.0, -keep], kicks))


def hours(count: int) -> Floats:
    """The hour of every poll since the process began."""
    return np.arange(count) / HOUR


def day_curve(random: np.random.Generator, count: int) -> Floats:
    """The load of a service that sleeps at night, mean 1."""
    return np.asarray(1 + 0.6 * np.sin(2 * np.pi * (hours(count) / 24 + random.random())))


def week_curve(random: np.random.Generator, count: int) -> Floats:
    """The same with 60 % of it on two days of seven, whichever they are."""
    first = random.integers(7)
    day = (hours(count) // 24 + first).astype(int) % 7
    return np.asarray(day_curve(random, count) * np.where(day >= 5, 0.6, 1.0))


def warming(random: np.random.Generator, count: int) -> Floats:
    """A cache that fills, and slower the fuller it is."""
    size, length = BASE * random.uniform(0.5, 1.5), random.uniform(1, 10)
    return np.asarray(size * -np.expm1(-hours(count) / length))


def step(random: np.random.Generator, count: int) -> Floats:
    """Something that is loaded once, and stays."""
    size, at = BASE * random.uniform(0.15, 0.6), random.uniform(0.2, 0.8) * count
    return np.asarray(np.where(np.arange(count) >= at, size, 0.0))


def batch(random: np.random.Generator, count: int) -> Floats:
    """A job that has something in hand during the first 15 % of every period."""
    size, period = BASE * random.uniform(0.2, 0.6), random.choice([15, 60, 360]) / 60 * HOUR
    return np.asarray(np.where((np.arange(count) % period) < 0.15 * period, size, 0.0))


Curve = Callable[[np.random.Generator, int], Floats]


def flat(_random: np.random.Generator, count: int) -> Floats:
    """A load that has no time of day."""
    return np.ones(count)


def rising(random: np.random.Generator, count: int) -> Floats:
    """Traffic that has grown by 30 to 100 % at the end."""
    return np.asarray(1 + random.uniform(0.3, 1) * np.arange(count) / count)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a service behaves.

    Attributes:
        curve: its load.
        extras: what it holds beyond the base, by the name of the path.
        quiet: it allocates so little that the forced collection every two minutes is all there is.
        slope: leak, %/min of the base; 0 is none.
        per_request: it leaks by the load.
        days: how long it is looked at.
    """

    curve: Curve = flat
    extras: tuple[tuple[str, Curve], ...] = ()
    quiet: bool = False
    slope: float = 0.0
    per_request: bool = False
    days: int = 7


def _warm_half(random: np.random.Generator, count: int) -> Floats:
    return np.asarray(0.5 * BASE * -np.expm1(-hours(count) / random.uniform(1, 10)))


NULLS = {
    "flat": Kind(),
    "diurnal": Kind(day_curve),
    "weekly": Kind(week_curve),
    "warm-up": Kind(extras=(("cache", warming),)),
    "step": Kind(extras=(("loaded", step),)),
    "batch": Kind(extras=(("job", batch),)),
    "traffic": Kind(rising),
    "quiet": Kind(quiet=True),
    "all": Kind(week_curve, (("cache", _warm_half), ("job", batch))),
}

SLOPES = (0.01, 0.03, 0.1, 0.3, 1.0)

LEAKS = {
    f"{name} {slope:g}": Kind(curve, slope=slope, per_request=asked, days=7 if slope < 0.3 else 3)
    for name, curve, asked in (
        ("flat", flat, False), ("diurnal", day_curve, False), ("per request", day_curve, True),
    )
    for slope in SLOPES
}  # fmt: skip


def service(kind: Kind, random: np.random.Generator) -> Service:
    """One week, or less, of a service that begins with the first poll."""
    count = kind.days * DAY
    curve = kind.curve(random, count)
    load = np.maximum(curve * (1 + wander(random, count, 0.08, 5)), 0.0)
    rate = (0.6 if kind.quiet else 20) * MB
    paths = {
        "base": Path(np.full(count, 0.58 * BASE), kept=True, size=2048),
        "requests": Path(0.3 * BASE * load, kept=False),
        "wander": Path(BASE * (0.12 + wander(random, count, 0.03, 20)), kept=False, size=1024),
    }
    for name, extra in kind.extras:
        paths[name] = Path(extra(random, count), kept=name != "job", size=512)
    if kind.slope:
        minute = BASE * kind.slope / 100 * POLL_S / 60
        grown = np.cumsum(load if kind.per_request else np.ones(count)) * minute
        paths["leak"] = Path(grown, kept=True, size=128)
    whole = np.sum([path.held for path in paths.values()], axis=0)
    return Service(*_read(random, whole, rate * load), paths=paths)


def _read(
    random: np.random.Generator, whole: Floats, rate: Floats
) -> tuple[Floats, Floats, Floats]:
    """What polls see of it: the live heap as of the last collection, and the saw-tooth above."""
    count = len(whole)
    said = rate * (1 + random.normal(0, 0.05, count))
    # A cycle is over when as much was allocated as is alive, or after two minutes.
    cycles = np.cumsum(np.maximum(rate / whole, 1 / 120) * POLL_S)
    begun = np.concatenate([[True], np.diff(np.floor(cycles)) > 0])
    last = np.maximum.accumulate(np.where(begun, np.arange(count), 0))
    live = (whole * (1 + 0.02 * np.abs(random.normal(size=count))))[last]
    return live, live * (1 + cycles % 1), said
