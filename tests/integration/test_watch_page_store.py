"""The page of a real store: written by one, read beside it, and shown when nobody writes it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from heapwise.model.watch import Deploy
from heapwise.units import NS_PER_S
from heapwise.watch.clock import SteadyClock
from heapwise.watch.export.prometheus import render
from heapwise.watch.scale import Scale
from heapwise.watch.store import Store, StoreView
from heapwise.web.watch.stored import StoredWatch
from support.profiles import Sample, profile_bytes
from support.watch_page import NOW_NS, PERIOD_S, Imagined, served

HEAP = profile_bytes(
    [Sample(("leaf (src/leaf.go:7)", "main (src/main.go:3)"), (1, 80, 1, 80))], sizes=False
)
MINUTE_NS = 60 * NS_PER_S


class At:
    """A clock that stands where it is set."""

    def __init__(self, ns: int) -> None:
        self.ns = ns

    def now_ns(self) -> int:
        return self.ns


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A day of an imagined service that leaks, its deploy, its alert and one profile."""
    watched = Imagined()
    target = watched.runs("checkout", "10.0.0.7:6060", grows=5)
    vitals = watched.targets[target.key].vitals
    assert vitals is not None
    with Store.open(tmp_path / "store", clock=At(NOW_NS)) as made:
        for at, allocated in ((NOW_NS - 15 * NS_PER_S, 1e9), (NOW_NS, 1.3e9)):
            made.saw(target, msgspec.structs.replace(vitals, at_ns=at, allocated=allocated), "")
        for one in watched.binned[target.key]:
            made.binned(target.key, one)
        made.deploy(
            Deploy(service="checkout", build="v2", before="v1", at_ns=NOW_NS - 3600 * 10**9)
        )
        made.commit()
        captured = made.profile(target.key, "heap", "leak", NOW_NS - 20 * MINUTE_NS, HEAP)
        made.alert(watched.raises(target, captures=(captured,)))
        made.commit()
        yield made


def test_a_store_is_shown_as_its_watcher_would(store: Store) -> None:
    """Services, charts, alerts and profiles, while the writer still has it open."""
    with StoreView.open(store.directory) as view:
        watched = StoredWatch(view, At(NOW_NS + MINUTE_NS))
        with served(watched) as page:
            row = page.send("/").body.decode()
            row = row[row.index('data-key="service checkout"') :].partition("</tr>")[0]
            assert ">leak</span>" in row
            assert "19.1 MiB<span" in row  # a second: 300 MB in 15 s
            assert '<svg class="spark"' in row
            data = json.loads(page.send("/api/timeline?service=checkout&range=6h").body)
            assert len([y for y in data["charts"]["live"][0]["y"] if y is not None]) >= 70
            assert [one["build"] for one in data["deploys"]] == ["v2"]
            assert len(data["alerts"]) == len(data["captures"]) == 1
            (captured,) = view.profiles()
            assert page.send(f"/profile/{captured.id}/").status == 200
            assert page.send(f"/profile/{captured.id}/download").body == HEAP
            assert b"/api/silences" not in page.send("/alert?id=leak-0").body


def test_what_is_written_later_is_seen(store: Store) -> None:
    """The page follows another process's commits."""
    with StoreView.open(store.directory) as view, served(StoredWatch(view, At(NOW_NS))) as page:
        assert b"service search" not in page.send("/").body
        imagined = Imagined()
        target = imagined.runs("search", "10.0.0.9:6060")
        store.saw(target, None, "no answer within 5 s")
        store.commit()
        time.sleep(2 * PERIOD_S)
        answer = page.send("/")
        assert b"service search" in answer.body
        assert b"no answer within 5 s" in answer.body


def test_targets_that_left_are_not_shown_as_down(store: Store) -> None:
    """Whom the watcher had not asked for an hour before it wrote last has left its lists."""
    imagined = Imagined()
    gone, silent = (imagined.runs("pods", name) for name in ("gone", "silent"))
    said = imagined.targets[gone.key].vitals
    assert said is not None
    store.saw(gone, msgspec.structs.replace(said, at_ns=NOW_NS - 61 * MINUTE_NS), "")
    store.saw(silent, None, "no answer within 5 s")
    store.commit()
    with StoreView.open(store.directory) as view:
        shown = {state.target.key for state in StoredWatch(view, At(NOW_NS)).states()}
        assert shown == {"checkout/10.0.0.7:6060", "pods/silent"}
        hurried = StoredWatch(view, At(NOW_NS), Scale(2.0)).states()
        assert "pods/gone" in {state.target.key for state in hurried}


def test_an_old_store_ends_when_it_ended(store: Store) -> None:
    """The last hours of a store that nobody writes any more are drawn, not an empty present."""
    with StoreView.open(store.directory) as view:
        watched = StoredWatch(view, SteadyClock())
        later = NOW_NS + 365 * 24 * 60 * MINUTE_NS
        assert StoredWatch(view, At(later)).now_ns() == NOW_NS + 5 * MINUTE_NS
        assert StoredWatch(view, At(NOW_NS + 1)).now_ns() == NOW_NS + 1
        assert watched.sinks() == ()


def test_a_profile_that_was_changed_is_not_handed_out(store: Store) -> None:
    """What the page gives away is what was received, or nothing."""
    (captured,) = store.profiles()
    store.profile_path(captured.id).write_bytes(HEAP + b"x")
    with StoreView.open(store.directory) as view, served(StoredWatch(view, At(NOW_NS))) as page:
        for path in ("download", "data"):
            answer = page.send(f"/profile/{captured.id}/{path}")
            assert (answer.status, answer.body.count(b"\n")) == (502, 1)


def test_the_exporter_is_mounted_beside_the_page(store: Store) -> None:
    """What Prometheus reads comes from the same states as the table."""
    with StoreView.open(store.directory) as view:
        watched = StoredWatch(view, At(NOW_NS))

        def metrics() -> tuple[bytes, str]:
            return render(watched.states(), watched.alerts(open_only=True))

        with served(watched, metrics=metrics) as page:
            answer = page.send("/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert b'service="checkout"' in answer.body
