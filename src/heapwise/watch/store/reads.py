"""What a store tells: the same to the process that writes it and to all others."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from heapwise.errors import RecordingError
from heapwise.formats.pprof import LIMITS
from heapwise.model.watch import (
    Alert,
    Bin,
    Captured,
    Deploy,
    Health,
    Target,
    TargetState,
    Vitals,
)
from heapwise.record.files import read_file
from heapwise.watch.store.database import cannot_read, is_damage, open_reader
from heapwise.watch.store.files import is_profile_name
from heapwise.watch.store.tables import BINS, VITALS, Kept, Row, Series, checksum, storable

_LARGEST_PROFILE = LIMITS.compressed
EVER_NS = 1 << 62
"""Later than anything."""


class Note(NamedTuple):
    """Something that happened to the store itself."""

    at_ns: int
    text: str


class ProfileRow(NamedTuple):
    """What is known of a captured profile besides what an alert shows.

    Attributes:
        captured: as in the alert.
        build: of the program; empty if not told.
        process: stands for the life of the process; None if not known.
        file: where it is, relative to the store.
    """

    captured: Captured
    build: str
    process: int | None
    file: str


class Reads:
    """Everything that can be asked of a store. What is not committed yet is not seen.

    Rows that are not what was written are left out, and counted in `unreadable`.

    Attributes:
        directory: of the store.
        unreadable: rows that were left out so far.
        broken: why the database is not what SQLite wrote; empty while it seems to be.
    """

    def __init__(self, directory: Path, database: sqlite3.Connection) -> None:
        self.directory = directory
        self.unreadable = 0
        self.broken = ""
        self._reader = database
        self._reading = threading.RLock()  # a connection answers one question after the other

    def targets(self) -> tuple[Target, ...]:
        """Every target that was ever seen and not forgotten, by name."""
        return tuple(state.target for state in self.states())

    def states(self) -> tuple[TargetState, ...]:
        """The targets, whether they answered when they were last asked, and what."""
        rows = self._rows(
            "SELECT id, key, data, seen_ns, since_ns, problem, crc FROM targets ORDER BY key"
        )
        return tuple(state for row in rows if (state := self._state(row)) is not None)

    def _state(self, row: Row) -> TargetState | None:
        number, key, data, seen_ns, since_ns, problem, crc = row
        if (target := self._decoded(data, Target, (key, data), crc)) is None:
            return None
        last = self._rows(VITALS.newest, (number,))
        return TargetState(
            target=target,
            health=Health.DOWN if problem else Health.UP,
            problem=problem,
            since_ns=since_ns,
            seen_ns=seen_ns,
            vitals=VITALS.read(last[0]) if last else None,
        )

    def vitals(self, target_key: str, since_ns: int = 0) -> tuple[Vitals, ...]:
        """A target's readings, oldest first, without pauses: those are in the bins."""
        return self._series(VITALS, target_key, since_ns)

    def newest(self, target_key: str) -> Vitals | None:
        """A target's last reading, without pauses."""
        number = self._rows("SELECT id FROM targets WHERE key = ?", (storable(target_key),))
        last = self._rows(VITALS.newest, number[0]) if number else ()
        return VITALS.read(last[0]) if last else None

    def bins(self, target_key: str, since_ns: int = 0, until_ns: int = EVER_NS) -> tuple[Bin, ...]:
        """A target's bins that began between two moments, oldest first."""
        return self._series(BINS, target_key, since_ns, until_ns)

    def alerts(self, *, open_only: bool = False, since_ns: int = 0) -> tuple[Alert, ...]:
        """Alerts that were seen since a moment, those that began last first."""
        condition = "ended_ns IS NULL" if open_only else "coalesce(ended_ns, 1 << 62) >= ?"
        rows = self._rows(
            f"SELECT id, data, crc FROM alerts WHERE {condition} "  # noqa: S608 - one of two of ours
            "ORDER BY began_ns DESC, id",
            () if open_only else (since_ns,),
        )
        found = [self._decoded(data, Alert, (name, data), crc) for name, data, crc in rows]
        return tuple(alert for alert in found if alert is not None)

    def deploys(self, service: str | None = None, since_ns: int = 0) -> tuple[Deploy, ...]:
        """Deploys of one service, or of all, oldest first."""
        rows = self._rows(
            "SELECT service, at_ns, build, before, crc FROM deploys "
            "WHERE (:service IS NULL OR service = :service) AND at_ns >= :since ORDER BY at_ns",
            {"service": storable(service), "since": since_ns},
        )
        return tuple(
            Deploy(service=name, build=build, before=before, at_ns=at_ns)
            for name, at_ns, build, before, crc in rows
            if self._is_whole((name, at_ns, build, before), crc)
        )

    def profiles(
        self, target_key: str | None = None, kind: str | None = None, since_ns: int = 0
    ) -> tuple[Captured, ...]:
        """Profiles of one target and kind, or of all, oldest first."""
        return tuple(row.captured for row in self.profile_rows(target_key, kind, since_ns))

    def profile_rows(
        self, target_key: str | None = None, kind: str | None = None, since_ns: int = 0
    ) -> tuple[ProfileRow, ...]:
        """The same, with build and process."""
        condition = (
            "(:target IS NULL OR target = :target) AND (:kind IS NULL OR kind = :kind) "
            "AND at_ns >= :since"
        )
        return tuple(
            self._profiles(condition, target=storable(target_key), kind=kind, since=since_ns)
        )

    def capture(self, number: int) -> Captured | None:
        """One profile's row; None if it is not kept any more."""
        row = next(self._profiles("id = :number", number=number), None)
        return row.captured if row is not None else None

    def profile_path(self, number: int) -> Path:
        """The file of a profile, for commands that look further.

        Raises:
            RecordingError: the store has no such profile.
        """
        return self.directory / self._profile(number).file

    def profile_bytes(self, number: int) -> bytes:
        """A profile as it was received.

        Raises:
            RecordingError: the store does not have it, or what it has is not what was received.
        """
        row = self._profile(number)
        try:
            data = read_file(self.directory / row.file, _LARGEST_PROFILE)
        except OSError as error:
            raise RecordingError(f"profile {number} is gone", str(error)) from None
        if sha256(data).hexdigest() != row.captured.sha256:
            raise RecordingError(f"profile {number} is damaged", f"{row.file} was changed")
        return data

    def notes(self, since_ns: int = 0) -> tuple[Note, ...]:
        """What happened to the store itself: damage, a full disk; oldest first."""
        rows = self._rows(
            "SELECT at_ns, text FROM notes WHERE at_ns >= ? ORDER BY rowid", (since_ns,)
        )
        return tuple(Note(*row) for row in rows)

    def _profile(self, number: int) -> ProfileRow:
        for row in self._profiles("id = :number", number=number):
            return row
        raise RecordingError(
            f"the store has no profile {number}", "it was never there, or is forgotten"
        )

    def _profiles(self, condition: str, **values: Any) -> Iterator[ProfileRow]:
        """Rows that are what was written, oldest first."""
        query = f"SELECT {_PROFILE}, crc FROM profiles WHERE {condition} ORDER BY at_ns, id"  # noqa: S608 - ours
        for *said, crc in self._rows(query, values):
            if self._is_whole(tuple(said), crc) and is_profile_name(said[-1]):
                yield _profile_row(tuple(said))

    def _series(
        self, series: Series[Kept], target_key: str, since_ns: int, until_ns: int = EVER_NS
    ) -> tuple[Kept, ...]:
        number = self._rows("SELECT id FROM targets WHERE key = ?", (storable(target_key),))
        if not number:
            return ()
        rows = self._rows(series.select, (number[0][0], since_ns, until_ns))
        found = [series.read(row) for row in rows]
        self.unreadable += found.count(None)
        return tuple(each for each in found if each is not None)

    def _decoded(self, data: bytes, kind: type[Kept], said: Row, crc: int) -> Kept | None:
        if not self._is_whole(said, crc):
            return None
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except msgspec.MsgspecError:  # of another version, whose fields mean something else
            self.unreadable += 1
            return None

    def _is_whole(self, said: Row, crc: int) -> bool:
        whole = checksum(*said) == crc
        self.unreadable += not whole
        return whole

    def _rows(self, query: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> list[Row]:
        with self._asking():
            return self._reader.execute(query, values).fetchall()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            with self._reading:
                yield
        except sqlite3.Error as error:
            if is_damage(error):
                self.broken = str(error)
            raise cannot_read(self.directory, error) from None


_PROFILE = "id, target, kind, reason, at_ns, build, process, size, sha256, file"


def _profile_row(row: Row) -> ProfileRow:
    number, target, kind, reason, at_ns, build, process, size, digest, file = row
    captured = Captured(
        id=number, kind=kind, at_ns=at_ns, target=target, reason=reason, size=size, sha256=digest
    )
    return ProfileRow(captured, build, process, file)


class StoreView(Reads):
    """A store as another process sees it, while it is written or afterwards."""

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open a store for reading.

        Raises:
            RecordingError: there is none, or none that can be read.
        """
        return cls(directory, open_reader(directory))

    def close(self) -> None:
        """Let go of it."""
        with self._reading:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
