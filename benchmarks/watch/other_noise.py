"""Simulated services of another noise family: what real ones do and the first generator does not.

Heavy tails instead of normal ones, wandering that is not an AR(1), saw-tooth caches, jobs at night,
deploys, readings that spike, polls that are late or do not come.
"""

from __future__ import annotations

import numpy as np
from generator import (
    BASE,
    DAY,
    HOUR,
    LEAKS,
    MB,
    NULLS,
    POLL_S,
    Floats,
    Kind,
    Path,
    Service,
    hours,
)
from scipy.signal import lfilter

__all__ = ["LEAKS", "NULLS", "service"]

_TAILS = 3
"""Degrees of freedom of Student's t: a variance, but no fourth moment."""


def service(kind: Kind, random: np.random.Generator) -> Service:
    """One week, or less, of a service that begins with the first poll."""
    count = kind.days * DAY
    load = np.maximum(kind.curve(random, count) * _bursts(random, count), 0.02)
    paths = {
        "base": Path(np.full(count, 0.5 * BASE), kept=True, size=4096),
        "requests": Path(BASE * random.uniform(0.15, 0.35) * load, kept=False, size=512),
        "pool": Path(BASE * 0.2 * np.exp(_reverting(random, count)), kept=False, size=16_384),
        "sessions": Path(_expiring(random, load), kept=False, size=1024),
        "nightly": Path(_nightly(random, count), kept=False, size=8192),
    }
    for name, extra in kind.extras:
        paths[name] = Path(extra(random, count), kept=name != "job", size=700)
    if kind.slope:
        paths["leak"] = Path(_leak(kind, load), kept=True, size=200)
    whole = np.sum([path.held for path in paths.values()], axis=0)
    rate = (0.6 if kind.quiet else 20) * MB * load
    return Service(*_polled(random, whole, rate), paths=paths)


def _leak(kind: Kind, load: Floats) -> Floats:
    """By time, or by the load as it is with all its bursts."""
    minute = BASE * kind.slope / 100 * POLL_S / 60
    amount = load / load.mean() if kind.per_request else np.ones(len(load))
    return np.asarray(amount.cumsum() * minute)


def _bursts(random: np.random.Generator, count: int) -> Floats:
    """Log-normal noise, and a few times a day several times the load for some minutes."""
    noise = np.exp(lfilter([0.3], [1, -0.95], random.normal(0, 0.15, count)))
    for begin in random.integers(0, count, random.poisson(3 * count / DAY)).tolist():
        length = int(random.exponential(8) * 60 / POLL_S) + 1
        noise[begin : begin + length] *= random.lognormal(0.5, 0.4)
    return np.asarray(noise)


def _reverting(random: np.random.Generator, count: int) -> Floats:
    """A random walk with Student's steps that is drawn back within some hours; about 7 %."""
    keep = float(np.exp(-1 / (random.uniform(0.5, 3) * HOUR)))
    steps = random.standard_t(_TAILS, count) / np.sqrt(3)
    return np.asarray(lfilter([0.07 * np.sqrt(1 - keep * keep)], [1.0, -keep], steps)).clip(-1, 1)


def _expiring(random: np.random.Generator, load: Floats) -> Floats:
    """A cache whose entries live for a while: a moving sum of the load, dropped all at once."""
    life = int(random.choice([0.25, 1, 4]) * HOUR)
    total = np.concatenate([[0.0], load.cumsum()])
    at = np.arange(len(load))
    # Each entry expires for itself, or the whole cache at a time: then it is a saw-tooth.
    begin = np.maximum(at + 1 - life, 0) if random.random() < 0.5 else at // life * life
    return np.asarray(0.15 * BASE * (total[at + 1] - total[begin]) / life)


def _nightly(random: np.random.Generator, count: int) -> Floats:
    """A job once a day, for 20 to 90 minutes, with something large in hand."""
    begin, length = random.uniform(0, 23), random.uniform(0.3, 1.5)
    size = BASE * random.uniform(0.1, 0.5)
    return np.asarray(np.where((hours(count) - begin) % 24 < length, size, 0.0))


def _polled(
    random: np.random.Generator, whole: Floats, rate: Floats
) -> tuple[Floats, Floats, Floats]:
    """Readings that spike, at times that are late, a few of which never come."""
    count = len(whole)
    late = np.minimum(np.arange(count) + (random.random(count) < 0.05), count - 1)
    live = whole[late] * (1 + 0.02 * np.abs(random.standard_t(_TAILS, count)).clip(0, 20))
    live[random.random(count) < 0.01] *= random.uniform(1.5, 2.5)  # allocated while it marked
    said = rate[late] * np.exp(random.normal(0, 0.1, count))
    heap = live * (1 + random.random(count))
    gone = random.random(count) < 0.01
    for begin in random.integers(0, count, random.poisson(2)).tolist():
        gone[begin : begin + int(random.exponential(20) * 60 / POLL_S)] = True
    gone[0] = False
    for series in (live, heap, said):
        series[gone] = np.nan
    return live, heap, said
