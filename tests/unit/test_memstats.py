"""Go's MemStats in both of its texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.memstats import FOOTER_BYTES, RING, parse_expvar, parse_memstats
from heapwise.model.gc import Pause

DATA = Path(__file__).parent.parent / "data" / "goservice"
SOUND = {
    "TotalAlloc": "9000", "Mallocs": "90", "Frees": "40", "HeapAlloc": "1000",
    "HeapSys": "4000", "HeapIdle": "1500", "HeapInuse": "2500", "HeapReleased": "700",
    "HeapObjects": "50", "Stack": "640 / 960", "NextGC": "4194304", "LastGC": "1700000000000000000",
    "NumGC": "0", "NumForcedGC": "0", "GCCPUFraction": "1.5e-05", "MaxRSS": "20000000",
}  # fmt: skip
BIGGEST_RING = "[" + " ".join(["18446744073709551615"] * RING) + "]"


def footer(**changed: str) -> str:
    """The sound footer with some values changed; an empty one leaves its line out."""
    lines = [f"# {name} = {value}" for name, value in {**SOUND, **changed}.items() if value]
    return "\n".join(["heap profile: 0: 0 [0: 1] @ heap/2", "", "# runtime.MemStats", *lines, ""])


def ring(values: dict[int, int]) -> str:
    """A ring in which cycle n stands where Go puts it."""
    slots = [0] * RING
    for number, value in values.items():
        slots[(number + 255) % 256] = value
    return "[" + " ".join(map(str, slots)) + "]"


@pytest.mark.parametrize("version", ["go1.26.8", "go1.27.3"])
def test_a_real_profile_is_read(version: str) -> None:
    """A real service's text gives all counters, pauses, and no contradiction; not which process."""
    found = parse_memstats((DATA / f"heap-{version}.txt").read_bytes())
    counters = found.counters
    told = set(counters.__struct_fields__) - {"process"}
    assert min(getattr(counters, name) for name in told) >= 0
    assert (counters.num_gc, counters.num_forced_gc) == (4, 1)
    assert counters.heap_alloc > 20 << 20
    assert [pause.number for pause in found.pauses] == [1, 2, 3, 4]
    assert found.pauses[-1].end_ns == counters.last_gc_ns
    assert all(1_000 < pause.pause_ns < 100_000_000 for pause in found.pauses)
    assert found.contradictions == ()


def test_every_value_lands_in_its_field() -> None:
    """Stack is the first of its two numbers, and the share of CPU comes in parts per billion."""
    counters = parse_memstats(footer()).counters
    assert (counters.total_alloc, counters.mallocs, counters.frees) == (9000, 90, 40)
    assert (counters.heap_sys, counters.heap_idle, counters.heap_inuse) == (4000, 1500, 2500)
    assert (counters.stack_inuse, counters.gc_cpu_ppb) == (640, 15_000)
    assert (counters.next_gc, counters.max_rss) == (4194304, 20_000_000)


def test_missing_fields_are_minus_one() -> None:
    """An older or a foreign runtime that prints less is read all the same."""
    found = parse_memstats(footer(MaxRSS="", HeapIdle="", GCCPUFraction="", Stack="", NumGC=""))
    counters = found.counters
    assert (counters.max_rss, counters.heap_idle, counters.gc_cpu_ppb) == (-1, -1, -1)
    assert (counters.stack_inuse, counters.num_gc) == (-1, -1)
    assert found.contradictions == ()


@pytest.mark.parametrize("name", ["TotalAlloc", "Mallocs", "Frees"])
@pytest.mark.parametrize("value", ["", "many"])
def test_without_the_exact_counters_there_is_nothing_to_read(name: str, value: str) -> None:
    """Per request costs rest on three counters, so a footer that lacks one is an error."""
    with pytest.raises(ProfileError, match=rf"no MemStats of a Go service: no .*{name}"):
        parse_memstats(footer(**{name: value}))


@pytest.mark.parametrize(
    ("changed", "claim"),
    [
        ({"HeapAlloc": "2501"}, "HeapAlloc > HeapInuse: 2501 > 2500"),
        ({"HeapIdle": "1501"}, "HeapIdle + HeapInuse != HeapSys: 4001 != 4000"),
        ({"NumForcedGC": "1"}, "NumForcedGC > NumGC: 1 > 0"),
        ({"Frees": "91"}, "Frees > Mallocs: 91 > 90"),
        ({"HeapReleased": "1501"}, "HeapReleased > HeapIdle: 1501 > 1500"),
        ({"HeapObjects": "-3"}, "HeapObjects is '-3'"),
        ({"NextGC": "18446744073709551615"}, "NextGC is '18446744073709551615'"),
        ({"GCCPUFraction": "1.7"}, "GCCPUFraction is '1.7'"),
        ({"GCCPUFraction": "NaN"}, "GCCPUFraction is 'NaN'"),
        ({"PauseNs": "[1 2 3]"}, "PauseNs is not a ring of 256 numbers"),
        ({"NumGC": "2", "PauseNs": ring({1: 5, 2: 6}), "PauseEnd": ring({1: 7})},
         "PauseEnd lacks 1 of 2 cycles"),
        ({"NumGC": "2", "PauseNs": ring({1: 5, 2: 6}), "PauseEnd": ring({1: 8, 2: 7})},
         "PauseEnd goes back"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_said(changed: dict[str, str], claim: str) -> None:
    """A contradiction is told in words with its numbers, and never stops the reading."""
    contradictions = parse_memstats(footer(**changed)).contradictions
    assert len(contradictions) == 1
    assert contradictions[0].startswith(claim)


@given(st.integers(0, 2000))
def test_the_ring_holds_the_newest_cycles_in_order(num_gc: int) -> None:
    """Whatever NumGC is, pauses are numbered up to it, oldest first, at most 256 of them."""
    numbers = range(max(1, num_gc - RING + 1), num_gc + 1)
    pauses = {number: 1000 + number for number in numbers}
    ends = {number: 10**18 + number for number in numbers}
    text = footer(NumGC=str(num_gc), PauseNs=ring(pauses), PauseEnd=ring(ends))
    assert parse_memstats(text).pauses == tuple(
        Pause(number=number, end_ns=ends[number], pause_ns=pauses[number]) for number in numbers
    )


def test_the_end_of_a_long_profile_is_enough() -> None:
    """Only the last `FOOTER_BYTES` are needed, even when every number is as long as it can be."""
    longest = dict.fromkeys(SOUND, str(2**63 - 1))
    text = footer(**longest, PauseNs=BIGGEST_RING, PauseEnd=BIGGEST_RING)
    assert len(text) < FOOTER_BYTES
    long = "#\t0x1\tmain.work+0x1\t/src/main.go:1\n" * 10_000 + text
    assert parse_memstats(long[-FOOTER_BYTES:]) == parse_memstats(long) == parse_memstats(text)


def test_expvar_says_the_same() -> None:
    """The JSON of expvar gives the same counters and pauses as the footer."""
    stats = {
        "TotalAlloc": 9000, "Mallocs": 90, "Frees": 40, "HeapSys": 4000, "HeapIdle": 1500,
        "HeapInuse": 2500, "StackInuse": 640, "NumGC": 300, "GCCPUFraction": 0.25,
        "PauseNs": [1] * RING, "PauseEnd": [10**18] * RING, "EnableGC": True, "BySize": [{}],
    }  # fmt: skip
    found = parse_expvar(json.dumps({"cmdline": ["svc"], "memstats": stats}))
    assert found.counters.gc_cpu_ppb == 250_000_000
    assert (found.counters.stack_inuse, found.counters.max_rss) == (640, -1)
    assert [found.pauses[0].number, found.pauses[-1].number] == [45, 300]
    assert found.contradictions == ()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"memstats": {}}', '{"memstats": 1}', "[" * 9999]
)
def test_what_is_not_expvar_is_one_error(text: str) -> None:
    """Any other JSON, or none, is a `ProfileError`."""
    with pytest.raises(ProfileError):
        parse_expvar(text)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_garbage_is_one_error(text: bytes | str) -> None:
    """Arbitrary bytes are never read as MemStats and never end in another exception."""
    with pytest.raises(ProfileError):
        parse_memstats(text)
    with pytest.raises(ProfileError):
        parse_expvar(text)


@given(st.data())
def test_a_damaged_footer_is_read_or_one_error(data: st.DataObject) -> None:
    """Cutting and overwriting a real footer anywhere gives int64 values or a `ProfileError`."""
    text = bytearray((DATA / "heap-go1.26.8.txt").read_bytes())
    for _ in range(data.draw(st.integers(0, 5))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parse_memstats(bytes(text[: data.draw(st.integers(0, len(text)))]))
    except ProfileError:
        return
    values = [getattr(found.counters, name) for name in found.counters.__struct_fields__]
    assert all(-1 <= value < 2**63 for value in values)
