"""Captures of a real Go service: what grows is named, and what may not be taken is not."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from heapwise.formats.memstats import parse_expvar
from heapwise.model.watch import Alert, Severity, Source, Target, Vitals
from heapwise.runtimes.fetch import get
from heapwise.watch.capture import Capturer, CaptureSettings
from heapwise.watch.scale import Scale
from heapwise.watch.scrape.from_memstats import vitals_of_memstats
from heapwise.watch.store import Store
from support.goservice import GoService
from support.watchservice import SOURCE, Hands, start

pytestmark = pytest.mark.go

TARGET = Target(service="shop", instance="127.0.0.1:1", url="http://127.0.0.1:1")
QUICK = CaptureSettings(cpu_seconds=1, trace_seconds=0.2, patience_s=20.0)


def alert(code: str = "growing", target: Target = TARGET, summary: str = "it grows") -> Alert:
    """One that has just been opened."""
    return Alert(
        id=f"{code}-{target.key}", target=target.key, service=target.service,
        instance=target.instance, code=code, severity=Severity.CAPTURE, summary=summary,
        began_ns=1, seen_ns=1,
    )  # fmt: skip


@dataclass
class Watched:
    """A service, and what captures it."""

    service: GoService
    clock: Hands
    store: Store
    capturer: Capturer

    def scrape(self, target: Target = TARGET) -> Vitals:
        """Tell the capturer how a target does."""
        body = get(self.service.endpoint, "/debug/vars").body
        vitals = vitals_of_memstats(parse_expvar(body), self.clock.now_ns(), Source.EXPVAR, {})
        self.capturer.seen(target, vitals)
        return vitals

    def settle(self, until: Callable[[], bool]) -> None:
        """Step until something holds, within ten seconds."""
        end = time.monotonic() + 10
        while not until():
            assert time.monotonic() < end, "it did not happen"
            self.capturer.step()
            time.sleep(0.02)

    def take(self, about: Alert, number: int) -> Alert:
        """Step until the alert has so many captures."""
        self.settle(lambda: len(self.capturer.evidence(about).captures) >= number)
        return self.capturer.evidence(about)


@contextmanager
def watched(
    directory: Path, settings: CaptureSettings = QUICK, source: Path | None = None
) -> Iterator[Watched]:
    """A running service whose captures go into a store."""
    clock = Hands()
    with start() as service, Store.open(directory / "store", clock=clock) as store:
        capturer = Capturer(
            store, clock, Scale(), settings,
            endpoint_of=lambda _: service.endpoint, source_of=lambda _: source,
        )  # fmt: skip
        try:
            yield Watched(service, clock, store, capturer)
        finally:
            capturer.close()


def run(command: str) -> subprocess.CompletedProcess[str]:
    """A command of an alert, in a shell, as somebody pastes it."""
    return subprocess.run(
        ["sh", "-c", f'PATH="$PWD/.venv/bin:$PATH"; {command}'],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def leaked(on: Watched, keys: Iterable[int]) -> None:
    for key in keys:
        on.service.call(f"/leak?key={key}-")


@contextmanager
def kept_busy(on: Watched) -> Iterator[None]:
    """The service allocates all the while, so that a second's CPU profile has samples of it."""
    done = threading.Event()

    def call() -> None:
        while not done.is_set():
            leaked(on, [0])

    with ThreadPoolExecutor(1) as pool:
        calling = pool.submit(call)
        try:
            yield
        finally:
            done.set()
        calling.result(10)


def test_a_leak_is_named_by_the_path_that_holds_more(tmp_path: Path) -> None:
    """Two heap profiles of a process whose cache only grows name the cache, and how much of the
    growth it is, in the alert's summary.
    """
    with watched(tmp_path, source=SOURCE) as on:
        leaked(on, range(4))
        on.service.call("/debug/pprof/heap?gc=1")
        about = alert()
        on.capturer.wants(TARGET, on.scrape(), about, ["heap"])
        assert [each.reason for each in on.take(about, 1).captures] == ["growing"]
        leaked(on, range(4, 24))
        on.service.call("/debug/pprof/heap?gc=1")
        on.clock.forward(minutes=10)
        on.scrape()
        told = on.take(about, 2)
        assert told.captures[-1].reason in {"later", "next cycle"}
        assert told.grows[0].path.endswith("main.leak > main.remember")
        assert told.grows[0].share > 0.8
        assert told.grows[0].growth == pytest.approx(20 * 16 * 65536, rel=0.4)
        assert told.summary.startswith("it grows; ")
        assert "% of the growth is in main.leak > main.remember" in told.summary
        again = on.capturer.evidence(told)
        assert again == told
        on.settle(lambda: bool(on.capturer.evidence(about).findings))
        assert "HW504" in {each.code for each in on.capturer.evidence(about).findings}
        for command in told.commands:
            done = run(command)
            assert done.returncode == 0, (command, done.stderr)
        assert "main.remember" in run(told.commands[0]).stdout


def test_the_second_heap_profile_waits_for_the_collector(tmp_path: Path) -> None:
    """Go's heap profile is one cycle behind: the second is taken after two more, not sooner."""
    with watched(tmp_path) as on:
        about = alert()
        on.capturer.wants(TARGET, on.scrape(), about, ["heap"])
        on.take(about, 1)
        seen = on.capturer._recent[TARGET.key].vitals
        assert seen.cycles is not None
        for more, captures in ((1, 1), (2, 2)):
            on.capturer.seen(TARGET, msgspec.structs.replace(seen, cycles=seen.cycles + more))
            on.capturer.step()
            if captures == 1:
                assert not on.capturer._jobs
            on.take(about, captures)
        told = on.capturer.evidence(about)
        assert [each.reason for each in told.captures] == ["growing", "next cycle"]


def test_goroutines_that_wait_for_ever_are_named(tmp_path: Path) -> None:
    """Profiles of goroutines name the function that all new ones wait in, and the runtime's own
    search for leaked ones is asked once; that it is missing before Go 1.27 is no news.
    """
    with watched(tmp_path) as on:
        about = alert("tasks")
        on.capturer.wants(TARGET, on.scrape(), about, ["goroutine"])
        on.take(about, 1)
        on.service.call("/stuck")
        on.clock.forward(minutes=10)
        on.scrape()
        on.settle(lambda: bool(on.capturer.evidence(about).grows))
        told = on.capturer.evidence(about)
        assert told.grows[0].path.endswith("main.wait")
        assert told.grows[0].growth == 50
        leaks = [each for each in told.captures if each.kind == "goroutineleak"]
        assert len(leaks) <= 1
        assert not told.notes or "50 goroutines that can never go on" in told.notes[0]


def test_a_tail_alert_has_a_cpu_profile_and_a_trace_one_after_the_other(tmp_path: Path) -> None:
    """Both are taken once, never at the same time, and both can be opened."""
    with watched(tmp_path) as on:
        about = alert("pauses")
        on.capturer.wants(TARGET, on.scrape(), about, ["cpu", "trace"])
        told = on.take(about, 2)
        assert sorted(each.kind for each in told.captures) == ["cpu", "trace"]
        files = {each.kind: on.store.profile_path(each.id) for each in told.captures}
        assert run(f"heapwise top {files['cpu']}").returncode == 0
        assert run(f"heapwise trace {files['trace']}").returncode == 0
        on.capturer.closed(about.id)
        on.clock.forward(minutes=5)
        on.capturer.wants(TARGET, on.scrape(), about, ["cpu"])
        on.capturer.step()
        assert any(
            "the last one was taken 300 s ago" in n for n in on.capturer.evidence(about).notes
        )


def test_a_target_that_is_being_profiled_is_asked_again_later(tmp_path: Path) -> None:
    """Somebody else's CPU profile is waited for: the first try is noted, a later one succeeds."""
    with watched(tmp_path) as on:
        with ThreadPoolExecutor(1) as pool:
            somebody = pool.submit(get, on.service.endpoint, "profile", query="seconds=1")
            time.sleep(0.3)
            about = alert("gc-share")
            on.capturer.wants(TARGET, on.scrape(), about, ["cpu"])
            on.settle(lambda: bool(on.capturer.evidence(about).notes))
            assert "already in use" in on.capturer.evidence(about).notes[0]
            somebody.result(10)
        on.clock.forward(minutes=2)
        assert on.take(about, 1).captures[0].kind == "cpu"


def test_a_busy_target_is_not_profiled(tmp_path: Path) -> None:
    """Above 80 % of its processors nothing is profiled, which the alert says; below it is."""
    with watched(tmp_path) as on:
        about = alert("assist")
        vitals = on.scrape()
        for second, used in ((0, 0.0), (10, 19.0)):
            busy = msgspec.structs.replace(
                vitals, at_ns=vitals.at_ns + second * 10**9, cpu_counted_s=used,
                cpu_available_s=2.0 * second,
            )  # fmt: skip
            on.capturer.seen(TARGET, busy)
        on.capturer.wants(TARGET, vitals, about, ["cpu"])
        on.capturer.step()
        note = on.capturer.evidence(about).notes[0]
        assert note == f"no cpu profile of {TARGET.key}: it uses 95.0 % of its CPU, above 80.0 %"
        calm = msgspec.structs.replace(
            busy, at_ns=busy.at_ns + 10**10, cpu_counted_s=20.0, cpu_available_s=40.0
        )
        on.capturer.seen(TARGET, calm)
        on.clock.forward(minutes=2)
        assert on.take(about, 1).captures[0].kind == "cpu"


def test_a_cpu_profile_tells_findings_what_they_can_free(tmp_path: Path) -> None:
    """Where a CPU profile was taken of the same process, it is part of the diagnosis."""
    with watched(tmp_path, source=SOURCE) as on:
        about = alert("gc-share")
        on.capturer.wants(TARGET, on.scrape(), about, ["cpu", "heap"])
        with kept_busy(on):
            on.settle(lambda: bool(on.capturer.evidence(about).findings))
        told = on.capturer.evidence(about)
        assert [each.kind for each in told.captures][:2] == ["cpu", "heap"]
        evidence = told.findings[0].evidence
        assert evidence is not None
        assert evidence.cpu_share is not None
