"""Hits as lines of JSON, ours and vegeta's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.hit_records import read_records
from heapwise.formats.hits import HitStore, plan_of, read_hits, write_hits
from heapwise.formats.timestamps import parse_timestamp
from heapwise.load.schedule import total
from heapwise.model.load import Hits, Outcome, Target

TARGETS = (Target("GET", "http://a/x"), Target("POST", "http://b/"))
WALL = 1_790_000_000_123_456_789
VEGETA = {
    "attack": "", "seq": 0, "code": 200, "timestamp": "2026-11-21T02:18:29.5+01:00",
    "latency": 326013, "bytes_out": 7, "bytes_in": 44, "error": "", "body": "aGk=",
    "method": "GET", "url": "http://a/x", "headers": {"Date": ["today"]},
}  # fmt: skip

stamps = st.integers(0, 10**13)
rows = st.tuples(
    stamps,
    st.lists(st.none() | stamps, min_size=4, max_size=4),
    st.sampled_from([0, 200, 404, 599, 999]),
    st.sampled_from(list(Outcome)),
    st.integers(0, 1 << 40),
    st.integers(0, 1 << 40),
    st.integers(0, 1),
    st.integers(0, 3),
).map(lambda r: [r[0], *(-1 if s is None else r[0] + s for s in r[1]), *r[2:]])


@given(st.lists(rows, min_size=1, max_size=20))
def test_hits_come_back_as_they_were(table: list[list[int]]) -> None:
    """Every column survives, times relative to the earliest hit, targets by method and URL.

    The status of a response that did not end does not: vegeta would take it for a success.
    """
    hits = Hits.from_rows(np.array(table, np.int64))
    hits.status[hits.outcome != Outcome.OK] = 0
    written = write_hits(hits, TARGETS, wall_zero_ns=WALL)
    back, targets = read_hits(written.splitlines())
    first = int(hits.intended.min())
    for name in ("intended", "ready", "sent", "first_byte", "done"):
        stamp = getattr(hits, name)
        assert getattr(back, name).tolist() == [s - first if s >= 0 else -1 for s in stamp]
    for name in ("status", "outcome", "bytes_in", "bytes_out", "flags"):
        assert getattr(back, name).tolist() == getattr(hits, name).tolist()
    assert [targets[i] for i in back.target] == [TARGETS[i] for i in hits.target]


def test_vegetas_fields_say_what_vegetas_mean() -> None:
    """Timestamp is the intended time, latency counts from it, an error status is an error."""
    hits = Hits.from_rows(
        np.array(
            [[5, 6, 7, 8, 9, 404, 0, 3, 2, 1, 0], [1, -1, -1, -1, -1, 0, 11, 0, 0, 0, 0]], np.int64
        )
    )
    first, second = map(
        json.loads, write_hits(hits, TARGETS, wall_zero_ns=WALL, first_seq=4).splitlines()
    )
    assert first["timestamp"] == "2026-09-21T14:13:20.123456794Z"
    assert (first["latency"], first["error"], first["seq"]) == (4, "404 Not Found", 4)
    assert (first["method"], first["url"], first["bytes_in"]) == ("POST", "http://b/", 3)
    assert (second["latency"], second["error"], second["sent"]) == (0, "never sent", None)
    assert set(VEGETA) <= set(first)


def test_hits_are_numbered_as_they_were_due_where_that_is_known() -> None:
    """Else as they come."""
    rows = np.zeros((3, 12), np.int64)
    rows[:, -1] = [2, 0, 1]
    for hits, numbers in (
        (Hits.from_rows(rows), [9, 7, 8]),
        (Hits.from_rows(rows[:, :-1]), [7, 8, 9]),
    ):
        lines = write_hits(hits, TARGETS, wall_zero_ns=WALL, first_seq=7).splitlines()
        assert [json.loads(line)["seq"] for line in lines] == numbers
    some = Hits.from_rows(rows).select(np.array([True, False, True]))
    assert some.number is not None
    assert some.number.tolist() == [2, 1]
    assert (some.numbered_rows() == rows[[0, 2]]).all()


def test_vegetas_own_lines_are_read() -> None:
    """Its timestamp is when it sent; what it does not record is missing, not zero."""
    hits, targets = read_hits([json.dumps(VEGETA).encode()])
    assert targets == (Target("GET", "http://a/x"),)
    assert hits.rows().tolist() == [[0, -1, 0, -1, 326013, 200, Outcome.OK, 44, 7, 0, 0]]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("dial tcp 127.0.0.1:1: connect: connection refused", Outcome.REFUSED),
        ("read tcp 127.0.0.1:5->127.0.0.1:6: read: connection reset by peer", Outcome.RESET),
        ("context deadline exceeded (Client.Timeout exceeded)", Outcome.TIMEOUT),
        ("EOF", Outcome.EARLY_EOF),
        ("socket: too many open files", Outcome.EMFILE),
        ("lookup x: no such host", Outcome.DNS),
        ("x509: certificate signed by unknown authority", Outcome.TLS),
        ("something new", Outcome.OTHER),
    ],
)
def test_vegetas_errors_have_classes(error: str, outcome: Outcome) -> None:
    """Go's words for an error tell its class."""
    hits, _ = read_hits([json.dumps(VEGETA | {"code": 0, "error": error}).encode()])
    assert hits.outcome.tolist() == [outcome]


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "yesterday"}, {"timestamp": "1969-12-31T00:00:00Z"},
        {"timestamp": "9999-01-01T00:00:00Z"}, {"timestamp": "2026-13-01T00:00:00Z"},
        {"latency": -1}, {"latency": 1 << 60}, {"latency": 1.5}, {"code": 1000},
        {"bytes_in": 1 << 70}, {"outcome": "nonsense"}, {"flags": 4}, {"url": None},
        {"outcome": "ok", "done": -1},
    ],
)  # fmt: skip
def test_a_damaged_line_is_refused_with_its_number(change: dict[str, object]) -> None:
    """A value that cannot be is an error with source and line, not a figure."""
    lines = [json.dumps(VEGETA).encode(), json.dumps(VEGETA | change).encode()]
    with pytest.raises(ProfileError, match=r"^f:2: not a hit"):
        read_hits(lines, source="f")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    """No line makes anything but a ProfileError."""
    with pytest.raises(ProfileError):
        read_hits([line])


def test_a_store_keeps_loads_and_errors_apart() -> None:
    """By name, each hit on the clock of all; errors once each, and none of the warm-up."""
    store = HitStore()
    lines = [
        VEGETA | {"attack": "b", "timestamp": "2026-01-01T00:00:02Z", "code": 500, "error": "500"},
        VEGETA | {"attack": "a", "timestamp": "2026-01-01T00:00:01Z", "error": "500"},
        VEGETA | {"attack": "b", "timestamp": "2026-01-01T00:00:03Z", "error": "x", "flags": 2},
    ]
    assert not len(store)
    for hit in read_records([json.dumps(line).encode() for line in lines], source="f"):
        store.add(hit)
    assert len(store) == 3
    assert list(store.errors) == ["500"]
    assert {name: hits.intended.tolist() for name, hits in store.loads().items()} == {
        "b": [10**9, 2 * 10**9], "a": [0],
    }  # fmt: skip
    assert store.hits().intended.tolist() == [10**9, 0, 2 * 10**9]
    assert store.zero_ns == parse_timestamp("2026-01-01T00:00:01Z")


def test_a_store_goes_on_growing_while_its_hits_are_read() -> None:
    """What was handed out before stays as it was."""
    store = HitStore()
    (hit,) = read_records([json.dumps(VEGETA).encode()], source="f")
    store.add(hit)
    before = store.hits()
    for _ in range(1000):
        store.add(hit)
    assert (len(before), len(store.hits())) == (1, 1001)


def test_no_hits_are_an_error() -> None:
    """An empty file is not a load without hits."""
    with pytest.raises(ProfileError, match="no hits"):
        read_hits([b"\n"])


def test_a_plan_is_recovered_from_hits() -> None:
    """Rate and number of hits follow from the intended times."""
    hits = Hits.empty().rows()
    hits = np.zeros((11, 11), np.int64)
    hits[:, 0] = np.arange(11) * 10_000_000
    plan = plan_of(Hits.from_rows(hits), TARGETS)
    assert plan.schedule.rate == 100
    assert total(plan.schedule) == 11
