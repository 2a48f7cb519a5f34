"""A store outlives kill -9, full disks and flipped bits."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from heapwise.errors import RecordingError
from heapwise.watch.config import Retention
from heapwise.watch.store import Store, StoreFull, StoreView
from heapwise.watch.store.database import open_writer
from heapwise.watch.store.files import DATABASE
from support.disks import small_disk
from support.store_writer import INTERVAL_NS, TARGETS
from support.stores import (
    DAY,
    SECOND,
    T0,
    SetClock,
    alert,
    five_minutes,
    heap,
    opened,
    target,
    vitals,
)


def written_and_killed(directory: Path, after_s: float) -> tuple[int, int]:
    """Kill a writer some time after its first commit; tell its last safe round and profiles."""
    said = directory.with_suffix(".said")
    with said.open("wb") as out:
        writer = subprocess.Popen(
            [sys.executable, "-m", "support.store_writer", str(directory)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            stdout=out,
        )
    try:
        deadline = time.monotonic() + 60
        while not said.stat().st_size:
            assert writer.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(after_s)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    whole = said.read_text().rpartition("\n")[0].splitlines()
    number, profiles = whole[-1].split()
    return int(number), int(profiles)


def test_kill_9_at_random_moments_loses_nothing_that_was_committed(
    tmp_path: Path, full: bool
) -> None:
    """Ten kills (fifty in test-long) of one store under load.

    Everything up to the last commit that returned is there, of every target or of none, and every
    profile that has a row is whole; others can read it without a repair, and the next writer goes
    on in it.
    """
    random = np.random.default_rng(0)
    directory = tmp_path / "store"
    for _ in range(50 if full else 10):
        number, profiles = written_and_killed(directory, random.uniform(0, 0.3))
        with StoreView.open(directory) as view:
            counts = set()
            for index in range(TARGETS):
                rows = view.vitals(target(index).key, T0)
                assert rows[-1].at_ns >= T0 + number * INTERVAL_NS
                assert len(view.bins(target(index).key)) == len(rows)
                counts.add(len(rows))
            assert len(counts) == 1
            assert len(view.profiles()) - profiles in (0, 1)
            assert view.unreadable == 0
        with opened(directory) as store:
            assert all(store.profile_bytes(each.id) for each in store.profiles())
            assert len(list((directory / "profiles").rglob("*.*"))) == len(store.profiles())
            assert store.told() == ()


MIB = 1 << 20


def fill(store: Store, rounds: range) -> int:
    """Readings of 100 targets a round, a commit each; tells how often the disk was said full."""
    told = 0
    for number in rounds:
        for index in range(100):
            store.saw(target(index), vitals(T0 + number * SECOND), "")
        try:
            store.commit()
        except StoreFull:
            told += 1
    return told


def test_a_full_disk_is_told_once_and_the_store_recovers(tmp_path: Path) -> None:
    """Commit says so once and goes on quietly; what waited is written as soon as there is room."""
    with small_disk(tmp_path / "disk", 8 * MIB) as disk:
        filler = disk / "filler"
        with opened(disk / "store") as store:
            store.alert(alert("a"))
            store.commit()
            filler.write_bytes(bytes(7 * MIB))

            assert fill(store, range(60)) == 1
            assert "full" in store.health().problem
            assert store.health().waiting > 1000
            with pytest.raises(StoreFull):
                store.profile("api/a", "heap", "leak", T0, bytes(2 * MIB))
            with StoreView.open(disk / "store") as view:
                assert view.alerts() == (alert("a"),)
                assert view.profiles() == ()

            filler.unlink()
            assert fill(store, range(60, 61)) == 0
            assert store.health().problem == ""
            assert [len(store.vitals(target(index).key)) for index in range(100)] == [61] * 100
            store.profile("api/a", "heap", "leak", T0, bytes(MIB))
        assert whole(disk / "store" / DATABASE)


def test_old_profiles_make_room_on_a_full_disk(tmp_path: Path) -> None:
    """Forgetting them must not wait for a database that can only be written when there is room."""
    keep = Retention(vitals=9 * DAY, bins=9 * DAY, profiles=DAY, size=1 << 40)
    with small_disk(tmp_path / "disk", 4 << 20) as disk, opened(disk / "store") as store:
        for number in range(34):
            store.profile(target(1).key, "heap", "leak", T0 + number, os.urandom(100_000))
        with suppress(OSError), (disk / "others").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        for number in range(3000):
            store.saw(target(1), vitals(T0 + number), "")
        with pytest.raises(StoreFull):
            store.commit()
        store.forget(keep, T0 + 2 * DAY)
        store.commit()
        assert store.health().problem == ""
        assert store.profiles() == ()


def test_what_there_was_no_room_for_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that stays full costs the oldest readings; the store says how many, and keeps that."""
    monkeypatch.setattr("heapwise.watch.store.backlog.READINGS", 500)
    with small_disk(tmp_path / "disk", 8 * MIB) as disk:
        filler = disk / "filler"
        with opened(disk / "store") as store:
            filler.write_bytes(bytes(8 * MIB - 600_000))
            assert fill(store, range(60)) == 1
            dropped = store.health().dropped
            kept_before = 6000 - 500 - dropped
            filler.unlink()
            fill(store, range(60, 61))

            kept = sum(len(store.vitals(target(index).key)) for index in range(100))
            dropped = store.health().dropped
            assert kept == 6100 - dropped
            assert dropped > 1000
            assert kept > kept_before > 0
            (note,) = store.notes()
            assert note.text == f"{dropped:,} rows dropped while the disk took nothing"


@pytest.mark.parametrize("size", [0, 64 << 10, 96 << 10])
def test_a_disk_that_takes_not_even_an_empty_store_is_one_line(tmp_path: Path, size: int) -> None:
    """Where nothing can begin the watcher is told so, and nothing is left locked."""
    with small_disk(tmp_path / "disk", 1 * MIB) as disk:
        (disk / "filler").write_bytes(bytes(MIB - 12_288 - size))
        for _ in range(2):
            with (
                pytest.raises(StoreFull, match="cannot write the store"),
                opened(disk / "store") as store,
            ):
                store.profile("api/a", "heap", "leak", T0, bytes(MIB))
        (disk / "filler").unlink()
        opened(disk / "store").close()


def whole(path: Path) -> bool:
    database = sqlite3.connect(path)
    try:
        return bool(database.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    finally:
        database.close()


def made(directory: Path) -> None:
    with opened(directory) as store:
        for index in range(20):
            for number in range(60):
                store.saw(target(index), vitals(T0 + number * SECOND, live=index * 1e6), "")
                store.binned(target(index).key, five_minutes(T0 + number * SECOND, index * 1e6))
        store.alert(alert("a"))
        store.commit()
        store.profile("api/a", "heap", "leak", T0, heap({"main.a": (1, 1)}))


def test_a_flipped_bit_never_makes_a_wrong_figure(tmp_path: Path, full: bool) -> None:
    """Whichever bit of the database flips, the watcher starts, and what it reads is what was
    written or is missing; a database that cannot be used is set aside, and somebody is told.
    """
    made(tmp_path / "store")
    path = tmp_path / "store" / DATABASE
    good = path.read_bytes()
    random = np.random.default_rng(1)
    seen = {"aside": 0, "unreadable": 0}
    for bit in random.integers(0, 8 * len(good), 300 if full else 30).tolist():
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        copy = tmp_path / str(bit)
        copy.mkdir()
        (copy / DATABASE).write_bytes(bad)
        if 60 * 8 <= bit < 64 * 8:  # the version: it says that it is of a newer heapwise
            continue
        with opened(copy) as store:
            for index in range(20):
                written = {T0 + n * SECOND: vitals(T0 + n * SECOND, index * 1e6) for n in range(60)}
                with suppress(RecordingError):  # a page that cannot be read: the next commit heals
                    for each in store.vitals(target(index).key):
                        assert written[each.at_ns] == each
            with suppress(RecordingError):
                assert store.alerts() in ((), (alert("a"),))
            store.commit()
            told = store.told()
            seen["aside"] += bool(told)
            seen["unreadable"] += store.unreadable
            assert all("was damaged" in text and "damaged-" in text for text in told)
            store.saw(target(99), vitals(T0), "")
            store.commit()
            assert store.vitals(target(99).key) == (vitals(T0),)
    assert seen["aside"]
    assert seen["unreadable"]


def test_a_database_that_breaks_under_the_watcher_is_replaced(tmp_path: Path) -> None:
    """Overwritten while it is open, it is set aside with its profiles, and nothing waits longer."""
    made(tmp_path)
    clock = SetClock(T0 + SECOND)
    with Store.open(tmp_path, clock=clock) as store:
        store.saw(target(3), vitals(T0 + DAY), "")
        store.commit()
        with (tmp_path / DATABASE).open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            for at in range(4096, size, 4096):
                file.seek(at)
                file.write(b"\xff" * 64)
        with pytest.raises(RecordingError, match="cannot read the store"):
            store.vitals(target(7).key)
        store.binned(target(3).key, five_minutes(T0 + DAY))
        for number in range(3):
            store.saw(target(7), vitals(T0 + DAY + number), "")
            store.commit()

        aside = tmp_path / f"damaged-{clock.now}"
        (told,) = store.told()
        why = "database disk image is malformed"
        assert told == f"the database was damaged ({why}) and is now {aside}; a new one began"
        assert store.told() == ()
        assert len(store.vitals(target(7).key)) == 3
        assert len(store.bins(target(3).key)) == 1
        assert store.profile("api/a", "heap", "leak", T0, b"x").id == 1
    assert (aside / "profiles").is_dir()


def test_a_new_database_is_tried_again_where_the_disk_took_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged on a full disk: told once, set aside once, and replaced when there is room."""
    made(tmp_path)
    clock = SetClock(T0 + SECOND)
    real, problems = open_writer, [sqlite3.OperationalError("full"), RecordingError("no room")]

    def full(directory: Path) -> sqlite3.Connection:
        if problems:
            raise problems.pop(0)
        return real(directory)

    with Store.open(tmp_path, clock=clock) as store:
        monkeypatch.setattr("heapwise.watch.store.store.open_writer", full)
        store.broken = "malformed"
        with pytest.raises(StoreFull):
            store.commit()
        clock.now += SECOND
        store.commit()
        assert store.health().problem == "no room"
        store.saw(target(1), vitals(T0), "")
        store.commit()
        assert store.health().problem == ""
        assert len(store.told()) == 1
        assert len(store.vitals(target(1).key)) == 1
    assert len(list(tmp_path.glob("damaged-*"))) == 1


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    """Text in place of the database does not keep a watcher from starting."""
    (tmp_path / DATABASE).write_text("hello " * 1000)
    with opened(tmp_path) as store:
        assert "file is not a database" in store.told()[0]
        store.commit()
        assert store.notes()[0].text.startswith("the database was damaged")


def test_damage_that_no_look_at_the_start_found_is_found_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large database is looked through for two seconds; beyond that reading finds the rest."""
    made(tmp_path)
    monkeypatch.setattr("heapwise.watch.store.database._check_whole", lambda _: None)
    with (tmp_path / DATABASE).open("r+b") as file:
        for at in range(4096, file.seek(0, os.SEEK_END), 4096):
            file.seek(at)
            file.write(b"\xff" * 64)
    with opened(tmp_path) as store:
        assert "was damaged" in store.told()[0]
        store.saw(target(1), vitals(T0), "")
        store.commit()
        assert len(store.vitals(target(1).key)) == 1
