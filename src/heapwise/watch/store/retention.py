"""What is forgotten when: by age, and by size with the oldest first."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Protocol

import msgspec

from heapwise.units import NS_PER_S
from heapwise.watch.store.database import transaction
from heapwise.watch.store.files import is_profile_name, remove_profiles
from heapwise.watch.store.tables import BINS, VITALS, Series

_EVENTS_NS = 365 * 24 * 3600 * NS_PER_S
"""Alerts that are over, deploys, notes, and targets that nobody has seen since: they are few."""

_BUDGET_S = 0.02
"""Others wait for the store meanwhile."""

_VISITS = 20
"""Steps in which every target is looked at once: each visit rewrites a page."""

_ROWS = 2_000
"""Rows of one target that a step removes at most."""

_PROFILES = 50
_PAGES = 100
_SHARE = 32
"""Where there is too much, one part in so many of the time that the store covers goes at once."""


class Retention(Protocol):
    """How long things are kept, and how many bytes all of them may have: of a watcher's file."""

    @property
    def vitals(self) -> int:
        """Readings, ns."""
        ...

    @property
    def bins(self) -> int:
        """Bins of five minutes, which detectors and the page look back on, ns."""
        ...

    @property
    def profiles(self) -> int:
        """Captured profiles, ns."""
        ...

    @property
    def size(self) -> int:
        """Bytes of the database and the profiles together."""
        ...


class Forgetting:
    """Removes what is due in small steps, each target in its turn.

    Where the store is too large, the moment before which everything goes but alerts and deploys
    moves on, once in every round through the targets, until it is small enough.
    """

    def __init__(self, directory: Path, database: sqlite3.Connection) -> None:
        self._directory = directory
        self._database = database
        self._due: list[int] = []
        self._per_step = 0
        self._floor_ns = 0

    def step(self, retention: Retention, now_ns: int) -> None:
        """Remove a little.

        Raises:
            sqlite3.Error: the database does not take it; nothing is lost.
        """
        end = time.monotonic() + _BUDGET_S
        if not self._due:
            self._next_round(retention, now_ns)
        cuts = (
            (VITALS, max(now_ns - retention.vitals, self._floor_ns)),
            (BINS, max(now_ns - retention.bins, self._floor_ns)),
        )
        self._remove_profiles(max(now_ns - retention.profiles, self._floor_ns))
        with transaction(self._database):
            for _ in range(self._per_step):
                if not self._due or time.monotonic() > end:
                    break
                number = self._due.pop()
                for series, before_ns in cuts:
                    self._remove_rows(series, number, before_ns)  # type: ignore[arg-type] # mypy joins two kinds to object
        # `execute` would take one step of it, which is one page.
        self._database.executescript(f"PRAGMA incremental_vacuum({_PAGES})")

    def size(self) -> int:
        """Bytes of the database without its free pages, and of the profiles."""
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        profiles = self._database.execute("SELECT coalesce(sum(size), 0) FROM profiles").fetchone()
        return int((pages - free) * size + profiles[0])

    def _next_round(self, retention: Retention, now_ns: int) -> None:
        self._due = [row[0] for row in self._database.execute("SELECT id FROM targets")]
        self._per_step = len(self._due) // _VISITS + 1
        self._remove_events(now_ns - _EVENTS_NS)
        if self.size() > retention.size:
            oldest = self._oldest(now_ns)
            self._floor_ns = oldest + (now_ns - oldest) // _SHARE + 1

    def _oldest(self, now_ns: int) -> int:
        """When the oldest of what may go was made."""
        first = "SELECT min({time}) FROM {table} WHERE target = ?"
        found = [
            self._database.execute(first.format(time=time_, table=table), (number,)).fetchone()[0]
            for table, time_ in ((VITALS.name, VITALS.time), (BINS.name, BINS.time))
            for number in self._due
        ]
        found.append(self._database.execute("SELECT min(at_ns) FROM profiles").fetchone()[0])
        return min((each for each in found if each is not None), default=now_ns)

    def _remove_rows(self, series: Series[msgspec.Struct], number: int, before_ns: int) -> None:
        name, at = series.name, series.time
        cut = f"SELECT {at} FROM {name} WHERE target = :target ORDER BY {at} LIMIT 1 OFFSET :most"  # noqa: S608 - names are ours
        self._database.execute(
            f"DELETE FROM {name} WHERE target = :target "  # noqa: S608 - the same
            f"AND {at} < min(:before, coalesce(({cut}), :before))",
            {"target": number, "before": before_ns, "most": _ROWS},
        )

    def _remove_profiles(self, before_ns: int) -> None:
        """Files first: on a full disk they make the room that the database needs to go on.

        A row without a file tells that the profile is gone, and goes with the next step.
        """
        rows = self._database.execute(
            "SELECT id, file FROM profiles WHERE at_ns < ? ORDER BY at_ns LIMIT ?",
            (before_ns, _PROFILES),
        ).fetchall()
        if rows:
            remove_profiles(self._directory, [file for _, file in rows if is_profile_name(file)])
            with transaction(self._database):
                self._database.executemany(
                    "DELETE FROM profiles WHERE id = ?", [(number,) for number, _ in rows]
                )

    def _remove_events(self, before_ns: int) -> None:
        with transaction(self._database):
            self._database.execute("DELETE FROM alerts WHERE ended_ns < ?", (before_ns,))
            self._database.execute("DELETE FROM deploys WHERE at_ns < ?", (before_ns,))
            self._database.execute("DELETE FROM notes WHERE at_ns < ?", (before_ns,))
            self._database.execute(
                "DELETE FROM targets WHERE seen_ns < ? "
                "AND NOT EXISTS (SELECT 1 FROM vitals WHERE target = id) "
                "AND NOT EXISTS (SELECT 1 FROM bins WHERE target = id)",
                (before_ns,),
            )
