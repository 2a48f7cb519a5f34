"""Real services that deserve an alert, and the same ones mended: who is told of, and who is not.

Hours last seconds here; load, page, scraper and detectors are those of a watcher.
"""

from __future__ import annotations

import statistics
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from heapwise.model.watch import Severity, Sign
from support.watching import Watching, load, watched_go, watched_python

pytestmark = [pytest.mark.load]


def page(address: str) -> str:
    return f"http://{address}/metrics"


def number(sign: Sign, name: str) -> float:
    return {each.name: each.value for each in sign.numbers}[name]


def codes(watching: Watching) -> set[str]:
    return {sign.code for sign in watching.signs.values()}


@pytest.mark.go
def test_many_small_objects_under_a_tight_gogc_make_the_collector_dear() -> None:
    """One array without pointers under GOGC=100 does not."""
    sick, fixed = ("-retain", "40"), ("-retain", "40", "-fixed")
    with watched_go(*sick, env={"GOGC": "10"}) as address, load(address, "/churn"):
        sign = Watching(page(address), bin_s=0.3).run(8, until="gc-share")
    assert sign is not None
    assert number(sign, "of the CPU available") > 0.10
    assert number(sign, "of the CPU used") > number(sign, "of the CPU available")
    with watched_go(*fixed, env={"GOGC": "10"}) as address, load(address, "/churn"):
        watching = Watching(page(address), bin_s=0.3)
        watching.run(2)
    shares = [each.gc_share for each in watching.bins if each.gc_share is not None]
    assert len(shares) >= 2
    assert statistics.median(shares) < 0.05
    assert not watching.signs


@pytest.mark.go
def test_goroutines_that_allocate_faster_than_marking_goes_on_are_made_to_assist() -> None:
    """Those that work in memory they have are not."""
    with watched_go("-retain", "30", env={"GOGC": "50"}) as address, load(address, "/burst", 2):
        sign = Watching(page(address), bin_s=0.3).run(8, until="assist")
    assert sign is not None
    assert sign.severity is Severity.WARN
    assert number(sign, "of the CPU available") > 0.05
    with watched_go("-retain", "30", "-fixed") as address, load(address, "/burst", 2):
        watching = Watching(page(address), bin_s=0.3)
        watching.run(2)
    shares = [each.assist_share for each in watching.bins if each.assist_share is not None]
    assert len(shares) >= 2
    assert statistics.median(shares) < 0.01
    assert not watching.signs


@contextmanager
def both(path: str, bin_s: float, *flags: str, pause_s: float = 0.0) -> Iterator[list[Watching]]:
    """The sick service and its mended twin, under the same load."""
    with ExitStack() as stack:
        watchings = []
        for fixed in ((), ("-fixed",)):
            address = stack.enter_context(watched_go(*flags, *fixed))
            stack.enter_context(load(address, path, pause_s=pause_s))
            # The load is what they allocate a second, which does not hang on the machine either.
            watchings.append(Watching(page(address), bin_s, requests=""))
        yield watchings


@pytest.mark.go
def test_a_list_that_only_grows_is_told_of() -> None:
    """Its mended twin has the same load for as long, and is not."""
    with both("/leak", 0.12, "-retain", "40", "-leaks", "16", pause_s=0.015) as (sick, fixed):
        growing = sick.run(12, until="growing", beside=fixed)
    assert growing is not None
    assert growing.severity is Severity.CAPTURE
    assert number(growing, "growth") > 0.2
    assert sum(each.live is not None for each in fixed.bins) > 20
    assert codes(fixed).isdisjoint({"leak", "growing"})


@pytest.mark.go
def test_senders_that_nobody_receives_from_are_told_of() -> None:
    """Hundreds of goroutines, none of which ever ends; with room for the answer there are few."""
    with both("/abandon", 0.1, pause_s=0.015) as (sick, fixed):
        sign = sick.run(12, until="tasks", beside=fixed)
    assert sign is not None
    assert sign.wants == ("goroutine",)
    assert number(sign, "added") >= 100
    assert sum(each.tasks is not None for each in fixed.bins) > 20
    assert "tasks" not in codes(fixed)


@pytest.mark.go
def test_a_live_heap_close_to_gomemlimit_is_told_of() -> None:
    """With four times the room it is not."""
    for limit, told in (("64MiB", True), ("256MiB", False)):
        env = {"GOMEMLIMIT": limit}
        with watched_go("-retain", "60", env=env) as address, load(address, "/churn", 1, 0.01):
            watching = Watching(page(address), bin_s=0.1)
            watching.run(4 if told else 1.5, until="limit")
        assert ("limit" in codes(watching)) is told
        assert watching.history.last is not None
        assert watching.history.last.limit is not None


@pytest.mark.go
def test_a_request_that_copies_more_than_before_is_told_of() -> None:
    """Twice the requests are not."""
    with watched_go() as address:
        watching = Watching(page(address), bin_s=0.06)
        with load(address, "/copying?times=4", pause_s=0.002):
            watching.run(1.5)
        with load(address, "/copying?times=4", clients=2, pause_s=0.002):
            watching.run(0.6)
        assert "alloc-step" not in codes(watching)
        with load(address, "/copying?times=12", clients=2, pause_s=0.002):
            sign = watching.run(4, until="alloc-step")
    assert sign is not None
    assert number(sign, "step") == pytest.approx(2.0, rel=0.4)
    assert number(sign, "usual") == pytest.approx(4 * 65_536, rel=0.3)


def test_collecting_every_list_of_a_catalogue_after_each_request_is_told_of() -> None:
    """Frozen, and left to the collector's own judgement, it costs nothing."""
    with ExitStack() as stack:
        watchings = []
        for flags in ((), ("--fixed",)):
            address, agent = stack.enter_context(watched_python(*flags))
            urllib.request.urlopen(f"http://{address}/collect", timeout=30).close()
            stack.enter_context(load(address, "/collect", pause_s=0.1))
            watchings.append(Watching(f"http://{agent}/debug/pprof/", 1.0, requests=""))
        sick, fixed = watchings
        sign = sick.run(12, until="py-gen2", beside=fixed)
    assert sign is not None
    assert number(sign, "of the time") > 0.05
    assert number(sign, "longest") > 100e6
    assert not fixed.signs
