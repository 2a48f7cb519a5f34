"""The side of a store that writes: one process, once an interval."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Self

import msgspec

from heapwise.errors import RecordingError
from heapwise.model.watch import Alert, Bin, Captured, Deploy, Target, Vitals
from heapwise.record.files import take_lock
from heapwise.watch.clock import Clock
from heapwise.watch.store.backlog import Backlog, Seen
from heapwise.watch.store.database import (
    Damaged,
    is_damage,
    open_reader,
    open_writer,
    transaction,
)
from heapwise.watch.store.files import (
    StoreFull,
    cannot_keep,
    prepare,
    profile_name,
    remove_profiles,
    remove_unknown,
    set_aside,
    write_profile,
)
from heapwise.watch.store.reads import EVER_NS, Reads
from heapwise.watch.store.retention import Forgetting, Retention
from heapwise.watch.store.tables import checksum, storable
from heapwise.watch.store.writing import write_backlog

_KNOWN = 20_000
"""Targets that are remembered: twice as many as may be watched."""


class StoreHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a store does, for the page and the exporters.

    Attributes:
        size: bytes of the database and the profiles.
        waiting: rows that are not written yet.
        dropped: rows that there was no room for, since the store was opened.
        unreadable: rows that were found damaged.
        problem: why nothing is written; empty while all is well.
    """

    size: int
    waiting: int
    dropped: int
    unreadable: int
    problem: str


class Store(Reads):
    """A store that is written; what it is told waits in memory until `commit`.

    500 targets at 15 s cost 0.2 % of a core and 280 B a reading: as columns, that any SQLite reads.
    With its field names each would have twice that; `benchmarks/watch/storing.py` measures it.
    """

    def __init__(self, directory: Path, lock: int, clock: Clock) -> None:
        self._lock_file = lock
        self._clock = clock
        self._writing = threading.RLock()
        self._backlog = Backlog()
        self._seen: dict[str, Seen] = {}
        self._problem = ""
        self._dropped = 0
        self._size = 0
        self._is_aside = False
        self._told: list[str] = []
        self._database = self._open(directory)
        try:
            super().__init__(directory, open_reader(directory))
            self._begin()
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def open(cls, directory: Path, *, clock: Clock) -> Self:
        """Open a store for writing, or make one.

        A database that is damaged is set aside with its profiles, and a new one begins: a watcher
        must start when everything else is broken too.

        Raises:
            RecordingError: another process writes there, it is no store, or of a newer heapwise.
            StoreFull: the disk does not even take an empty one.
        """
        prepare(directory)
        try:
            lock = take_lock(directory, "one watcher writes a store; name another directory")
        except OSError as error:
            raise cannot_keep(directory, error.strerror or str(error)) from None
        try:
            return cls(directory, lock, clock)
        except (sqlite3.Error, OSError) as error:
            os.close(lock)
            raise cannot_keep(directory, str(error)) from None
        except BaseException:
            os.close(lock)
            raise

    def _open(self, directory: Path) -> sqlite3.Connection:
        try:
            return open_writer(directory)
        except Damaged as damaged:
            self._set_aside(directory, str(damaged))
            return open_writer(directory)

    def _set_aside(self, directory: Path, why: str) -> None:
        now_ns = self._clock.now_ns()
        aside = set_aside(directory, now_ns)
        told = f"the database was damaged ({why}) and is now {aside}; a new one began"
        self._told.append(told)
        self._backlog.add_note(now_ns, told)

    def _begin(self) -> None:
        """Read back; in a large database damage may not have been found until here."""
        try:
            self._read_back()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._begin_anew(str(error))

    def _read_back(self) -> None:
        """What is known from before: names have numbers, and every profile has a row."""
        self._numbers = dict(self._database.execute("SELECT key, id FROM targets").fetchall())
        known = {row[0] for row in self._database.execute("SELECT file FROM profiles")}
        remove_unknown(self.directory, known)
        last = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'profiles'")
        self._next_profile = next(iter(last.fetchone() or (0,))) + 1
        self._forgetting = Forgetting(self.directory, self._database)

    def saw(self, target: Target, vitals: Vitals | None, problem: str) -> None:
        """What a target said, or why it said nothing."""
        with self._writing:
            key = target.key
            before = self._seen.pop(key, None)
            if vitals is not None:
                self._backlog.add_reading(key, vitals)
                life = vitals.process if vitals.process is not None else vitals.started_ns
                seen = Seen(target, vitals.at_ns, problem, storable(life))
            else:
                process = before.process if before is not None else None
                seen = Seen(target, self._clock.now_ns(), problem, process)
            self._backlog.seen[key] = self._seen[key] = seen
            if len(self._seen) > _KNOWN:
                del self._seen[next(iter(self._seen))]  # not seen for longest

    def binned(self, target_key: str, made: Bin) -> None:
        """A bin of a target that was seen."""
        with self._writing:
            self._backlog.add_bin(target_key, made)

    def alert(self, alert: Alert) -> None:
        """An alert as it is now, in place of what was known of it."""
        with self._writing:
            self._backlog.add_alert(alert)

    def alerts(self, *, open_only: bool = False, since_ns: int = 0) -> tuple[Alert, ...]:
        """As `Reads.alerts`, with what waits: where the disk is full, alerts are told of it too."""
        with self._writing:
            waiting = dict(self._backlog.alerts)
        rows = super().alerts(open_only=open_only, since_ns=since_ns)
        known = {each.id: each for each in rows} | waiting
        least_ns = EVER_NS if open_only else since_ns
        found = [each for each in known.values() if (each.ended_ns or EVER_NS) >= least_ns]
        return tuple(sorted(found, key=lambda each: (-each.began_ns, each.id)))

    def deploy(self, deploy: Deploy) -> None:
        """A service runs another build."""
        with self._writing:
            self._backlog.add_deploy(deploy)

    def profile(
        self, target_key: str, kind: str, reason: str, at_ns: int, data: bytes, build: str = ""
    ) -> Captured:
        """Keep a profile as it was received; it is on the disk when this returns.

        Raises:
            StoreFull: it cannot be kept.
            ValueError: the kind is no name for a file.
        """
        with self._writing:
            number = self._next_profile
            self._next_profile += 1
            seen = self._seen.get(target_key)
        name = profile_name(number, kind, at_ns)
        captured = Captured(
            id=number, kind=kind, at_ns=at_ns, target=target_key, reason=reason, size=len(data),
            sha256=sha256(data).hexdigest(),
        )  # fmt: skip
        row = (
            number, storable(target_key), kind, storable(reason), at_ns, storable(build),
            seen.process if seen is not None else None, len(data), captured.sha256, name,
        )  # fmt: skip
        try:
            write_profile(self.directory, name, data)
            with self._writing, transaction(self._database):
                self._database.execute(
                    "INSERT INTO profiles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, checksum(*row)),
                )
        except (sqlite3.Error, OSError) as error:
            self._note_damage(error)
            remove_profiles(self.directory, (name,))
            raise cannot_keep(self.directory, str(error)) from None
        return captured

    def commit(self) -> None:
        """Write what waits. Where that fails it goes on waiting, and the next commit tries again.

        Raises:
            StoreFull: the disk takes nothing more; once, until it has taken something again.
        """
        with self._writing:
            try:
                if self.broken:  # as somebody found who read
                    self._begin_anew(self.broken)
                self._write_or_begin_anew()
            except (sqlite3.Error, OSError, RecordingError) as error:
                self._fail(str(error))

    def _write_or_begin_anew(self) -> None:
        try:
            self._write()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._begin_anew(str(error))
            self._write()

    def _write(self) -> None:
        self._numbers = write_backlog(
            self._database, self._backlog, self._numbers, self._clock.now_ns()
        )
        self._dropped += self._backlog.dropped
        self._backlog.clear()
        self._problem = ""

    def _fail(self, why: str) -> None:
        """Remember that nothing can be written, and say so the first time."""
        known, self._problem = self._problem, why
        if not known:
            raise cannot_keep(self.directory, why)

    def _note_damage(self, error: Exception) -> None:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            self.broken = str(error)

    def _begin_anew(self, why: str) -> None:
        """Go on in a new database where the old one turned out to be damaged.

        Where the disk takes no new one now, the next commit tries again.
        """
        with self._reading:
            self.broken = why
            self._database.close()
            self._reader.close()
            if not self._is_aside:
                self._set_aside(self.directory, why)
                self._is_aside = True
            self._database = self._open(self.directory)
            self._reader = open_reader(self.directory)
            self._backlog.seen = {**self._seen, **self._backlog.seen}
            self._read_back()
            self.broken, self._is_aside = "", False

    def forget(self, retention: Retention, now_ns: int) -> None:
        """Remove a little of what is too old or too much; to be called once an interval.

        It takes some 20 ms and a write, so that nobody waits; what is left is for the next time.
        """
        with self._writing:
            try:
                self._forgetting.step(retention, now_ns)
            except sqlite3.Error as error:  # commit tells of a disk that takes nothing
                self._note_damage(error)

    def health(self) -> StoreHealth:
        """How it does; of a database that does not answer the size is that of before."""
        with self._writing:
            try:
                self._size = self._forgetting.size()
            except sqlite3.Error as error:
                self._note_damage(error)
            return StoreHealth(
                size=self._size,
                waiting=len(self._backlog),
                dropped=self._dropped + self._backlog.dropped,
                unreadable=self.unreadable,
                problem=self._problem,
            )

    def told(self) -> tuple[str, ...]:
        """What happened to the store that somebody should know, each once."""
        with self._writing:
            told, self._told = tuple(self._told), []
        return told

    def close(self) -> None:
        """Write what waits, as far as that goes, and let go of the store."""
        with self._writing, self._reading:
            with suppress(StoreFull, RecordingError):
                self.commit()
            self._reader.close()
            self._database.close()
            os.close(self._lock_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
