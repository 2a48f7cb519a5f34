"""Heap profiles of a simulated service, sampled as Go samples them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from generator import Path, Service

RATE = 512 * 1024
"""Mean bytes between two samples."""


def held(
    service: Service, polls: Sequence[int] | npt.NDArray[np.intp], random: np.random.Generator
) -> dict[str, npt.NDArray[np.float64]]:
    """Bytes in use by call path, as the profiles at these polls estimate them.

    An object is sampled once, when it is allocated. So what stays is counted with one and the same
    error in every profile, and what is replaced with another one each time.
    """
    return {name: _sampled(path, np.asarray(polls), random) for name, path in service.paths.items()}


def _sampled(
    path: Path, polls: npt.NDArray[np.intp], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    chance = -np.expm1(-path.size / RATE)
    true = np.maximum(path.held[polls], 0.0)
    if not path.kept:
        return random.binomial((true / path.size).astype(np.int64), chance) * path.size / chance
    new = np.maximum(np.diff(true, prepend=0.0), 0.0)
    return random.binomial((new / path.size).astype(np.int64), chance).cumsum() * path.size / chance
