"""Collections as the watch sees them, compared with what the collector itself counts."""

from __future__ import annotations

import _thread
import gc
import os
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from heapwise_agent import gcwatch
from heapwise_agent.gcwatch import CHARGE_NS, MAX_STACKS, RING, VICTIM_DEPTH, VICTIMS, GcWatch


@pytest.fixture
def watch() -> Iterator[GcWatch]:
    """A watch that is on; nothing is collected but what a test asks for."""
    gc.collect()
    gc.disable()
    watch = GcWatch()
    watch.start()
    yield watch
    watch.stop()
    gc.enable()


class Knot:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.me = self


def test_events_and_totals_agree_with_the_collectors_own_counts(watch: GcWatch) -> None:
    """Collections and collected objects, by generation."""
    before = gc.get_stats()
    for generation in (0, 1, 0, 2):
        Knot()
        gc.collect(generation)
    after = gc.get_stats()
    totals = watch.totals()
    assert totals.by_generation == tuple(
        late["collections"] - early["collections"]
        for early, late in zip(before, after, strict=True)
    )
    assert totals.collected == sum(
        late["collected"] - early["collected"] for early, late in zip(before, after, strict=True)
    )
    assert [event.generation for event in watch.events().events] == [0, 1, 0, 2]
    assert totals.pause_ns == sum(event.duration_ns for event in watch.events().events)


def test_a_pause_lasts_as_long_as_its_callbacks(watch: GcWatch) -> None:
    """What others do in their callbacks stops the world too."""

    def slow(phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            time.sleep(0.02)

    gc.callbacks.insert(1, slow)
    try:
        began = time.time_ns()
        gc.collect()
        ended = time.time_ns()
    finally:
        gc.callbacks.remove(slow)
    (event,) = watch.events().events
    assert event.duration_ns >= 20_000_000
    assert began <= event.start_ns <= ended


def test_events_are_asked_for_by_number_and_loss_is_counted(watch: GcWatch) -> None:
    """The ring forgets the oldest; the sums forget nothing."""
    first = watch.events()
    assert (first.events, first.lost, first.next) == ([], 0, 1)
    for _ in range(3):
        gc.collect(0)
    page = watch.events(first.next)
    assert [event.seq for event in page.events] == [1, 2, 3]
    assert page.next == 4
    assert watch.events(4).events == []
    for _ in range(RING):
        gc.collect(0)
    page = watch.events(2)
    assert len(page.events) == RING
    assert page.lost == 2
    assert page.events[-1].seq == RING + 3
    assert watch.totals().collections == RING + 3
    assert watch.events(10**9).lost == 0


def test_a_forced_collection_is_told_apart_from_the_programs_own(watch: GcWatch) -> None:
    """A client counts the collections it asked for."""
    gc.collect()
    watch.collect()
    watch.collect()
    assert watch.totals().forced == 2
    assert [event.forced for event in watch.events().events] == [False, True, True]


def test_a_forced_collection_waits_for_one_that_is_running(watch: GcWatch) -> None:
    """`gc.collect` does nothing meanwhile, and a fence that did nothing is no fence."""
    inside, done = threading.Event(), threading.Event()

    def slow(phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start" and not inside.is_set():
            inside.set()
            done.wait(5)

    gc.callbacks.insert(1, slow)
    try:
        other = threading.Thread(target=gc.collect)
        other.start()
        assert inside.wait(5)
        threading.Timer(0.05, done.set).start()
        watch.collect()
        other.join()
    finally:
        gc.callbacks.remove(slow)
    assert [event.forced for event in watch.events().events] == [False, True]


def test_a_long_pause_is_charged_to_the_stack_that_paid(watch: GcWatch) -> None:
    """Under the function that triggered the collection, with the generation."""

    def slow(_phase: str, _info: Mapping[str, int]) -> None:
        time.sleep(CHARGE_NS / 1e9)

    def victim() -> None:
        gc.collect(1)

    gc.callbacks.insert(1, slow)
    try:
        for _ in range(2):
            victim()
    finally:
        gc.callbacks.remove(slow)
    ((stack, labels, (count, pause)),) = watch.profile().rows()
    assert stack[0].name.endswith("victim")
    assert stack[0].filename == __file__
    assert labels == (("generation", 1, ""),)
    assert count == 2
    assert pause == watch.totals().pause_ns


def test_a_long_pause_names_its_victim_among_the_events(watch: GcWatch) -> None:
    """The stack is outermost first; short pauses and those that were asked for have none."""

    def slow(phase: str, info: Mapping[str, int]) -> None:
        if phase == "start" and info["generation"]:
            time.sleep(CHARGE_NS / 1e9)

    def victim() -> None:
        gc.collect(2)

    gc.callbacks.insert(1, slow)
    try:
        gc.collect(0)
        victim()
        watch.collect()
    finally:
        gc.callbacks.remove(slow)
    page: Any = gcwatch.describe(watch, 1)
    short, long, forced = page["events"]
    assert "victim" not in short
    assert "victim" not in forced
    functions = long["victim"].split(";")
    assert functions[-1].endswith(
        "gcwatch.test_a_long_pause_names_its_victim_among_the_events.<locals>.victim"
    )
    assert functions[-2].endswith(".test_a_long_pause_names_its_victim_among_the_events")
    assert len(functions) <= VICTIM_DEPTH
    assert watch.victims(3) == {}


def test_a_thread_without_python_code_has_no_stack(
    watch: GcWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that C code started can be the victim too."""
    monkeypatch.setattr(gcwatch, "CHARGE_NS", 0)
    _thread.start_new_thread(gc.collect, ())
    end = time.monotonic() + 5
    while not watch.victims() and time.monotonic() < end:
        time.sleep(0.001)
    assert watch.victims() == {1: "python.no_frame"}


def test_only_the_newest_victims_are_remembered(
    watch: GcWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded however often the collector stops the program for long."""
    monkeypatch.setattr(gcwatch, "CHARGE_NS", 0)
    for _ in range(VICTIMS + 10):
        gc.collect(0)
    assert sorted(watch.victims()) == list(range(11, VICTIMS + 11))


def test_short_pauses_are_charged_when_enough_has_gathered(watch: GcWatch) -> None:
    """What is missing from the profile is less than that, and comes with the next ones."""
    while watch.totals().pause_ns < 2 * CHARGE_NS:
        gc.collect(0)
    ((_, _, (count, pause)),) = watch.profile().rows()
    totals = watch.totals()
    assert 0 <= totals.pause_ns - pause < CHARGE_NS
    assert 0 < count <= totals.collections


def test_stacks_beyond_the_table_are_counted_as_one(
    watch: GcWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded and no collection is lost."""
    monkeypatch.setattr(gcwatch, "CHARGE_NS", 0)
    for number in range(MAX_STACKS + 10):
        scope: dict[str, Any] = {"gc": gc}
        exec(f"def f_{number}(): gc.collect(0)\nf_{number}()", scope)  # noqa: S102 - many functions
    rows = {stack[0].name: values for stack, _, values in watch.profile().rows()}
    assert len(rows) == MAX_STACKS + 1
    assert rows["python.stack_table_full"][0] == 10


def test_a_description_is_plain_data(watch: GcWatch) -> None:
    """With the thread's name and the collector's settings."""
    gc.collect(0)
    page: Any = gcwatch.describe(watch, 1)
    assert page["next"] == 2
    assert page["lost"] == 0
    assert page["thresholds"] == list(gc.get_threshold())
    assert page["pid"] == os.getpid()
    (event,) = page["events"]
    assert event["thread"] == threading.current_thread().name
    assert event["generation"] == 0


def test_a_description_walks_through_no_objects(
    watch: GcWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts objects one by one holds the service up the longer, the more it keeps."""
    for walker in ("get_freeze_count", "get_objects", "get_referrers"):
        monkeypatch.setattr(gc, walker, None)
    assert gcwatch.describe(watch, 1)["enabled"] is False


def test_stopping_leaves_the_collector_as_it_was() -> None:
    """Starting twice counts once, and stopping twice is harmless."""
    before = gc.callbacks[:]
    watch = GcWatch()
    watch.start()
    watch.start()
    assert len(gc.callbacks) == len(before) + 2
    watch.stop()
    watch.stop()
    assert gc.callbacks == before
