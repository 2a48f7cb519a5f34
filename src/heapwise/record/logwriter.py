"""Appends to a log from several threads without making any of them wait for the disk.

Whoever has a record leaves it in memory and goes on. One thread packs and writes what has come
together, every 250 ms or as soon as 64 KiB have; another makes it durable every 5 s, apart,
because a slow disk must not delay the next write. What a kill can lose is what came since the
last write: the operating system keeps the rest.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from heapwise.errors import RecordingError
from heapwise.formats.framelog import EVENTS, batch_frame, end_frame, event_frame, schema_frame
from heapwise.model.profile import Int64s
from heapwise.model.recording import Event
from heapwise.record.room import Room

FLUSH_S = 0.25
FLUSH_BYTES = 64 << 10
SYNC_S = 5.0

SCHEMA_EVERY = 256 << 10
"""Bytes between repetitions of the schemas: without any, a log's columns have no names."""

MAX_ROWS = 2048
"""Rows per frame: what one damaged byte can take with it."""

MAX_PENDING = 64 << 20
"""Bytes that may wait for a disk that does not keep up."""


class LogWriter:
    """One log being written.

    Args:
        path: of the log, which must not exist.
        manifest: hex SHA-256 of the manifest the log belongs to.
        streams: the columns of each stream.
        room: where it is written; failures are kept there and raised by its ``check``.
    """

    def __init__(
        self, path: Path, manifest: str, streams: Mapping[str, tuple[str, ...]], room: Room
    ) -> None:
        self._room = room
        self._numbers = {name: number for number, name in enumerate(streams)}
        self._schemas = b"".join(
            schema_frame(number, name, streams[name], manifest)
            for name, number in self._numbers.items()
        )
        self._taking = threading.Lock()  # held for moments: guards what waits
        self._writing = threading.Lock()  # held while packing and writing
        self._rows: dict[str, list[Int64s]] = {name: [] for name in streams}
        self._events: list[bytes] = []
        self._pending = 0
        self._taken = dict.fromkeys((*streams, EVENTS), 0)
        self._written = dict.fromkeys(streams, 0)
        self._since_schema = 0
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o644)
        try:
            self._write_all(self._schemas)
        except OSError:
            os.close(self._file)
            raise
        self._closed = False
        self._flusher = _Every(FLUSH_S, self.flush, "heapwise-log")
        self._syncer = _Every(SYNC_S, self._sync, "heapwise-sync")

    def append(self, stream: str, rows: Int64s) -> None:
        """Take rows int64[n, k] over; they must not change any more.

        Raises:
            RecordingError: writing failed earlier, or it is closed; the rows were not taken.
        """
        with self._taking:
            self._check()
            self._rows[stream].append(rows)
            self._taken[stream] += len(rows)
            self._took(rows.nbytes)

    def event(self, event: Event) -> None:
        """Take an event over.

        Raises:
            RecordingError: as for `append`.
            ValueError: the event is too large.
        """
        with self._taking:
            self._check()
            frame = event_frame(self._taken[EVENTS], event)
            self._events.append(frame)
            self._taken[EVENTS] += 1
            self._took(len(frame))

    def flush(self) -> None:
        """Write everything that waits. Failures are kept in the room.

        After one, rows are dropped: they would fill the space that is left for the events and
        the end of the log, which tells how many are missing.
        """
        with self._writing:
            with self._taking:
                rows, self._rows = self._rows, {name: [] for name in self._rows}
                events, self._events = self._events, []
                self._pending = 0
            for frame in events:
                self._write(frame)
            for stream, parts in rows.items():
                if parts:
                    self._write_rows(stream, np.concatenate(parts))

    def end(self) -> dict[str, int]:
        """Write what waits and the frame that ends the log.

        Returns:
            The last number that was given out in each stream that has records.
        """
        self.flush()
        last_seq = {name: count - 1 for name, count in self._taken.items() if count}
        with self._writing:
            self._write(self._schemas)
            self._write(end_frame(last_seq))
        self._sync()
        return last_seq

    def close(self) -> None:
        """Write what waits and let go of the file."""
        with self._taking:
            if self._closed:
                return
            self._closed = True
        self._flusher.stop()
        self._syncer.stop()
        self.flush()
        os.close(self._file)

    def _check(self) -> None:
        if self._closed:
            raise RecordingError(f"the recording {self._room.path} is closed")
        self._room.check()

    def _took(self, size: int) -> None:
        self._pending += size
        if self._pending >= FLUSH_BYTES:
            self._flusher.wake()
        if self._pending > MAX_PENDING:
            self._room.fail(
                RecordingError(
                    f"cannot write the recording {self._room.path}",
                    "the disk does not keep up",
                    "choose a faster one with -o; what was recorded so far stays readable",
                )
            )

    def _write_rows(self, stream: str, rows: Int64s) -> None:
        for start in range(0, len(rows), MAX_ROWS):
            if self._room.failure is not None:
                return
            part = rows[start : start + MAX_ROWS]
            self._write(batch_frame(self._numbers[stream], self._written[stream], part))
            self._written[stream] += len(part)

    def _write(self, frame: bytes) -> None:
        """Write one frame, preceded by the schemas where it is their time again."""
        if self._since_schema > SCHEMA_EVERY:
            frame = self._schemas + frame
            self._since_schema = 0
        self._since_schema += len(frame)
        with suppress(OSError):  # kept in the room
            self._room.attempt(lambda: self._write_all(frame))

    def _write_all(self, data: bytes) -> None:
        """Append everything or nothing.

        A write that meets the end of the disk may be short. The reader would step over the
        piece, but the piece would keep the space that the end of the log needs.
        """
        size = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise

    def _sync(self) -> None:
        with suppress(OSError):  # kept in the room
            self._room.attempt(lambda: os.fdatasync(self._file))


class _Every:
    """Calls an action at an interval, or earlier when woken, in a thread of its own."""

    def __init__(self, seconds: float, action: Callable[[], None], name: str) -> None:
        self._seconds = seconds
        self._action = action
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped:
            self._wake.wait(self._seconds)
            self._wake.clear()
            self._action()
