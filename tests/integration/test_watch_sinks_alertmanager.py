"""A real Alertmanager is told, shows it, tells others, and hears that it is over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from heapwise.model.watch import Alert, PathGrowth, Severity
from heapwise.units import NS_PER_S
from heapwise.watch.alerts import NoJournal, Notifier, Pace, Route
from heapwise.watch.clock import SteadyClock
from heapwise.watch.post import Receiver
from heapwise.watch.sinks.alertmanager import Alertmanager
from support.alerting import alert
from support.alertmanager import RealAlertmanager, alertmanager, until
from support.local_http import LocalServer, local_server
from support.pyservice import free_port

AT_ONCE = Pace(gather_ns=0, between_ns=0, repeat_ns=NS_PER_S)
CLOCK = SteadyClock()


def leak(instance: str = "10.0.0.7:6060", severity: Severity = Severity.PAGE) -> Alert:
    """One that began a minute ago, with all that can be told."""
    plain = alert(instance, severity=severity, began_ns=CLOCK.now_ns() - 60 * NS_PER_S)
    path = PathGrowth(path="main.serve > main.remember", growth=9e6, share=0.87, confirmed=3)
    return msgspec.structs.replace(plain, grows=(path,), commands=("heapwise diff -base a b",))


def over(each: Alert) -> Alert:
    """The same alert, ended now."""
    return msgspec.structs.replace(each, ended_ns=CLOCK.now_ns())


def told(receiver: LocalServer) -> list[dict[str, Any]]:
    """What the Alertmanager told its webhook."""
    return [json.loads(request.body) for request in receiver.sent]


@contextmanager
def both(folder: Path) -> Iterator[tuple[LocalServer, RealAlertmanager, Notifier]]:
    """A receiver, an Alertmanager that tells it, and a notifier that tells that."""
    with (
        local_server() as receiver,
        alertmanager(folder, receiver.url) as there,
        telling(there.url) as notifier,
    ):
        yield receiver, there, notifier


def telling(url: str, page: str = "https://watch.example/x/") -> Notifier:
    """A notifier that tells an Alertmanager every second."""
    sink = Alertmanager(Receiver.parse("alertmanager", url), page, 5.0)
    return Notifier([Route(sink, AT_ONCE)], CLOCK, NoJournal())


def test_an_alert_is_shown_routed_and_resolved(tmp_path: Path) -> None:
    """Names, severity and what was found out stand in it; when it is over it goes."""
    with both(tmp_path) as (receiver, there, notifier):
        first = leak()
        notifier.tell([first])
        (shown,) = until(there.alerts)
        assert shown["labels"] == {
            "alertname": "HeapwiseLeak",
            "severity": "page",
            "service": "checkout",
            "instance": "10.0.0.7:6060",
            "code": "leak",
            "team": "pay",
        }
        assert shown["annotations"]["summary"] == "leak of 42 %"
        assert shown["annotations"]["numbers"] == "live heap grew by 42.0 %"
        path = "main.serve > main.remember (87.0 % of the growth)"
        assert shown["annotations"]["path"] == path
        assert shown["annotations"]["command"] == "heapwise diff -base a b"
        assert shown["generatorURL"].startswith(
            "https://watch.example/x/alert?id=checkout-10.0.0.7%3A"
        )
        until(lambda: told(receiver))
        notifier.tell([over(first)])
        until(lambda: not there.alerts())
        until(lambda: told(receiver)[-1]["status"] == "resolved")
    assert [notice["status"] for notice in told(receiver)] == ["firing", "resolved"]


def test_a_severity_that_rises_leaves_one_alert(tmp_path: Path) -> None:
    """The label is part of what makes an alert, so the lower one is ended."""
    with both(tmp_path) as (_, there, notifier):
        notifier.tell([leak(severity=Severity.WARN)])
        until(there.alerts)
        notifier.tell([leak(severity=Severity.PAGE)])
        until(lambda: [a["labels"]["severity"] for a in there.alerts()] == ["page"])


def test_an_alert_fired_during_an_outage_is_told_after_it(tmp_path: Path) -> None:
    """It begins while nobody listens; what also ended meanwhile is not shown as lasting."""
    port = free_port()
    with local_server() as receiver, telling(f"http://127.0.0.1:{port}", page="") as notifier:
        notifier.tell([leak("a"), leak("b")])
        (health,) = until(lambda: [each for each in notifier.health() if each.failed])
        assert health.problem == f"alertmanager (http://127.0.0.1:{port}) does not listen"
        notifier.tell([over(leak("b"))])
        with alertmanager(tmp_path, receiver.url, port) as there:
            until(there.alerts)
            assert [each["labels"]["instance"] for each in there.alerts()] == ["a"]
            assert notifier.health()[0].problem == ""


def test_hostile_names_arrive_harmless(tmp_path: Path) -> None:
    """It takes them all: names of labels are made legal, values visible, ours are not replaced."""
    hostile = msgspec.structs.replace(
        leak("\x1b]0;x\x07" + "y" * 5000),
        service="<script>alert(1)</script>",
        summary="a\nb\u202e{{ .Labels }}",
        labels=(("alertname", "Fake"), ("a-b", "1"), ("", "2"), ("7", "3"), ("__x__", "4\r\n")),
    )
    with both(tmp_path) as (_, there, notifier):
        notifier.tell([hostile])
        (shown,) = until(there.alerts)
    labels = shown["labels"]
    assert (labels["alertname"], labels["service"]) == ("HeapwiseLeak", hostile.service)
    assert (labels["a_b"], labels["label_7"], labels["label_x__"]) == ("1", "3", r"4\r\n")
    assert labels["instance"].startswith(r"\x1b]0;x\x07yyy")
    assert len(labels["instance"]) == 1000
    assert shown["annotations"]["summary"] == r"a\nb\u202e{{ .Labels }}"
