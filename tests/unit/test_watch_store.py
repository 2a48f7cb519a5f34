"""What is kept comes back as it was; what is too old or too much goes, the oldest first."""

from __future__ import annotations

import math
import os
import sqlite3
import stat
import time
from pathlib import Path

import msgspec
import pytest

from heapwise.errors import RecordingError
from heapwise.model.gc import Pause
from heapwise.model.watch import Deploy, Health, Number
from heapwise.watch.config import Retention
from heapwise.watch.store import Store, StoreView
from heapwise.watch.store.backlog import Backlog
from heapwise.watch.store.files import DATABASE
from heapwise.watch.store.tables import checksum
from support.stores import (
    DAY,
    HOUR,
    SECOND,
    T0,
    SetClock,
    alert,
    five_minutes,
    opened,
    target,
    vitals,
)

LONG = Retention(vitals=400 * DAY, bins=400 * DAY, profiles=400 * DAY, size=1 << 40)


def files(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*.*")}


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    """Readings, bins, alerts and deploys are read back equal, by the writer and by others."""
    one = target()
    reading, made = vitals(T0), five_minutes(T0 - HOUR)
    deploy = Deploy(service="api", build="v2", before="v1", at_ns=T0)
    with opened(tmp_path / "store") as store:
        store.saw(one, reading, "")
        store.binned(one.key, made)
        store.alert(alert("a"))
        store.deploy(deploy)
        store.commit()

        with StoreView.open(tmp_path / "store") as view:
            for each in (store, view):
                assert each.targets() == (one,)
                assert each.vitals(one.key) == (reading,)
                assert each.bins(one.key) == (made,)
                assert each.alerts() == (alert("a"),)
                assert each.deploys("api") == each.deploys() == (deploy,)
                assert each.unreadable == 0


def test_a_store_goes_on_where_the_watcher_before_stopped(tmp_path: Path) -> None:
    """Opened again it holds what it held; rows of the same target join, numbers go on."""
    one = target()
    with opened(tmp_path) as store:
        store.saw(one, vitals(T0), "")
        first = store.profile(one.key, "heap", "leak", T0, b"first")
    with opened(tmp_path) as store:
        store.saw(one, vitals(T0 + SECOND), "")
        store.commit()
        second = store.profile(one.key, "heap", "later", T0, b"second")

        assert [each.at_ns for each in store.vitals(one.key)] == [T0, T0 + SECOND]
        assert second.id == first.id + 1
        assert store.profile_bytes(first.id) == b"first"


def test_only_what_is_asked_for_is_told(tmp_path: Path) -> None:
    """Questions are narrowed by target, kind, service, moment, and to what lasts."""
    one, other = target(1), target(2, "web")
    with opened(tmp_path) as store:
        for each in (one, other):
            for at_ns in (T0, T0 + HOUR):
                store.saw(each, vitals(at_ns), "")
        store.alert(alert("over", ended_ns=T0))
        store.alert(alert("open"))
        store.deploy(Deploy(service="web", build="v1", before="", at_ns=T0))
        store.commit()
        heap = store.profile(one.key, "heap", "leak", T0, b"h")
        cpu = store.profile(other.key, "cpu", "pauses", T0 + HOUR, b"c")

        assert [each.at_ns for each in store.vitals(one.key, T0 + 1)] == [T0 + HOUR]
        assert [each.id for each in store.alerts(open_only=True)] == ["open"]
        assert {each.id for each in store.alerts()} == {"open", "over"}
        assert [each.id for each in store.alerts(since_ns=T0 + 1)] == ["open"]
        assert store.deploys("api") == ()
        assert store.profiles(one.key) == store.profiles(kind="heap") == (heap,)
        assert store.profiles(since_ns=T0 + 1) == (cpu,)
        assert store.capture(cpu.id) == cpu
        assert store.capture(99) is None


def test_an_alert_is_kept_as_it_was_last(tmp_path: Path) -> None:
    """The same id again replaces what was known."""
    with opened(tmp_path) as store:
        store.alert(alert("a"))
        store.commit()
        store.alert(alert("a", ended_ns=T0 + HOUR))
        store.commit()

        assert [each.ended_ns for each in store.alerts()] == [T0 + HOUR]


def test_alerts_are_told_before_they_are_written(tmp_path: Path) -> None:
    """Where the disk is full, the page and the exporters have those that began, or ended, since."""
    with opened(tmp_path) as store:
        store.alert(alert("a"))
        store.alert(alert("b"))
        store.commit()
        store.alert(alert("b", ended_ns=T0 + HOUR))
        store.alert(alert("c"))

        assert [each.id for each in store.alerts(open_only=True)] == ["a", "c"]
        assert [each.ended_ns for each in store.alerts()] == [None, T0 + HOUR, None]
        assert [each.id for each in store.alerts(since_ns=T0 + 2 * HOUR)] == ["a", "c"]
        before = store.alerts()
        store.commit()
        assert store.alerts() == before


def test_an_alert_may_hold_figures_without_end(tmp_path: Path) -> None:
    """Infinity, as of hours to a limit that is never reached, comes back as such."""
    endless = msgspec.structs.replace(
        alert("a"), numbers=(Number("time to the limit", math.inf, "ns"),)
    )
    with opened(tmp_path) as store:
        store.alert(endless)
        store.commit()
        assert store.alerts() == (endless,)


def test_pauses_are_left_to_the_bins(tmp_path: Path) -> None:
    """The ring of a reading is not kept, all else is."""
    reading = vitals(T0)
    ring = (Pause(number=1, end_ns=T0, pause_ns=100_000),)
    with opened(tmp_path) as store:
        store.saw(target(), msgspec.structs.replace(reading, pauses=ring), "")
        store.commit()

        assert store.vitals(target().key) == (reading,)


def test_what_a_target_says_last_is_its_state(tmp_path: Path) -> None:
    """A target that stops answering is down since then, with the reason, and its last reading."""
    one = target()
    clock = SetClock()
    with Store.open(tmp_path, clock=clock) as store:
        store.saw(one, vitals(T0), "")
        store.commit()
        assert store.states()[0].health is Health.UP
        for clock.now in (T0 + HOUR, T0 + 2 * HOUR):
            store.saw(one, None, "connection refused")
            store.commit()

        (state,) = store.states()
        assert (state.health, state.problem) == (Health.DOWN, "connection refused")
        assert state.since_ns == T0 + HOUR
        assert state.vitals == vitals(T0)


@pytest.mark.parametrize(
    "strange",
    [{"cycles": 1 << 70}, {"live": math.nan}, {"live": math.inf}, {"build": "\ud800"},
     {"build": "a\x00b"}, {"process": (1 << 64) - 1}, {"cycles": -(10**400)}],
)  # fmt: skip
def test_no_figure_of_a_hostile_target_stops_the_others(
    tmp_path: Path, strange: dict[str, object]
) -> None:
    """Numbers and texts that SQLite does not know cost at most themselves."""
    hostile = msgspec.structs.replace(vitals(T0), **strange)
    with opened(tmp_path) as store:
        store.saw(target(1), hostile, "\udfff")
        store.saw(target(2), vitals(T0), "")
        store.commit()

        assert store.vitals(target(2).key) == (vitals(T0),)
        assert store.health().waiting == 0


def test_no_text_of_a_hostile_target_stops_the_others(tmp_path: Path) -> None:
    """Half a character in a name, a build or a summary is replaced wherever it stands."""
    half = "\ud800"
    one = target(1, half)
    with opened(tmp_path) as store:
        store.saw(one, vitals(T0), half)
        store.alert(msgspec.structs.replace(alert("a"), summary=half))
        store.deploy(Deploy(service=half, build=half, before=half, at_ns=T0))
        store.profile(one.key, "heap", half, T0, b"x", half)
        store.saw(target(2), vitals(T0), "")
        store.commit()

        assert store.vitals(one.key) == store.vitals(target(2).key) == (vitals(T0),)
        assert [each.service for each in store.targets()] == ["?", "api"]
        assert [each.summary for each in store.alerts()] == ["?"]
        assert [each.build for each in store.deploys(half)] == ["?"]
        assert len(store.profiles(one.key)) == 1
        assert store.unreadable == 0


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """The directory is 0700, its files are 0600: profiles name the insides of programs."""
    directory = tmp_path / "store"
    with opened(directory) as store:
        store.profile("api/a", "heap", "leak", T0, b"x")
        store.commit()

        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        for path in directory.rglob("*"):
            if path.name != "lock":
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_profiles_lie_by_day_under_names_that_other_tools_know(tmp_path: Path) -> None:
    """A profile is ``profiles/DAY/NUMBER-KIND.pb.gz``, verbatim; a trace ends in .out."""
    with opened(tmp_path) as store:
        heap = store.profile("api/a", "heap", "leak", T0, b"heap")
        trace = store.profile("api/a", "trace", "pauses", T0 + DAY, b"trace")

        assert store.profile_path(heap.id) == tmp_path / "profiles/2026-11-18/000001-heap.pb.gz"
        assert store.profile_path(trace.id) == tmp_path / "profiles/2026-11-19/000002-trace.out"
        assert store.profile_path(heap.id).read_bytes() == store.profile_bytes(heap.id) == b"heap"


def test_a_kind_that_leads_out_of_the_store_is_refused(tmp_path: Path) -> None:
    """Kinds become names of files, so they are plain words."""
    with opened(tmp_path) as store, pytest.raises(ValueError, match="not a kind"):
        store.profile("api/a", "../../etc/passwd", "leak", T0, b"x")


def test_a_profile_that_is_not_what_was_received_is_not_shown(tmp_path: Path) -> None:
    """A changed file, a missing one and a number nobody gave are told apart."""
    with opened(tmp_path) as store:
        changed, gone = (store.profile("api/a", "heap", "leak", T0, b"x") for _ in range(2))
        store.profile_path(changed.id).write_bytes(b"y")
        store.profile_path(gone.id).unlink()

        for number, why in ((changed.id, "was changed"), (gone.id, "is gone"), (99, "no profile")):
            with pytest.raises(RecordingError, match=why):
                store.profile_bytes(number)


@pytest.mark.parametrize("signed", [False, True])
def test_a_store_of_a_stranger_shows_no_other_file(tmp_path: Path, signed: bool) -> None:
    """Nothing is read or removed where a row leads out of the store, whatever its check sum."""
    (tmp_path / "secret").write_bytes(b"x")
    with opened(tmp_path / "store") as store:
        kept = store.profile("api/a", "heap", "leak", T0, b"x")
    database = sqlite3.connect(tmp_path / "store" / DATABASE)
    database.execute("UPDATE profiles SET file = '../secret'")
    if signed:
        (*row, _) = database.execute("SELECT * FROM profiles").fetchone()
        database.execute("UPDATE profiles SET crc = ?", (checksum(*row),))
    database.commit()
    database.close()
    with StoreView.open(tmp_path / "store") as view:
        assert view.profiles() == ()
        for read in (view.profile_bytes, view.profile_path):
            with pytest.raises(RecordingError, match="has no profile"):
                read(kept.id)
    with opened(tmp_path / "store") as store:
        for _ in range(3):
            store.forget(msgspec.structs.replace(LONG, profiles=1), T0 + DAY)
    assert (tmp_path / "secret").exists()


def test_a_reader_that_comes_too_early_is_told(tmp_path: Path) -> None:
    """Between the file and its tables a store is not somebody else's."""
    (tmp_path / DATABASE).touch()
    with pytest.raises(RecordingError, match="is just being made"):
        StoreView.open(tmp_path)
    opened(tmp_path).close()


def test_files_that_a_kill_left_are_removed_at_the_next_start(tmp_path: Path) -> None:
    """A profile without a row, whole or begun, goes; those with rows stay."""
    with opened(tmp_path) as store:
        kept = store.profile("api/a", "heap", "leak", T0, b"x")
    day = tmp_path / "profiles/2026-11-18"
    (day / "000002-heap.pb.gz").write_bytes(b"x")
    (day / "000003-heap.pb.gz.tmp").write_bytes(b"x")
    with opened(tmp_path) as store:
        assert [path.name for path in day.iterdir()] == ["000001-heap.pb.gz"]
        assert store.profile_bytes(kept.id) == b"x"


def test_one_watcher_writes_a_store(tmp_path: Path) -> None:
    """A second one is refused in one line; it may write when the first has gone."""
    with opened(tmp_path), pytest.raises(RecordingError, match="being written by another"):
        opened(tmp_path)
    opened(tmp_path).close()


@pytest.mark.parametrize(
    ("statement", "why"),
    [("PRAGMA user_version = 9", "of a newer heapwise"),
     ("PRAGMA application_id = 1; DROP TABLE vitals", "is not heapwise's")],
)  # fmt: skip
def test_a_store_of_somebody_else_is_left_alone(tmp_path: Path, statement: str, why: str) -> None:
    """A newer version and another program's database are refused by writer and reader alike."""
    opened(tmp_path).close()
    database = sqlite3.connect(tmp_path / DATABASE)
    database.executescript(statement)
    database.close()
    before = (tmp_path / DATABASE).read_bytes()

    for open_it in (opened, StoreView.open):
        with pytest.raises(RecordingError, match=why):
            open_it(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == before


def test_a_directory_with_other_things_is_no_store(tmp_path: Path) -> None:
    """Neither a full folder nor a file is taken for a store."""
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(RecordingError, match=r"is not a store: it holds thesis\.tex"):
        opened(tmp_path)
    with pytest.raises(RecordingError, match="cannot keep a store"):
        opened(tmp_path / "thesis.tex")
    with pytest.raises(RecordingError, match=r"it has no store\.sqlite"):
        StoreView.open(tmp_path)


def test_readings_learn_new_fields(tmp_path: Path) -> None:
    """A store of before, without a column, is written and read by today's heapwise."""
    with opened(tmp_path) as store:
        reading = msgspec.structs.replace(vitals(T0), work=None)
        store.saw(target(), reading, "")
    database = sqlite3.connect(tmp_path / DATABASE)
    database.execute("ALTER TABLE vitals DROP COLUMN work")
    database.close()
    with opened(tmp_path) as store:
        store.saw(target(), vitals(T0 + 1), "")
        store.commit()

        assert store.vitals(target().key) == (reading, vitals(T0 + 1))


def test_a_directory_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 stop neither the store nor what it notes of itself."""
    directory = tmp_path / os.fsdecode(b"caf\xe9")
    directory.mkdir()
    (directory / DATABASE).write_text("hello " * 1000)
    with opened(directory) as store:
        store.commit()
        assert "caf?" in store.notes()[0].text
    with StoreView.open(directory) as view:
        assert len(view.notes()) == 1


def test_what_is_too_old_goes_by_kind(tmp_path: Path) -> None:
    """Readings, bins and profiles have ages of their own; open alerts stay for ever."""
    one = target()
    now_ns = T0 + 10 * DAY
    with opened(tmp_path) as store:
        for hour in range(0, 240, 6):
            store.saw(one, vitals(T0 + hour * HOUR), "")
            store.binned(one.key, five_minutes(T0 + hour * HOUR))
            store.profile(one.key, "heap", "later", T0 + hour * HOUR, b"x")
        store.alert(alert("old", began_ns=T0 - 900 * DAY))
        store.alert(alert("ended", began_ns=T0 - 900 * DAY, ended_ns=T0 - 899 * DAY))
        store.commit()
        retention = Retention(vitals=2 * DAY, bins=5 * DAY, profiles=3 * DAY, size=1 << 40)
        for _ in range(5):
            store.forget(retention, now_ns)

        assert min(each.at_ns for each in store.vitals(one.key)) == now_ns - 2 * DAY
        assert min(each.begin_ns for each in store.bins(one.key)) == now_ns - 5 * DAY
        assert min(each.at_ns for each in store.profiles()) == now_ns - 3 * DAY
        assert [each.id for each in store.alerts()] == ["old"]
        assert len([name for name in files(tmp_path) if name.endswith(".pb.gz")]) == 12


def test_what_is_too_much_goes_oldest_first(tmp_path: Path) -> None:
    """Beyond its size a store loses what is oldest, whatever it is, and alerts not at all."""
    one = target()
    with opened(tmp_path) as store:
        for hour in range(100):
            store.saw(one, vitals(T0 + hour * HOUR), "")
            store.profile(one.key, "heap", "later", T0 + hour * HOUR, bytes(10_000))
        store.alert(alert("old"))
        store.commit()
        limit = store.health().size - 500_000
        for _ in range(60):
            store.forget(msgspec.structs.replace(LONG, size=limit), T0 + 100 * HOUR)

        assert limit - 100_000 < store.health().size <= limit
        oldest = min(each.at_ns for each in store.profiles())
        assert oldest > T0 + 40 * HOUR
        assert min(each.at_ns for each in store.vitals(one.key)) == oldest
        assert store.profiles()[-1].at_ns == T0 + 99 * HOUR
        assert len(store.alerts()) == 1


def test_space_goes_back_to_the_disk(tmp_path: Path) -> None:
    """A store that forgets shrinks, and nobody waits for it."""
    with opened(tmp_path) as store:
        for number in range(20):
            for index in range(600):
                store.saw(target(number), vitals(T0 + index * SECOND), "")
            store.commit()
    before = (tmp_path / DATABASE).stat().st_size
    took = []
    with opened(tmp_path) as store:
        for _ in range(60):
            start = time.thread_time()
            store.forget(msgspec.structs.replace(LONG, vitals=1), T0 + DAY)
            took.append(time.thread_time() - start)

    assert (tmp_path / DATABASE).stat().st_size < before / 4
    assert max(took) < 0.1


def test_a_target_that_nobody_has_seen_for_a_year_is_forgotten(tmp_path: Path) -> None:
    """Names of pods that went long ago do not pile up; one that comes back begins anew."""
    with opened(tmp_path) as store:
        store.saw(target(1), vitals(T0), "")
        store.saw(target(2), vitals(T0 + 399 * DAY), "")
        store.commit()
        short = msgspec.structs.replace(LONG, vitals=2 * DAY)
        for _ in range(8):
            store.forget(short, T0 + 400 * DAY)
        assert store.targets() == (target(2),)

        store.saw(target(1), vitals(T0 + 400 * DAY), "")
        store.commit()
        assert len(store.vitals(target(1).key)) == 1


def test_what_waits_is_bounded_and_what_is_dropped_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of too much the oldest goes; an alert keeps its place however often it changes."""
    monkeypatch.setattr("heapwise.watch.store.backlog.READINGS", 10)
    monkeypatch.setattr("heapwise.watch.store.backlog.FEW", 2)
    backlog = Backlog()
    for second in range(15):
        backlog.add_reading("api/a", vitals(T0 + second))
    for ident in ("a", "b", "b", "c"):
        backlog.add_alert(alert(ident))

    assert [row[1][0] for row in backlog.readings] == [T0 + second for second in range(5, 15)]
    assert list(backlog.alerts) == ["b", "c"]
    assert backlog.dropped == 6
