"""The counters are what heapwise's readers of Go's MemStats understand."""

from __future__ import annotations

import gc
import json
from dataclasses import fields, replace

from heapwise.formats.memstats import parse_expvar, parse_memstats
from heapwise_agent import memstats
from heapwise_agent.gcwatch import GcWatch
from heapwise_agent.sampler import Counters

ZERO = Counters(**dict.fromkeys((field.name for field in fields(Counters)), 0))
SOME = replace(ZERO, alloc_bytes=10_000, alloc_count=100)


def watched(collections: int) -> GcWatch:
    """A watch that has seen so many collections."""
    watch = GcWatch()
    gc.disable()
    watch.start()
    try:
        for _ in range(collections):
            gc.collect(0)
    finally:
        watch.stop()
        gc.enable()
    return watch


def test_text_and_json_say_the_same() -> None:
    """One client reads exact allocations of Go and Python alike, from either."""
    stats = memstats.read(SOME, (40, 6_000), watched(3))
    text = parse_memstats(memstats.footer(stats))
    page = parse_expvar(json.dumps({"cmdline": [], "memstats": stats}))
    assert text == page
    assert text.contradictions == ()
    assert text.counters.total_alloc == 10_000
    assert text.counters.mallocs == 100
    assert text.counters.frees == 60
    assert text.counters.heap_alloc == 6_000
    assert text.counters.heap_objects == 40
    assert text.counters.num_gc == 3
    assert text.counters.max_rss > 1 << 20
    assert [pause.number for pause in text.pauses] == [1, 2, 3]


def test_pauses_stand_where_go_puts_them_in_the_ring() -> None:
    """Also after the ring has gone round; a pause is a collection's time and end."""
    watch = watched(300)
    pauses = parse_memstats(memstats.footer(memstats.read(SOME, (0, 0), watch))).pauses
    events = {event.seq: event for event in watch.events(1).events}
    assert [pause.number for pause in pauses] == list(range(45, 301))
    for pause in pauses:
        event = events[pause.number]
        assert pause.pause_ns == event.duration_ns
        assert pause.end_ns == event.start_ns + event.duration_ns


def test_an_estimate_never_contradicts_an_exact_counter() -> None:
    """Shortly after the start a single sample can stand for more than was allocated at all."""
    stats = parse_memstats(memstats.footer(memstats.read(SOME, (5_000, 1 << 20), watched(1))))
    assert stats.contradictions == ()
    assert stats.counters.heap_alloc == 10_000
    assert stats.counters.frees == 0


def test_without_a_sampler_nothing_is_claimed_about_allocations() -> None:
    """Collections are known all the same."""
    stats = memstats.read(None, (0, 0), watched(2))
    assert "TotalAlloc" not in stats
    assert stats["NumGC"] == 2
