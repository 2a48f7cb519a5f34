"""Targets that answer what they should not cost a capture, and nothing else."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from heapwise.formats.pprof_limits import Limits
from heapwise.model.watch import Alert, Severity, Source, Target, Vitals
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.capture import Capturer, CaptureSettings
from heapwise.watch.scale import Scale
from heapwise.watch.store import Store
from support.rude_servers import Behaviour, close_at_once, redirect, respond, rude_server, stall
from support.watchservice import Hands

SETTINGS = CaptureSettings(patience_s=1.0, limits=Limits(compressed=1 << 20, decompressed=32 << 20))

BOMB = gzip.compress(bytes(100 << 20), mtime=0)


def captured(behave: Behaviour, directory: Path) -> tuple[Alert, float]:
    """An alert whose one heap profile was asked of such a server, and how long that took."""
    clock = Hands()
    target = Target(service="rude", instance="x:1", url="http://x:1")
    about = Alert(
        id="1", target=target.key, service="rude", instance="x:1", code="leak",
        severity=Severity.PAGE, summary="it grows", began_ns=1, seen_ns=1,
    )  # fmt: skip
    vitals = Vitals(at_ns=clock.now_ns(), source=Source.EXPVAR, runtime="go", live=1.0)
    with rude_server(behave) as url, Store.open(directory / "store", clock=clock) as store:
        endpoint = Endpoint.parse(url)
        capturer = Capturer(store, clock, Scale(), SETTINGS, endpoint_of=lambda _: endpoint)
        began = time.monotonic()
        try:
            capturer.seen(target, vitals)
            capturer.wants(target, vitals, about, ["heap"])
            while not capturer.evidence(about).notes:
                assert time.monotonic() - began < 10
                capturer.step()
                time.sleep(0.01)
            return capturer.evidence(about), time.monotonic() - began
        finally:
            capturer.close()


@pytest.mark.parametrize(
    ("behave", "kept", "why"),
    [
        (stall, 0, "did not answer in full within 1.00 s"),
        (close_at_once, 0, "closed the connection"),
        (redirect, 0, "redirects"),
        (respond(b"<html>log in</html>", b"Content-Type: text/html"), 0, "a web page"),
        (respond(bytes(2 << 20)), 0, "it has more than 1.00 MiB"),
        (respond(BOMB), 0, "it is not kept, it expands more than"),
        (respond(b"\x1f\x8b nonsense \x1b]0;owned\x07"), 1, "capture 1 cannot be read"),
        (respond(b"\x1b]0;owned\x07"), 1, "capture 1 cannot be read"),
        (respond(b""), 0, "it is empty"),
    ],
    ids=["stalls", "closes", "elsewhere", "page", "endless", "bomb", "gzip", "escapes", "empty"],
)  # fmt: skip
def test_a_hostile_answer_is_a_note(behave: Behaviour, kept: int, why: str, tmp_path: Path) -> None:
    """Whatever comes: within the deadline the alert says in one printable line why there is no
    profile, or that the one kept cannot be read; no command opens it.
    """
    told, took_s = captured(behave, tmp_path)
    assert why in told.notes[0]
    assert all(note.isprintable() for note in told.notes)
    assert len(told.captures) == kept
    assert told.commands == ()
    assert told.grows == ()
    assert took_s < 5
