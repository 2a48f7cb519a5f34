"""`heapwise watch` tells a real Alertmanager and a webhook what a real Go service deserves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heapwise.model.watch import Alert
from heapwise.watch.alerts import FolderJournal, Pace, Route
from heapwise.watch.alerts.journal import Told
from heapwise.watch.assembly import assembled
from heapwise.watch.clock import SteadyClock
from heapwise.watch.config import config_of
from heapwise.watch.store import Store, StoreView
from support.alerting import alert
from support.alertmanager import alertmanager, until
from support.local_http import LocalServer, local_server
from support.pyservice import free_port
from support.watching import load, watched_go

CONFIG = """
[watch]
interval = "80ms"
store = "store"
[[service]]
name = "NAME"
targets = ["TARGET"]
[[sink]]
type = "alertmanager"
url = "ALERTMANAGER"
[[sink]]
type = "webhook"
url = "WEBHOOK/hook"
"""


def notices(receiver: LocalServer) -> list[dict[str, Any]]:
    """What the webhook was told of limits."""
    bodies = [json.loads(each.body) for each in receiver.sent if each.path == "/hook"]
    return [each["data"] for each in bodies if each["data"]["code"] == "limit"]


def knows(store: Path) -> bool:
    """Whether a watcher that is killed now has kept the alert, and that both sinks were told."""
    with StoreView.open(store) as view:
        limits = [alert.id for alert in view.alerts() if alert.code == "limit"]
    journal = FolderJournal(store / "told")
    told = [journal.read(sink) for sink in ("alertmanager-1", "webhook-2")]
    return bool(limits) and all(limits[0] in known and known[limits[0]].severity for known in told)


def answers(page: str) -> bool:
    """Whether a watcher's page is served."""
    try:
        urllib.request.urlopen(f"http://{page}/healthz", timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def watching(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A watcher whose hours last five seconds, once its page is served; killed with the block."""
    page = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "heapwise", "watch", str(config), "--hour=5s", "--http", page]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **silent) as process:
        try:
            until(lambda: answers(page))
            yield process
        finally:
            process.kill()


def test_a_watcher_tells_what_its_store_knows_and_not_what_a_journal_alone_knows(
    tmp_path: Path,
) -> None:
    """The one before was killed when its journals were written, and the store was not yet."""
    heard: list[str] = []

    class Ear:
        name = "ear"

        def send(self, alerts: Sequence[Alert]) -> None:
            heard.extend(each.instance for each in alerts)

    config = config_of(["shop=127.0.0.1:1"])
    watch = msgspec.structs.replace(config.watch, store=tmp_path)
    kept, lost = alert("kept"), alert("lost", "pauses")
    with Store.open(tmp_path, clock=SteadyClock()) as store:
        store.alert(kept)
    journal = {each.id: Told(alert=each) for each in (lost, kept)}
    FolderJournal(tmp_path / "told").write("ear", journal)
    ears = [Route(Ear(), Pace(gather_ns=0, between_ns=0))]
    with assembled(
        msgspec.structs.replace(config, watch=watch), SteadyClock(), lambda _: None, ears
    ):
        until(lambda: heard)
    assert heard == ["kept"]


@pytest.mark.go
def test_a_watcher_that_is_killed_tells_nothing_twice(tmp_path: Path) -> None:
    """Its successor goes on with the same alert, and ends it when the target is taken away."""
    config = tmp_path / "watch.toml"
    with (
        watched_go("-retain", "60", env={"GOMEMLIMIT": "64MiB"}) as target,
        load(target, "/churn", 1, 0.01),
        local_server() as receiver,
        alertmanager(tmp_path, receiver.url) as there,
    ):

        def write(name: str, address: str) -> None:
            text = CONFIG.replace("NAME", name).replace("TARGET", address)
            text = text.replace("ALERTMANAGER", there.url).replace("WEBHOOK", receiver.url)
            config.write_text(text)

        def shown() -> list[dict[str, Any]]:
            return [a for a in there.alerts() if a["labels"]["alertname"] == "HeapwiseLimit"]

        write("checkout", target)
        with watching(config):
            until(lambda: shown() and notices(receiver))
            until(lambda: knows(tmp_path / "store"))
        (first,) = notices(receiver)
        with watching(config) as successor:
            time.sleep(1)
            assert notices(receiver) == [first]
            write("other", f"127.0.0.1:{free_port()}")
            successor.send_signal(signal.SIGHUP)
            until(lambda: not shown())
            until(lambda: len(notices(receiver)) > 1)
    (begun,) = first["alerts"]
    (ended,) = notices(receiver)[1]["alerts"]
    assert (first["status"], notices(receiver)[1]["status"]) == ("firing", "resolved")
    assert ended["id"] == begun["id"]
    assert ended["ended_why"] == "the target is watched no more"
