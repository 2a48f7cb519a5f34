"""The programs of the stream lab: every way to decode says the same, and nothing is lost."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from support.stream_lab import Programs, programs

pytest.importorskip("heapwise_agent", reason="the consumer counts its work with the agent")

INSERT = "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
ROW = (7, "2023-11-14 22:13:20", 3, "eu-north", "pro", 2, 0, 1001, -5)


@pytest.fixture
def lab() -> Iterator[Programs]:
    """The lab's modules."""
    with programs() as modules:
        yield modules


def write(lab: Programs, directory: Path, *values: bytes) -> None:
    """Append to the log ``t``."""
    with closing(lab.logs.LogWriter(directory, "t")) as log:
        log.append(values)


def read(lab: Programs, directory: Path, first: int, most: int, topic: str = "t") -> list[bytes]:
    """Messages of a log."""
    with closing(lab.logs.LogReader(directory, topic)) as log:
        return list(log.read(first, most))


def test_every_way_to_decode_gives_the_same_rows(lab: Programs, tmp_path: Path) -> None:
    """Dictionaries, types, thin types, MessagePack and Protocol Buffers carry the same alarms."""
    pytest.importorskip("google.protobuf", reason="one of the formats is protobuf's")
    lab.generate.ALARMS = 5
    lab.generate.generate(seed=3, count=200, directory=tmp_path)
    users = lab.state.load_users(lab.generate.USERS)
    told = {}
    for name, way in lab.decoders.WAYS.items():
        values = read(lab, tmp_path, 0, 200, way.topic)
        dictionaries = name == "dict"
        transform = lab.transform.of_dictionaries if dictionaries else lab.transform.of_objects
        told[name] = transform(range(200), way.make()(values), users)
    total, rows = told["dict"]
    assert 10 < len(rows) < 90
    assert total == sum(message.value for message in lab.generate.messages(3, 200))
    assert all(each == (total, rows) for each in told.values())


def test_messages_are_of_the_size_that_the_case_has(lab: Programs) -> None:
    """About 620 bytes of JSON in eight fields, the same for the same seed, others for another."""
    one, again, other = (list(lab.generate.messages(seed, 50)) for seed in (1, 1, 2))
    assert one == again != other
    sizes = [len(msgspec.json.encode(message)) for message in one]
    assert 590 <= sum(sizes) / len(sizes) <= 640
    assert len(msgspec.structs.fields(type(one[0]))) == 8


def test_the_thin_type_has_just_what_is_read(lab: Programs) -> None:
    """The fields that the transform asks for are those that the thin type declares."""
    declared = len(msgspec.structs.fields(lab.messages.ThinMessage))
    assert lab.transform.fields_read(lab.transform.of_objects) == declared
    assert lab.transform.fields_read(lab.transform.of_dictionaries) == declared


def test_a_log_gives_what_was_written_while_it_grows(lab: Programs, tmp_path: Path) -> None:
    """A reader that is there from the beginning sees every message, however long, in order."""
    first, second = [b"", b"a", b"bc" * 5000], [b"d"]
    with (
        closing(lab.logs.LogWriter(tmp_path, "t")) as writer,
        closing(lab.logs.LogReader(tmp_path, "t")) as reader,
    ):
        assert (reader.count, reader.size, reader.read(0, 5)) == (0, 0, [])
        writer.append(first)
        assert reader.read(0, 9) == first
        writer.append(second)
        writer.append([])
        assert reader.read(1, 2) == first[1:]
        assert reader.read(3, 9) == second
        assert (reader.count, reader.size) == (4, 10002)


def test_a_writer_goes_on_where_another_died(lab: Programs, tmp_path: Path) -> None:
    """Bytes that no entry of the index is for, and half an entry, are written over."""
    write(lab, tmp_path, b"one", b"two")
    with (tmp_path / "t.log").open("ab") as log, (tmp_path / "t.index").open("ab") as index:
        log.write(b"three, not yet there")
        index.write(b"\x01\x02")
    write(lab, tmp_path, b"four")
    assert read(lab, tmp_path, 0, 9) == [b"one", b"two", b"four"]


def test_a_damaged_log_is_told(lab: Programs, tmp_path: Path) -> None:
    """An index that points past the messages, and a log that is not there, stop the stream."""
    write(lab, tmp_path, b"one", b"two")
    os.truncate(tmp_path / "t.log", 4)
    with pytest.raises(lab.stops.Stop, match="ends at 4, its index says 6"):
        read(lab, tmp_path, 0, 9)
    (tmp_path / "t.index").unlink()
    with pytest.raises(lab.stops.Stop, match="No such file"):
        read(lab, tmp_path, 0, 9)


def test_what_was_not_committed_comes_again(lab: Programs, tmp_path: Path) -> None:
    """A reader of a log begins behind the last commit, with the same keys."""
    write(lab, tmp_path, *(b"%d" % number for number in range(10)))
    with closing(lab.sources.open_source(f"file:{tmp_path}", "t", "group")) as source:
        assert list(source.poll(4, 0).keys) == [0, 1, 2, 3]
        source.commit()
        lost = source.poll(4, 0)
        assert source.books() == (10, 4)
    with closing(lab.sources.open_source(f"file:{tmp_path}", "t", "group")) as source:
        again = source.poll(4, 0)
    assert list(lost.keys) == [4, 5, 6, 7]
    assert (list(again.keys), again.values) == (list(lost.keys), lost.values)


def test_a_log_can_be_read_over_and_over(lab: Programs, tmp_path: Path) -> None:
    """Three rounds of a log are three times its messages, each with a key of its own."""
    write(lab, tmp_path, b"a", b"b", b"c")
    with closing(lab.sources.open_source(f"file:{tmp_path}", "t", "g", rounds=3)) as source:
        polled = [source.poll(2, 0) for _ in range(7)]
        assert source.books().arrived == 9
    assert b"".join(value for batch in polled for value in batch.values) == b"abc" * 3
    assert [key for batch in polled for key in batch.keys] == list(range(9))


@pytest.mark.parametrize("text", ["-1", "3", "x", "", "9" * 30])
def test_a_damaged_offset_is_told(lab: Programs, tmp_path: Path, text: str) -> None:
    """An offset that is no number within the log stops the stream, and does not skip messages."""
    write(lab, tmp_path, b"a", b"b")
    (tmp_path / "t.g").write_text(text)
    with pytest.raises(lab.stops.Stop, match="not the number of a message"):
        lab.sources.open_source(f"file:{tmp_path}", "t", "g")


def test_a_row_that_comes_twice_is_stored_once(lab: Programs, tmp_path: Path) -> None:
    """The key of the message absorbs a second insert, by one row or by many."""
    with closing(lab.sinks.open_sink(f"sqlite:{tmp_path / 'alarms'}")) as sink:
        sink.executemany(INSERT, [ROW, (8, *ROW[1:])])
        sink.execute(INSERT, ROW)
        sink.executemany(INSERT, [ROW, (9, *ROW[1:3], "ap-east", *ROW[4:])])
        assert sink.totals() == {"eu-north": (2, -10), "ap-east": (1, -5)}
        sink.empty()
        assert sink.totals() == {}


def test_places_that_nobody_knows_are_told(lab: Programs) -> None:
    """A source or a sink of another kind is named, with the kinds that there are."""
    with pytest.raises(lab.stops.Stop, match=r"--source must be kafka://.*'redis://h'"):
        lab.sources.open_source("redis://h", "t", "g")
    with pytest.raises(lab.stops.Stop, match=r"--sink must be clickhouse://.*'mysql:x'"):
        lab.sinks.open_sink("mysql:x")


def test_the_lag_is_held_against_the_rates(lab: Programs) -> None:
    """Arrivals less what was done is the change of the lag; what does not fit is counted."""
    look, books = lab.lag.Look, lab.sources.Books
    first = look(10.0, books(1000, 400), 0)
    behind = look(20.0, books(2000, 900), 500)
    assert lab.lag.unexplained(first, behind) == 0
    assert lab.lag.told(first, behind) == "lag 1,100: 100/s in, 50/s out, grows by 3,000 a minute"
    catching = look(30.0, books(2000, 1800), 1400)
    assert lab.lag.told(behind, catching) == "lag 200: 0/s in, 90/s out, empty in 2 s"
    twice = look(30.0, books(2000, 1800), 1500)
    assert lab.lag.unexplained(behind, twice) == 100
    assert lab.lag.told(behind, twice).endswith("100 messages more were done than committed")


def test_the_collectors_settings_are_what_their_names_say(lab: Programs) -> None:
    """One leaves all as it is; another freezes what is there and raises the thresholds."""
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        lab.collector.settle("default")
        assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, frozen)
        lab.collector.settle("frozen-threshold")
        assert gc.get_threshold() == (50_000, 20, 100)
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)


def test_the_clock_counts_every_collection(lab: Programs) -> None:
    """Collections between start and stop are counted and timed, later ones are not."""
    clock = lab.collector.Clock()
    clock.start()
    gc.collect()
    gc.collect()
    clock.stop()
    gc.collect()
    assert clock.count == 2
    assert 0 < clock.longest <= clock.seconds
