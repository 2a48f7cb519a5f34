"""Which engine sends a plan: the plain one where it can, libcurl for everything else."""

from __future__ import annotations

from heapwise.errors import UsageError
from heapwise.model.load import Pacing, Plan
from heapwise.model.transport import HttpVersion, Transport

ENGINES = ("curl", "native")
"""The engines there are."""

_PLAIN = Transport()


def engine_for(plan: Plan) -> str:
    """The engine that sends a plan at the least cost."""
    return "curl" if needs_curl(plan) else "native"


def needs_curl(plan: Plan) -> str:
    """What of a plan the native engine cannot send; empty if it can send all of it."""
    transport = plan.transport
    if any(target.url.lower().startswith("https:") for target in plan.targets):
        return "https"
    if transport.http in (HttpVersion.H2C, HttpVersion.THREE):
        return f"HTTP {transport.http}"
    # Certificates and the version to agree on mean nothing without TLS.
    asked = {
        "redirects": transport.redirects >= 0,
        "-connect-to": transport.connect_to != _PLAIN.connect_to,
        "-connections": transport.idle_connections != _PLAIN.idle_connections,
        "-chunked": transport.chunked,
    }
    return next((name for name, wanted in asked.items() if wanted), "")


def check_engine(plan: Plan) -> None:
    """Refuse an engine that was asked for and cannot send the plan.

    Raises:
        UsageError: it cannot, or there is no such engine.
    """
    if plan.engine not in ENGINES:
        raise UsageError(f"no such engine: {plan.engine!r}", f"there is {', '.join(ENGINES)}")
    reason = needs_curl(plan)
    if plan.engine == "native" and reason:
        raise UsageError("the native engine cannot send this load", f"it has no {reason}")
    if plan.engine == "curl" and plan.pacing is not Pacing.PRECISE:
        raise UsageError(
            f"--pacing {plan.pacing} is the native engine's",
            f"which has no {reason}" if reason else "",
            "leave one of them out",
        )
