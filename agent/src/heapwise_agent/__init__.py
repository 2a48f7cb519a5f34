"""An always-on allocation profiler for CPython that speaks Go's pprof.

``heapwise_agent.start()`` is all a program needs; `heapwise_agent.work` counts what is no request.
``heapwise_agent.asgi.app`` and ``heapwise_agent.wsgi.app`` can be mounted where there is no second
port to be had.
"""

from __future__ import annotations

from types import ModuleType

from heapwise_agent.lifecycle import Agent, start, stop
from heapwise_agent.version import VERSION as __version__  # noqa: N811 - the name Python gives it
from heapwise_agent.work_done import work

__all__ = ["Agent", "__version__", "start", "stop", "work"]


def __getattr__(name: str) -> ModuleType:
    """Import what is to be mounted once it is asked for: asyncio costs 20 ms."""
    if name in {"asgi", "wsgi"}:
        from importlib import import_module  # noqa: PLC0415 - see above

        return import_module(f"heapwise_agent.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
