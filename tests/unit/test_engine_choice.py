"""Which engine sends a plan, and what is refused where it cannot."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heapwise.errors import UsageError
from heapwise.load.choose import check_engine, engine_for, needs_curl
from heapwise.model.load import ConstantRate, Pacing, Plan, Target
from heapwise.model.transport import HttpVersion, Transport


def plan(url: str = "http://a/", pacing: Pacing = Pacing.PRECISE, **transport: Any) -> Plan:
    """A plan that travels so."""
    return Plan(
        targets=(Target("GET", "http://a/"), Target("GET", url)),
        schedule=ConstantRate(1, 1, 10**9),
        pacing=pacing,
        transport=Transport(**transport),
    )


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (plan(), ""),
        (plan(unix_socket="/s", laddr="127.0.0.2", insecure=True, http=HttpVersion.ONE), ""),
        (plan(cert="c", key="k", root_certs=("r",), session_tickets=True), ""),
        (plan("https://a/"), "https"),
        (plan("HTTPS://a/"), "https"),
        (plan(http=HttpVersion.H2C), "HTTP h2c"),
        (plan(redirects=0), "redirects"),
        (plan(connect_to={"a:80": ("b:80",)}), "-connect-to"),
        (plan(idle_connections=3), "-connections"),
        (plan(chunked=True), "-chunked"),
    ],
)
def test_libcurl_sends_what_the_native_engine_cannot(asked: Plan, reason: str) -> None:
    """One target over TLS, or one option of another kind, is enough; the reason is named."""
    assert needs_curl(asked) == reason
    assert engine_for(asked) == ("curl" if reason else "native")
    native = msgspec.structs.replace(asked, engine="native")
    if reason:
        with pytest.raises(UsageError, match=f"it has no {reason}"):
            check_engine(native)
    else:
        check_engine(native)
    check_engine(msgspec.structs.replace(asked, engine="curl"))


def test_pacing_by_the_millisecond_is_the_native_engines() -> None:
    """It chooses the engine, and is refused where that one cannot send the rest."""
    assert engine_for(plan(pacing=Pacing.MS)) == "native"
    coarse = plan("https://a/", pacing=Pacing.MS)
    with pytest.raises(UsageError, match="--pacing 1ms is the native engine's: which has no https"):
        check_engine(msgspec.structs.replace(coarse, engine=engine_for(coarse)))


def test_an_engine_that_is_none_is_refused() -> None:
    """The message names those there are."""
    with pytest.raises(UsageError, match="no such engine: 'steam': there is curl, native"):
        check_engine(msgspec.structs.replace(plan(), engine="steam"))
