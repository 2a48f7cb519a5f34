"""How much a node tells, which is what decides whether a drawn call graph has room for it."""

from __future__ import annotations

import math
from collections.abc import Collection

from heapwise.analysis.call_net import CallNet, Link

_LEAST_INT64 = -(1 << 63)


def entropy_score(net: CallNet, node: int, flat: int, cum: int) -> int:
    """A score as pprof's: nodes that pass on all they get to one other node tell least.

    The Shannon entropy of the weights that come in and of those that go out, by cum; where nothing
    comes in or goes out it counts as 1.
    """
    callers, callees = net.callers[node].values(), net.callees[node].values()
    score = _entropy(callers, 0) if callers else 1.0
    score += _entropy(callees, flat) if callees else 1.0
    # Where weights cancel out, pprof's score is no number, and sorts as Go converts that.
    product = score * cum
    whole = int(product) if abs(product) < -_LEAST_INT64 else _LEAST_INT64
    wrapped = (whole + flat - _LEAST_INT64) % (1 << 64) + _LEAST_INT64
    return wrapped if wrapped == _LEAST_INT64 else abs(wrapped)


def _entropy(links: Collection[Link], own: int) -> float:
    total = own + sum(link.weight for link in links if link.weight > 0)
    if total == 0:
        return 0.0
    weights = [abs(link.weight) for link in links]
    return math.fsum(_term(weight / total) for weight in (*weights, *([own] if own > 0 else [])))


def _term(share: float) -> float:
    return -share * math.log2(share) if share > 0 else math.nan
