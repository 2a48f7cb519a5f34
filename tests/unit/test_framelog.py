"""The log: streams and events come back as they were, or are known to be missing."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.formats.columns import HEAD, MAX_SEQ, decode_batch, encode_batch
from heapwise.formats.framelog import (
    MAX_JSON,
    LogContents,
    batch_frame,
    end_frame,
    event_frame,
    read_log,
    schema_frame,
)
from heapwise.formats.logframes import MAGIC, encode_frame
from heapwise.model.recording import Event, LogLoss

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
COLUMNS = ("a", "b", "c")
MANIFEST = "5e" * 32
EVENT = Event(7, "marker", {"text": "ü\x1b<", "n": [1, None, 2.5]})


def rows(first: int, count: int) -> np.ndarray:
    """Rows that tell their number: 3 columns, a few large."""
    n = np.arange(first, first + count, dtype=np.int64)
    return np.stack([n, n * 1_000_003, -n << 40], axis=1)


def pieces() -> list[bytes]:
    """A small log, frame by frame."""
    return [
        schema_frame(0, "hits", COLUMNS, MANIFEST),
        schema_frame(1, "memory", ("x",), MANIFEST),
        batch_frame(0, 0, rows(0, 5)),
        event_frame(0, EVENT),
        batch_frame(1, 0, np.array([[5], [6]])),
        batch_frame(0, 5, rows(5, 3)),
        event_frame(1, Event(9, "other", {})),
        schema_frame(0, "hits", COLUMNS, MANIFEST),
        schema_frame(1, "memory", ("x",), MANIFEST),
        end_frame({"hits": 7, "memory": 1, "events": 1}),
    ]


def assert_only_truth(log: LogContents) -> None:
    """Whatever was read from a damaged log is what was written under that number."""
    if "hits" in log.streams and len(log.streams["hits"].seqs):
        stream = log.streams["hits"]
        assert stream.columns == COLUMNS
        assert np.array_equal(stream.rows, np.concatenate([rows(int(s), 1) for s in stream.seqs]))
    if "memory" in log.streams:
        stream = log.streams["memory"]
        assert [5 + int(seq) for seq in stream.seqs] == stream.rows[:, 0].tolist()
    assert [e for e in log.events if e not in (EVENT, Event(9, "other", {}))] == []
    assert log.manifest in ("", MANIFEST)


def test_a_whole_log_reads_back_without_loss() -> None:
    """Rows, numbers, columns, events, manifest and end are as written."""
    log = read_log(b"".join(pieces()))

    assert np.array_equal(log.streams["hits"].rows, rows(0, 8))
    assert log.streams["hits"].seqs.tolist() == list(range(8))
    assert log.streams["memory"].rows.tolist() == [[5], [6]]
    assert log.events == (EVENT, Event(9, "other", {}))
    assert (log.manifest, log.ended, log.unknown_frames) == (MANIFEST, True, 0)
    assert log.loss == LogLoss()


@given(st.integers(1, 6).flatmap(
    lambda k: st.lists(st.tuples(*[INT64] * k), min_size=1, max_size=30)
), st.integers(0, 1 << 39), st.integers(0, 0xFFFF))  # fmt: skip
def test_every_int64_survives_a_batch(
    table: list[tuple[int, ...]], first: int, number: int
) -> None:
    """Differences wrap, so the extremes come back too."""
    written = np.array(table, np.int64)

    stream, seq, read = decode_batch(encode_batch(number, first, written))

    assert (stream, seq) == (number, first)
    assert np.array_equal(read, written)
    assert read.dtype == np.int64


def test_a_batch_is_laid_out_as_documented() -> None:
    """u16 stream, u64 first, u64 last, u32 n, then column by column differences from 0."""
    body = encode_batch(3, 10, np.array([[1, 100], [4, 90]]))

    assert HEAD.size == 22
    assert body[:22] == bytes.fromhex("0300 0a00000000000000 0b00000000000000 02000000")
    assert np.frombuffer(body[22:], "<i8").tolist() == [1, 3, 100, -10]


@pytest.mark.parametrize(
    "body",
    [
        b"short",
        HEAD.pack(0, 0, 0, 0),
        HEAD.pack(0, 0, 4, 4) + bytes(32),
        HEAD.pack(0, 5, 2, 4) + bytes(32),
        HEAD.pack(0, 0, 3, 4),
        HEAD.pack(0, 0, 3, 4) + bytes(33),
        HEAD.pack(0, MAX_SEQ, MAX_SEQ + 1, 2) + bytes(16),
        HEAD.pack(0, 0, 0xFFFF_FFFE, 0xFFFF_FFFF) + bytes(8),
    ],
    ids=["short", "no rows", "count", "backwards", "no columns", "odd", "number", "huge"],
)
def test_a_batch_that_contradicts_itself_is_refused(body: bytes) -> None:
    """No length in a batch is trusted before it agrees with the others."""
    with pytest.raises(ValueError, match=r"batch|sequence|columns"):
        decode_batch(body)


def test_truncation_at_every_byte_recovers_every_complete_frame() -> None:
    """A cut loses the frame it hits and those behind it, and nothing else."""
    parts = pieces()
    data = b"".join(parts)
    ends = np.cumsum([len(part) for part in parts])
    for cut in range(len(data)):
        log = read_log(data[:cut])
        complete = int(np.searchsorted(ends, cut, side="right"))
        expected = read_log(b"".join(parts[:complete]))
        assert log.events == expected.events, cut
        assert {n: s.rows.tolist() for n, s in log.streams.items()} == {
            n: s.rows.tolist() for n, s in expected.streams.items()
        }, cut
        assert log.loss.incomplete_tail == cut - (ends[complete - 1] if complete else 0), cut
        assert log.loss.damaged_frames == log.loss.damaged_bytes == 0, cut


def test_a_flipped_bit_is_never_read_as_data_and_never_goes_unnoticed(full: bool) -> None:
    """Every byte of a small log in turn; every bit of it with the full counts."""
    data = b"".join(pieces())
    for place in range(len(data)):
        for bit in range(8) if full else (place % 8,):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            log = read_log(bytes(flipped))
            assert_only_truth(log)
            assert log.loss != LogLoss(), (place, bit)


def test_one_lost_frame_loses_its_own_records_and_they_are_counted() -> None:
    """The numbers before and behind the gap tell how many are missing."""
    parts = pieces()
    parts[2] = parts[2][:-1] + b"?"

    log = read_log(b"".join(parts))

    assert log.streams["hits"].seqs.tolist() == [5, 6, 7]
    assert (log.loss.damaged_frames, log.loss.lost_records) == (1, 5)


def test_a_lost_schema_costs_nothing_because_it_is_repeated() -> None:
    """The columns of a batch may be named in front of it or behind it."""
    parts = pieces()
    log = read_log(b"".join(parts[2:]))

    assert np.array_equal(log.streams["hits"].rows, rows(0, 8))
    assert log.loss == LogLoss()


def test_batches_whose_columns_nobody_names_are_counted_as_lost() -> None:
    """Without any schema the rows cannot be told apart, with or without an end."""
    parts = pieces()
    nameless = [parts[i] for i in (2, 3, 4, 5, 6)]

    assert read_log(b"".join(nameless)).loss.lost_records == 10
    assert read_log(b"".join([*nameless, parts[9]])).loss.lost_records == 10


def test_a_lost_end_is_counted_where_the_last_numbers_are_known() -> None:
    """The end frame tells them, else whoever reads the summary."""
    parts = pieces()
    cut = b"".join(parts[:5])

    assert read_log(cut).loss.lost_records == 0
    assert read_log(cut + parts[9]).loss.lost_records == 4
    assert read_log(cut, last_seq={"hits": 7, "memory": 1, "events": 1}).loss.lost_records == 4
    assert read_log(cut, last_seq={"hits": 1, "memory": -5}).loss.lost_records == 0


def test_a_log_written_twice_into_one_file_is_read_once() -> None:
    """Records whose numbers were read already are refused: they would count double."""
    data = b"".join(pieces())

    log = read_log(data + data)

    assert log.streams["hits"].seqs.tolist() == list(range(8))
    assert len(log.events) == 2
    assert log.loss.damaged_frames == 5


def test_frames_of_a_newer_version_are_stepped_over_and_counted() -> None:
    """An unknown type or version is no damage."""
    parts = pieces()
    newer = [encode_frame(5, b"type 5"), encode_frame(0x11, b"version 1"), parts[-1]]

    log = read_log(b"".join([*parts[:-1], *newer]))

    assert log.unknown_frames == 2
    assert log.loss == LogLoss()


@pytest.mark.parametrize(
    "frame",
    [
        schema_frame(0, "hits", ("a", "b"), MANIFEST),
        schema_frame(2, "hits", COLUMNS, MANIFEST),
        schema_frame(0, "other", COLUMNS, MANIFEST),
    ],
    ids=["other columns", "two streams of one name", "other name"],
)
def test_a_schema_that_contradicts_an_earlier_one_changes_nothing(frame: bytes) -> None:
    """The first one holds."""
    parts = pieces()

    log = read_log(b"".join([*parts[:2], frame, *parts[2:]]))

    assert np.array_equal(log.streams["hits"].rows, rows(0, 8))
    assert sorted(log.streams) == ["hits", "memory"]
    assert log.loss.damaged_frames == 1


HOSTILE_JSON = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda leaf: st.lists(leaf, max_size=3) | st.dictionaries(st.text(max_size=5), leaf),
        max_leaves=8,
    ).map(lambda value: repr(value).replace("'", '"').encode("utf-8", "replace")),
    st.integers(1, 30_000).map(lambda depth: b'{"seq":0,"at_ns":1,"kind":"","fields":{"x":'
                               + b"[" * depth + b"]" * depth + b"}}"),
    st.sampled_from([
        b'{"seq":-1,"at_ns":1,"kind":"","fields":{}}',
        b'{"seq":1e400,"at_ns":1,"kind":"","fields":{}}',
        b'{"seq":0,"at_ns":99999999999999999999999,"kind":"","fields":{}}',
        b'{"seq":0,"at_ns":1,"kind":"\\ud800","fields":{"x":' + b"9" * 5000 + b"}}",
        b'{"last_seq":{"hits":1099511627775}}',
        b'{"last_seq":{"hits":99999999999999999999}}',
        b'{"stream":0,"name":"","cols":[],"manifest":""}',
        b'{"stream":0,"name":"x","cols":[],"manifest":""}',
        b'{"stream":70000,"name":"x","cols":["a"],"manifest":""}',
    ]),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(
    st.binary(max_size=50),
    st.tuples(st.sampled_from([0, 1, 2, 15, 16]), HOSTILE_JSON).map(lambda a: encode_frame(*a)),
    st.sampled_from(pieces()),
    st.builds(batch_frame, st.integers(0, 3), st.integers(0, 1 << 39), st.just(rows(0, 2))),
), max_size=12))  # fmt: skip
def test_no_bytes_make_the_reader_raise(parts: list[bytes]) -> None:
    """Right checksums over senseless contents included; the loss stays a sane number."""
    data = b"".join(parts)

    log = read_log(data)

    for stream in log.streams.values():
        assert stream.rows.shape == (len(stream.seqs), len(stream.columns))
        assert (np.diff(stream.seqs) > 0).all()
    assert 0 <= log.loss.damaged_bytes <= len(data)
    assert 0 <= log.loss.lost_records < 1 << 62
    msgspec.json.encode(log.loss)


@given(st.binary(max_size=200), st.floats(0, 1), st.integers(0, 60))
def test_bytes_written_over_a_log_never_become_records(
    noise: bytes, start: float, length: int
) -> None:
    """A torn or overwritten region yields only what was written, or less."""
    data = b"".join(pieces())
    place = int(start * len(data))

    assert_only_truth(read_log(data[:place] + noise + data[place + length :]))


def test_a_hostile_log_of_many_schemas_is_read_in_linear_time() -> None:
    """65 536 streams are looked up by name and number, not compared with each other."""
    parts = [schema_frame(n, f"s{n}", ("x",), "") for n in range(1 << 14)]

    assert len(read_log(b"".join(parts)).streams) == 1 << 14


def test_json_that_would_fill_the_memory_is_refused() -> None:
    """Packed a thousandfold, "[],[],…" costs 16 bytes of memory a byte: the budget counts that."""
    body = b'{"seq":0,"at_ns":1,"kind":"x","fields":{"a":[' + b"[]," * 340_000 + b"[]]}}"
    assert len(body) < MAX_JSON
    log = read_log(encode_frame(2, body) * 40)

    assert len(log.events) <= 1
    assert log.loss.damaged_frames >= 39


def test_an_empty_log_is_empty_and_healthy() -> None:
    """A run that was killed before its first write has lost nothing that anyone knows of."""
    log = read_log(b"")

    assert (log.streams, log.events, log.ended, log.loss) == ({}, (), False, LogLoss())
    assert read_log(MAGIC[:2]).loss == LogLoss(incomplete_tail=2)
