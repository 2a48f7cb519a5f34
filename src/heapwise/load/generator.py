"""How the load generator itself fared, from its engines' accounts and its hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from heapwise.load.spool import gathered
from heapwise.model.generator import EngineUsage, Generator, Stock
from heapwise.model.load import Hits, Plan
from heapwise.model.profile import Int64s

_BLOCK = 1 << 16
"""Hits looked at together."""


def generator_of(
    plan: Plan, pieces: Iterable[Hits], usages: Sequence[EngineUsage]
) -> Generator | None:
    """What a report says of the generator.

    Args:
        plan: that was sent; without an engine nobody knows by whom.
        pieces: its hits, to be iterated twice.
        usages: one for every phase that counts; none where nobody kept them.
    """
    if not plan.engine:
        return None
    sent = gathered(piece.sent[piece.done >= 0] for piece in pieces)
    done = gathered(piece.done[piece.done >= 0] for piece in pieces)
    most = most_in_flight(sent, done)
    made = Generator(
        engine=plan.engine,
        pacing=plan.pacing,
        most_in_flight=most,
        queue_limit=plan.queue_limit,
    )
    if not usages:
        return made
    return msgspec.structs.replace(
        made,
        cpu_share=max(usage.cpu_share for usage in usages),
        connections_opened=sum(usage.connections_opened for usage in usages),
        queue_max=max(usage.queue_max for usage in usages),
        descriptors=scarcest(usage.descriptors for usage in usages),
        ports=scarcest(usage.ports for usage in usages),
    )


def most_in_flight(sent: Int64s, done: Int64s) -> int:
    """The most hits at once between their ``sent`` and their ``done``.

    Hits that end at the very moment another is sent are not in flight with it.

    Args:
        sent: int64[n], in any order; is put in order.
        done: int64[n] of the same hits; is put in order, too.
    """
    sent.sort()
    done.sort()
    most = 0
    for first in range(0, len(sent), _BLOCK):
        some = sent[first : first + _BLOCK]
        begun = np.arange(first + 1, first + len(some) + 1)
        most = max(most, int((begun - np.searchsorted(done, some, side="right")).max()))
    return most


def scarcest(stocks: Iterable[Stock | None]) -> Stock | None:
    """The stock of which the largest part is used; None where none is known."""
    known = (stock for stock in stocks if stock is not None)
    return max(known, key=lambda stock: stock.used / max(1, stock.limit), default=None)
