"""Go's paths, and who may ask for them how often; no sockets here.

=============================================== ========================================
``profile``                                     one at a time, 6 a minute, 12 in a burst
``heap`` ``allocs`` ``threads`` ``goroutine``
``gc``                                          20 a second, 100 in a burst
the index, ``cmdline``, ``gc/events`` and
``/debug/vars``                                 as often as connections can be made
=============================================== ========================================

What comes too often gets 429 and ``Retry-After``.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from heapwise_agent import endpoints, pages
from heapwise_agent.asked import Asked
from heapwise_agent.budget import TokenBucket
from heapwise_agent.cpu import CancelledError
from heapwise_agent.messages import RefusedError, Request, Response
from heapwise_agent.security import Policy
from heapwise_agent.source import BusyError, Source

__all__ = ["Router", "Source"]

log = logging.getLogger("heapwise_agent")

_PPROF = "/debug/pprof/"

Handler = Callable[[Asked, Source], Response]


class Router:
    """Answers requests; nothing that happens in here reaches the caller.

    Args:
        source: where the figures come from.
        policy: who may ask.
    """

    def __init__(self, source: Source, policy: Policy) -> None:
        self._source = source
        self._policy = policy
        memory = endpoints.Memory()
        walks = TokenBucket(burst=100, per_second=20)
        self._handlers: dict[str, tuple[Handler, TokenBucket | None]] = {
            "/debug/vars": (endpoints.variables, None),
            _PPROF: (pages.index, None),
            _PPROF + "cmdline": (endpoints.cmdline, None),
            _PPROF + "gc/events": (endpoints.gc_events, None),
            _PPROF + "profile": (endpoints.cpu, TokenBucket(burst=12, per_second=0.1)),
            _PPROF + "heap": (memory.heap, walks),
            _PPROF + "allocs": (memory.allocs, walks),
            _PPROF + "goroutine": (endpoints.goroutine, walks),
            _PPROF + "threads": (endpoints.threads, walks),
            _PPROF + "gc": (endpoints.gc, walks),
        }

    def __call__(self, request: Request) -> Response | None:
        """The answer; None where nobody waits for it any more."""
        try:
            response = self._answer(request)
        except RefusedError as refused:
            response = refused.response()
        except CancelledError:
            return None
        except Exception:
            log.warning("the agent could not answer %a", request.path[:200], exc_info=True)
            response = RefusedError(500, "the agent failed; the program's log says how").response()
        if request.method == "HEAD":
            return Response(response.status, response.headers, b"")
        return response

    def _answer(self, request: Request) -> Response:
        self._policy.check(request.headers)
        if request.path == _PPROF.rstrip("/"):  # relative, since a mount adds a prefix
            raise RefusedError(301, "Moved Permanently", {"Location": "pprof/"})
        handler, budget = self._handlers.get(request.path, (None, None))
        if handler is None:
            below = request.path.startswith(_PPROF)
            raise RefusedError(404, "Unknown profile" if below else "404 page not found")
        if request.method not in {"GET", "HEAD"}:
            raise RefusedError(405, "Method Not Allowed", {"Allow": "GET, HEAD"})
        asked = Asked(request)
        source = self._of_process(asked)
        if budget and (wait := budget.take()):
            again = str(math.ceil(wait))
            raise RefusedError(429, f"too often; ask again in {again} s", {"Retry-After": again})
        try:
            return handler(asked, source)
        except BusyError:
            raise RefusedError(
                500, "Could not enable CPU profiling: cpu profiling already in use"
            ) from None

    def _of_process(self, asked: Asked) -> Source:
        if not asked.text("pid"):
            return self._source
        source = self._source.of_process(asked.number("pid"))
        if source is None:
            raise RefusedError(404, f"no process {asked.number('pid')} behind this endpoint")
        return source
