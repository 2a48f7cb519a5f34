"""Hits of a phase that ended first."""

from __future__ import annotations

import numpy as np

from heapwise.load.engine import Phase
from heapwise.model.load import Hits, Outcome
from heapwise.model.profile import Int64s


def unsent(phase: Phase, intended: Int64s, first: int) -> Hits:
    """Hits of a phase that were never sent.

    Args:
        phase: with the targets that take turns.
        intended: when they were due, ns of CLOCK_MONOTONIC, int64[n].
        first: index of the first; the others follow it.
    """
    never = np.full(len(intended), -1, np.int64)
    zeros = np.zeros(len(intended), np.int64)
    return Hits(
        intended=intended,
        ready=never,
        sent=never,
        first_byte=never,
        done=never,
        status=zeros,
        outcome=zeros + Outcome.NEVER_SENT,
        bytes_in=zeros,
        bytes_out=zeros,
        target=phase.targets_of(first, first + len(intended)),
        flags=zeros + phase.flags,
        number=phase.share.numbers(first + np.arange(len(intended))),
    )
