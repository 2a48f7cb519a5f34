"""The doctor looks at everything a run needs, asks nobody it must not, and fires nothing."""

from __future__ import annotations

import socket
from fractions import Fraction

import pytest

from heapwise.model.check import Check, Level
from heapwise.model.load import ConstantRate, Plan, Target
from heapwise.record.checkup import checkup


def plan(*urls: str) -> Plan:
    """A plan for some targets, not resolved yet."""
    return Plan(
        targets=tuple(Target("GET", url) for url in urls),
        schedule=ConstantRate.of(Fraction(100), 10**9),
    )


def checks(*urls: str) -> dict[str, Check]:
    """Every check by its name."""
    return {check.name: check for check in checkup(plan(*urls), None, allow_remote=False).checks}


def test_a_target_where_nothing_listens_is_a_failure() -> None:
    """A run against it would be refused a hundred times out of a hundred."""
    found = checks("http://127.0.0.1:1/")["target GET http://127.0.0.1:1/"]
    assert found.level is Level.FAIL
    assert "refused" in found.found


def test_a_remote_target_is_not_even_asked_for_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """What must not be fired at is not connected to either."""
    asked: list[object] = []
    connect = socket.socket.connect

    def watch(self: socket.socket, address: tuple[str, int]) -> None:
        asked.append(address[0])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watch)
    found = checks("http://192.0.2.1:8080/")
    assert found["target GET http://192.0.2.1:8080/"].level is Level.FAIL
    assert "192.0.2.1" not in asked


def test_a_failure_does_not_hide_the_other_checks() -> None:
    """A name that cannot be resolved fails, and everything else is still looked at."""
    found = checks("http://no-such-host.invalid/", "http://127.0.0.1:1/")
    assert found["target GET http://no-such-host.invalid/"].level is Level.FAIL
    assert {"debug endpoint", "open files", "same host", "compression"} <= set(found)


def test_no_finding_ends_in_a_colon() -> None:
    """An error without a reason prints without one."""
    for check in checks("http://192.0.2.1:8080/", "http://127.0.0.1:1/").values():
        assert not check.found.rstrip().endswith(":")
