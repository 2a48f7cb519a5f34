"""The log of a recording: streams of integer rows and events, in frames.

======  ============  =====================================================================
type    body
======  ============  =====================================================================
0       schema        JSON: a stream's number, name and columns, and the manifest's hash
1       record batch  columns of one stream (`heapwise.formats.columns`)
2       event         JSON: sequence number, time, kind, fields
15      end           JSON: the last sequence number of every stream
======  ============  =====================================================================

Each stream numbers its records from 0 without gaps, so that whatever is missing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, TypeVar

import msgspec
import numpy as np
from msgspec import Meta

from heapwise.formats.columns import MAX_SEQ, decode_batch, encode_batch
from heapwise.formats.logframes import MAX_BODY, Frame, Scan, Unpacker, encode_frame
from heapwise.model.profile import Int64s
from heapwise.model.recording import Event, LogLoss

EVENTS = "events"
"""The name of the stream that events are numbered in."""

MAX_JSON = 1 << 20
"""The largest body of a schema, event or end frame."""

_JSON_WEIGHT = 16  # a byte of hostile JSON, such as "[],[],", becomes about this many in memory

_Seq = Annotated[int, Meta(ge=0, le=MAX_SEQ)]
_Time = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Body = TypeVar("_Body")


class _Kind(IntEnum):
    """The type byte of a frame; its high nibble, the version, is 0."""

    SCHEMA = 0
    BATCH = 1
    EVENT = 2
    END = 15


class _Schema(msgspec.Struct, frozen=True):
    stream: Annotated[int, Meta(ge=0, lt=1 << 16)]
    name: Annotated[str, Meta(min_length=1)]
    cols: tuple[str, ...]
    manifest: str
    dtype: str = "<i8"
    format: str = "heapwise log"
    v: int = 1


class _Event(msgspec.Struct, frozen=True):
    seq: _Seq
    at_ns: _Time
    kind: str
    fields: dict[str, object]
    stream: str = EVENTS


class _End(msgspec.Struct, frozen=True):
    last_seq: dict[str, _Seq]


def schema_frame(stream: int, name: str, columns: tuple[str, ...], manifest: str) -> bytes:
    """A frame that names a stream, its columns, and by its hash the manifest it belongs to."""
    return encode_frame(_Kind.SCHEMA, _json(_Schema(stream, name, columns, manifest)))


def batch_frame(stream: int, first_seq: int, rows: Int64s) -> bytes:
    """A frame of rows int64[n, k], n > 0, numbered from ``first_seq``."""
    return encode_frame(_Kind.BATCH, encode_batch(stream, first_seq, rows))


def event_frame(seq: int, event: Event) -> bytes:
    """A frame of one event.

    Raises:
        ValueError: the event takes more than `MAX_JSON` bytes.
    """
    return encode_frame(_Kind.EVENT, _json(_Event(seq, event.at_ns, event.kind, event.fields)))


def end_frame(last_seq: Mapping[str, int]) -> bytes:
    """The frame that ends a log: the last number of every stream that has records."""
    return encode_frame(_Kind.END, _json(_End(dict(last_seq))))


def _json(body: msgspec.Struct) -> bytes:
    encoded = msgspec.json.encode(body)
    if len(encoded) > MAX_JSON:
        raise ValueError(f"{len(encoded)} bytes of JSON are too many for a frame")
    return encoded


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """The records of one stream that could be read, in order.

    Attributes:
        columns: k names.
        rows: int64[n, k].
        seqs: int64[n]; consecutive where nothing is missing.
    """

    columns: tuple[str, ...]
    rows: Int64s
    seqs: Int64s


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LogContents:
    """Everything that could be read from a log.

    Attributes:
        manifest: hex SHA-256 of the manifest it belongs to; empty if no schema survived.
        streams: by name.
        events: in order.
        ended: its end frame is there.
        unknown_frames: healthy frames of a type or version this code does not know.
    """

    manifest: str
    streams: dict[str, Stream]
    events: tuple[Event, ...]
    ended: bool
    unknown_frames: int
    loss: LogLoss


def read_log(data: bytes, *, last_seq: Mapping[str, int] | None = None) -> LogContents:
    """Read whatever can be read; nothing whose checksum fails is ever returned.

    Never raises; takes time and memory in proportion to the log. ``last_seq`` holds the last
    number of each stream where that is known from elsewhere, so that what is missing at the end
    of a log without its end frame can be counted.
    """
    scan = Scan(data)
    reader = _Reader(Unpacker(len(data)))
    for frame in scan.frames():
        reader.take(frame)
    return reader.contents(scan, last_seq or {})


@dataclass(slots=True)
class _Batches:
    """The batches of one stream number: its width comes from its schema, wherever that is."""

    next_seq: int = 0
    parts: list[tuple[int, Int64s]] = field(default_factory=list)

    def stream(self, columns: tuple[str, ...]) -> Stream:
        parts = [(first, rows) for first, rows in self.parts if rows.shape[1] == len(columns)]
        if not parts:
            return Stream(columns, np.empty((0, len(columns)), np.int64), np.empty(0, np.int64))
        seqs = [first + np.arange(len(rows), dtype=np.int64) for first, rows in parts]
        return Stream(columns, np.concatenate([rows for _, rows in parts]), np.concatenate(seqs))

    def records(self) -> int:
        return sum(len(rows) for _, rows in self.parts)


class _Reader:
    """Takes frames one by one and puts the streams together."""

    def __init__(self, unpacker: Unpacker) -> None:
        self._unpacker = unpacker
        self._schemas: dict[int, _Schema] = {}
        self._numbers: dict[str, int] = {}
        self._batches: dict[int, _Batches] = {}
        self._events: list[Event] = []
        self._next_event = 0
        self._end: dict[str, int] | None = None
        self._damaged_frames = 0
        self._damaged_bytes = 0
        self._unknown = 0

    def take(self, frame: Frame) -> None:
        """Use a frame, or count it as damaged: a right checksum does not make it sensible."""
        try:
            self._use(frame)
        except (ValueError, msgspec.MsgspecError, RecursionError):
            self._damaged_frames += 1
            self._damaged_bytes += frame.size

    def _use(self, frame: Frame) -> None:
        match frame.kind:
            case _Kind.SCHEMA:
                self._add_schema(self._parsed(frame, _Schema))
            case _Kind.BATCH:
                self._add_batch(self._unpacker.unpack(frame.payload, MAX_BODY))
            case _Kind.EVENT:
                self._add_event(self._parsed(frame, _Event))
            case _Kind.END:
                self._end = self._parsed(frame, _End).last_seq
            case _:
                self._unknown += 1

    def _parsed(self, frame: Frame, body: type[_Body]) -> _Body:
        data = self._unpacker.unpack(frame.payload, MAX_JSON, _JSON_WEIGHT)
        return msgspec.json.decode(data, type=body)

    def _add_schema(self, schema: _Schema) -> None:
        known = self._schemas.get(schema.stream, schema)
        number = self._numbers.get(schema.name, schema.stream)
        if known != schema or number != schema.stream:
            raise ValueError("contradicts an earlier schema")
        self._schemas[schema.stream] = schema
        self._numbers[schema.name] = schema.stream

    def _add_batch(self, body: bytes) -> None:
        stream, first, rows = decode_batch(body)
        batches = self._batches.setdefault(stream, _Batches())
        if first < batches.next_seq:
            raise ValueError("repeats earlier records")
        batches.parts.append((first, rows))
        batches.next_seq = first + len(rows)

    def _add_event(self, event: _Event) -> None:
        if event.seq < self._next_event:
            raise ValueError("repeats an earlier event")
        self._events.append(Event(event.at_ns, event.kind, event.fields))
        self._next_event = event.seq + 1

    def contents(self, scan: Scan, last_seq: Mapping[str, int]) -> LogContents:
        """Put together what was taken, and count what is missing."""
        streams = {
            schema.name: self._batches.pop(number, _Batches()).stream(schema.cols)
            for number, schema in self._schemas.items()
        }
        first = next(iter(self._schemas.values()), None)
        return LogContents(
            manifest=first.manifest if first else "",
            streams=streams,
            events=tuple(self._events),
            ended=self._end is not None,
            unknown_frames=self._unknown,
            loss=LogLoss(
                damaged_frames=scan.bad_frames + self._damaged_frames,
                damaged_bytes=scan.damaged_bytes + self._damaged_bytes,
                lost_records=self._lost(streams, {**last_seq, **(self._end or {})}),
                incomplete_tail=scan.incomplete_tail,
            ),
        )

    def _lost(self, streams: Mapping[str, Stream], last_seq: Mapping[str, int]) -> int:
        """Numbers that were given out and have no record here."""
        have = {name: len(stream.seqs) for name, stream in streams.items()}
        given = {name: _next_seq(stream) for name, stream in streams.items()}
        have[EVENTS], given[EVENTS] = len(self._events), self._next_event
        for name, last in last_seq.items():
            given[name] = max(given.get(name, 0), min(last, MAX_SEQ) + 1)
        nameless = sum(batches.records() for batches in self._batches.values())
        return sum(given[name] - have.get(name, 0) for name in given) + (
            0 if last_seq else nameless  # with last_seq they are counted under their name
        )


def _next_seq(stream: Stream) -> int:
    return int(stream.seqs[-1]) + 1 if len(stream.seqs) else 0
