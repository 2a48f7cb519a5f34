"""What the two ways into an application share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import lru_cache

from heapwise_agent import own
from heapwise_agent.config import ConfigError, configure, is_off
from heapwise_agent.messages import RefusedError, Request, Response
from heapwise_agent.routes import Router
from heapwise_agent.security import Policy
from heapwise_agent.source import local

SEATS = 4
"""Requests answered at once; the rest gets 503."""

log = logging.getLogger("heapwise_agent")


def router() -> Router:
    """The router of this process, with the token of the environment.

    Raises:
        RefusedError: 404 where the kill switch is thrown, 500 for settings that cannot be read.
    """
    if is_off(os.environ):
        raise RefusedError(404, "404 page not found")
    return _router(os.getpid())


@lru_cache(maxsize=1)
def _router(_pid: int) -> Router:
    try:
        config = configure(os.environ)
    except ConfigError as error:
        raise RefusedError(500, f"the agent's settings are wrong: {error}") from None
    # Whoever has the token may ask by any name.
    return Router(local(), Policy(token=config.token, any_host=True, token_needed=True))


def answer(router: Callable[[], Router], request: Request) -> Response | None:
    """Answer in the calling thread, which is the agent's own meanwhile; raises nothing."""
    with own.quiet():
        try:
            return router()(request)
        except RefusedError as refused:
            return refused.response()
        except Exception:
            log.warning("the agent could not answer", exc_info=True)
            return RefusedError(500, "the agent failed; the program's log says how").response()


def full() -> Response:
    """What is answered when all seats are taken."""
    return RefusedError(503, "too many connections; try again", {"Retry-After": "1"}).response()


def path(prefix: str, rest: str) -> str:
    """The path from ``/debug/`` on, wherever the application is mounted.

    Servers disagree whether the path they hand on begins with the prefix.
    """
    whole = rest if rest.startswith(prefix) else prefix.rstrip("/") + rest
    found = whole.rfind("/debug/")
    return whole[found:] if found >= 0 else whole
