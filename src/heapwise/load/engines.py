"""The engines there are, by the name a plan gives them."""

from __future__ import annotations

from collections.abc import Callable

from heapwise.errors import UsageError
from heapwise.load.curl import CurlEngine
from heapwise.load.engine import Engine
from heapwise.load.native import NativeEngine
from heapwise.model.load import Plan

_ENGINES: dict[str, Callable[[Plan], Engine]] = {"curl": CurlEngine, "native": NativeEngine}


def engine_of(plan: Plan) -> Engine:
    """The engine that a plan names, ready to send it.

    Raises:
        UsageError: there is no such engine.
    """
    if plan.engine not in _ENGINES:
        raise UsageError(f"no such engine: {plan.engine!r}", f"there is {', '.join(_ENGINES)}")
    return _ENGINES[plan.engine](plan)
