"""A recording on disk: written, refused, read back, and judged for what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from heapwise.errors import RecordingError, UsageError
from heapwise.formats import pprof
from heapwise.formats.framelog import LogContents, Stream
from heapwise.formats.logframes import MAGIC
from heapwise.model.gc import Pause
from heapwise.model.load import HitFlag, Hits
from heapwise.model.memory import Counters, MemorySample, ProcessSample
from heapwise.model.recording import (
    Event,
    Fence,
    LogLoss,
    Problem,
    Recording,
    Scope,
    State,
    Window,
)
from heapwise.record.logwriter import SCHEMA_EVERY
from heapwise.record.store import RecordingWriter, load, response_bodies
from heapwise.record.streams import COLUMNS, stream_rows, structs_from
from support.recordings import AFTER, Shape, hits, make_recording, manifest

COUNTERS = Counters(total_alloc=1, mallocs=2, frees=3, next_gc=(1 << 64) - 1)
SAMPLE = MemorySample(at_ns=5, took_ns=6, counters=COUNTERS, tasks=7)
PROCESS = ProcessSample(
    at_ns=1, cpu_user_ns=2, cpu_system_ns=3, rss=4, rss_peak=5, minor_faults=6, major_faults=7
)
PAUSES = (Pause(number=1, end_ns=2, pause_ns=3), Pause(number=2, end_ns=4, pause_ns=5))
SEEN = Pause(number=3, end_ns=6, pause_ns=7, generation=2, collected=8, uncollectable=0, forced=1)
PROBLEM = Problem(scope=Scope.GC, what="pauses were missed", remedy="read more often")
FENCE = Fence(at_ns=9, counters=COUNTERS)


def texts(recording: Recording) -> list[str]:
    """What the problems say."""
    return [problem.what for problem in recording.problems]


def test_everything_that_is_written_is_read(tmp_path: Path) -> None:
    """Hits, samples, pauses, events, windows, problems, profiles and the plan with its bodies."""
    run = Shape(requests=50, gc_cycles=2)
    written = hits(run, 50, start=0)
    path = tmp_path / "a.hw"
    profile = pprof.encode(load(make_recording(tmp_path / "b.hw")).profiles[
        "profiles/0001-heap-after-load.pb.gz"])  # fmt: skip
    with RecordingWriter.create(path, manifest(run)) as writer:
        writer.hits(written)
        writer.memory(SAMPLE)
        writer.process(PROCESS)
        writer.pauses(PAUSES)
        writer.pauses([SEEN])
        writer.pauses(())
        writer.event(3, "marker", text="x", list=[1])
        window = Window(name="load", target=-1, before=FENCE, after=None, readings=0)
        writer.window(window)
        writer.window(msgspec.structs.replace(window, after=FENCE, readings=4))
        writer.problem(PROBLEM)
        name = writer.profile("heap", profile)
        writer.finish()

    read = load(path)

    assert read.state is State.COMPLETE
    assert read.name == "a.hw"
    assert np.array_equal(read.hits.rows(), written.rows())
    # Go's "no goal" does not fit an int64 column and becomes the largest that does.
    no_goal = msgspec.structs.replace(COUNTERS, next_gc=(1 << 63) - 1)
    assert read.memory == (msgspec.structs.replace(SAMPLE, counters=no_goal),)
    assert read.process == (PROCESS,)
    assert read.pauses == (*PAUSES, SEEN)
    assert read.events == (Event(3, "marker", {"text": "x", "list": [1]}),)
    assert [(w.name, w.after, w.readings) for w in read.windows] == [("load", FENCE, 4)]
    assert read.problems == (PROBLEM,)
    assert (path / name).read_bytes() == profile
    assert pprof.encode(read.profiles[name]) == profile
    assert read.manifest.plan == manifest(run).plan
    assert read.loss == LogLoss()


def test_a_recording_of_a_run_reads_back_whole(tmp_path: Path) -> None:
    """The builder that other tests use: both variants, no loss, no problem, figures that add up."""
    variants: dict[str, dict[str, Any]] = {"before.hw": {}, "after.hw": AFTER}
    for name, shape in variants.items():
        read = load(make_recording(tmp_path / name, **shape))
        window = read.windows[0]
        assert window.after is not None
        per_request = (
            window.after.counters.total_alloc
            - window.before.counters.total_alloc
            - (window.readings + 1) * 12_000
        ) / 2000
        assert per_request == Shape(**shape).bytes_per_request
        assert len(read.pauses) == Shape(**shape).gc_cycles
        assert int((read.hits.flags & HitFlag.WARMUP == 0).sum()) == 2000
        assert set(read.profiles) == {window.before.profile, window.after.profile}
        assert (read.problems, read.loss) == ((), LogLoss())


def test_gctrace_lines_in_the_services_log_become_cycles(tmp_path: Path) -> None:
    """The service's standard error is kept and read."""
    read = load(make_recording(tmp_path / "a.hw", gctrace=True, gc_cycles=7))

    assert [cycle.number for cycle in read.cycles] == list(range(11, 18))


def test_a_recording_without_summary_is_interrupted_and_readable(tmp_path: Path) -> None:
    """A writer that was closed, not finished, leaves what it had."""
    read = load(make_recording(tmp_path / "a.hw", finish=False))

    assert read.state is State.INTERRUPTED
    assert read.windows[0].after is None
    assert len(read.hits) == 2200
    assert read.problems == ()


def test_a_recording_that_the_user_stopped_is_interrupted(tmp_path: Path) -> None:
    """It was finished in order, second fence included, and nothing of it is spoiled."""
    read = load(make_recording(tmp_path / "a.hw", interrupted=True))

    assert read.state is State.INTERRUPTED
    assert read.windows[0].after is not None
    assert read.problems == ()


def test_a_recording_being_written_is_in_progress_within_a_flush_interval(tmp_path: Path) -> None:
    """What was written 250 ms ago can be read while the run goes on."""
    path = tmp_path / "a.hw"
    with RecordingWriter.create(path, manifest()) as writer:
        writer.event(1, "marker")
        deadline = time.monotonic() + 20
        while not load(path).events and time.monotonic() < deadline:
            time.sleep(0.02)
        read = load(path)
        assert read.state is State.IN_PROGRESS
        assert [event.kind for event in read.events] == ["marker"]
        assert read.problems == ()
    assert load(path).state is State.INTERRUPTED


def test_bodies_are_kept_once_beside_the_manifest_and_put_back(tmp_path: Path) -> None:
    """The manifest names them by hash; equal bodies are one file."""
    path = make_recording(tmp_path / "a.hw", targets=3)

    stored = json.loads((path / "manifest.json").read_bytes())

    assert {target["body"] for target in stored["plan"]["targets"]} == {""}
    assert len(list((path / "bodies").iterdir())) == 1
    plan = load(path).manifest.plan
    assert plan is not None
    assert {target.body for target in plan.targets} == {
        b'{"entity":"user-1","flags":["dark-mode"]}'
    }


def test_a_changed_body_is_not_put_back(tmp_path: Path) -> None:
    """The load could not be driven again as it was."""
    path = make_recording(tmp_path / "a.hw", targets=2)
    next((path / "bodies").iterdir()).write_bytes(b"something else")

    read = load(path)

    assert read.manifest.plan is not None
    assert {target.body for target in read.manifest.plan.targets} == {b""}
    assert texts(read) == [
        "2 request bodies are gone or changed: the load cannot be driven again as it was"
    ]


def test_response_bodies_are_kept_per_target_in_order(tmp_path: Path) -> None:
    """An oracle compares them between variants."""
    path = tmp_path / "a.hw"
    with RecordingWriter.create(path, manifest()) as writer:
        for target, body in ((0, b"one"), (2, b""), (0, b"two"), (0, b"one")):
            writer.response_body(target, body)

    assert response_bodies(path) == {0: [b"one", b"two", b"one"], 2: [b""]}


def test_a_damaged_or_missing_profile_is_a_problem_and_no_failure(tmp_path: Path) -> None:
    """The other one is read."""
    path = make_recording(tmp_path / "a.hw")
    first, second = sorted((path / "profiles").iterdir())
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)

    read = load(path)

    assert list(read.profiles) == ["profiles/0001-heap-after-load.pb.gz"]
    name = first.relative_to(path)
    assert texts(read) == [f"the profile {name} is lost: it is not the file that was recorded"]
    second.unlink()
    assert load(path).profiles == {}
    assert len(texts(load(path))) == 2


def test_a_profile_over_the_limit_is_a_problem(tmp_path: Path) -> None:
    """`--max-profile-size` reaches the profiles of a recording."""
    path = make_recording(tmp_path / "a.hw")

    assert load(path, max_profile_bytes=100).profiles == {}
    assert "--max-profile-size" in texts(load(path, max_profile_bytes=100))[0]


def test_a_flipped_bit_in_the_manifest_never_goes_unnoticed(tmp_path: Path) -> None:
    """Every 7th byte of the manifest: an error, or a remark that it is not the log's."""
    path = make_recording(tmp_path / "a.hw", requests=20, gc_cycles=1)
    whole = (path / "manifest.json").read_bytes()
    for place in range(0, len(whole), 7):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        (path / "manifest.json").write_bytes(data)
        try:
            read = load(path)
        except RecordingError:
            continue
        assert "manifest.json is not the one that this log was written for" in texts(read), place


def test_a_damaged_log_says_how_much_is_lost(tmp_path: Path) -> None:
    """The figures that lost records touch are not to be trusted."""
    path = make_recording(tmp_path / "a.hw")
    log = bytearray((path / "events.log").read_bytes())
    log[len(log) // 2] ^= 0x10
    (path / "events.log").write_bytes(log)

    read = load(path)

    assert read.loss.lost_records > 0
    assert [p.scope for p in read.problems] == [Scope.ALL]
    assert texts(read) == [f"{read.loss.lost_records} records of the log are lost"]


@pytest.mark.parametrize("name", ["events.log", "summary.json", "bodies", "profiles", "lock"])
def test_a_recording_without_one_of_its_files_is_still_read(tmp_path: Path, name: str) -> None:
    """Whatever else is there is of use."""
    path = make_recording(tmp_path / "a.hw")
    subprocess.run(["rm", "-r", str(path / name)], check=True)

    assert load(path).manifest.run_id == "5eed0000"


def test_what_is_no_recording_is_said_to_be_none(tmp_path: Path) -> None:
    """A missing path, a file, an empty directory, somebody else's manifest, a newer format."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/manifest.json").write_text('{"name": "a web app"}')
    newer = make_recording(tmp_path / "newer.hw")
    text = (newer / "manifest.json").read_text()
    (newer / "manifest.json").write_text(text.replace('"format": 1', '"format": 99'))

    for name, why in (
        ("missing", "there is no recording"),
        ("file", "is not a recording"),
        ("empty", r"is not a recording: its manifest.json cannot be read: No such file"),
        ("site", "is not a recording: its manifest.json is damaged"),
        ("newer.hw", "heapwise 0.1.0 wrote it in a newer format"),
    ):
        with pytest.raises(RecordingError, match=why):
            load(tmp_path / name)


@pytest.mark.parametrize("name", ["manifest.json", "events.log", "gctrace.log", "bodies/x"])
def test_pipes_and_links_in_a_foreign_recording_are_never_opened(tmp_path: Path, name: str) -> None:
    """A pipe would block for ever; a link would lead out of the recording."""
    secret = tmp_path / "secret"
    secret.write_bytes(
        b"gc 1 @0.1s 1%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 4->4->1 MB, 4 MB goal, 2 P"
    )
    for kind, make in (("pipe", os.mkfifo), ("link", lambda place: place.symlink_to(secret))):
        path = make_recording(tmp_path / f"{kind}.hw")
        (path / name).unlink(missing_ok=True)
        make(path / name)
        if name == "manifest.json":
            with pytest.raises(RecordingError, match="is not a recording"):
                load(path)
        else:
            assert load(path).cycles == ()


# creating


def test_an_existing_directory_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Nothing is overwritten without --force."""
    path = make_recording(tmp_path / "a.hw")

    with pytest.raises(UsageError, match=r"a\.hw exists; choose another name, or .*--force"):
        RecordingWriter.create(path, manifest())
    assert load(path).state is State.COMPLETE


def test_force_replaces_a_recording_and_leaves_what_others_put_there(tmp_path: Path) -> None:
    """The old figures go, the user's notes stay."""
    path = make_recording(tmp_path / "a.hw", requests=300)
    (path / "notes.txt").write_text("mine")

    with RecordingWriter.create(path, manifest(), force=True) as writer:
        writer.event(1, "marker")

    read = load(path)
    assert (len(read.hits), read.profiles, read.state) == (0, {}, State.INTERRUPTED)
    assert (path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("what", ["thesis", "web app", "file"])
def test_force_never_replaces_what_is_no_recording(tmp_path: Path, what: str) -> None:
    """A typing error in -o must not cost anybody's work."""
    path = tmp_path / "precious"
    if what == "file":
        path.write_text("x")
    else:
        path.mkdir()
        name = "manifest.json" if what == "web app" else "thesis.tex"
        (path / name).write_text('{"name": "x"}')
        (path / "other").write_text("x")

    with pytest.raises(UsageError, match="not a recording"):
        RecordingWriter.create(path, manifest(), force=True)
    assert path.exists()
    assert what == "file" or len(list(path.iterdir())) == 2


def test_force_fills_an_empty_directory_and_one_left_by_a_kill(tmp_path: Path) -> None:
    """A kill before the manifest leaves a lock and nothing else."""
    for names in ((), ("lock", "events.log")):
        path = tmp_path / f"{len(names)}.hw"
        path.mkdir()
        for name in names:
            (path / name).touch()
        RecordingWriter.create(path, manifest(), force=True).close()
        assert load(path).state is State.INTERRUPTED


def test_a_parent_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The hint is the command that makes it."""
    with pytest.raises(UsageError, match=r"its directory does not exist; mkdir -p .*/no"):
        RecordingWriter.create(tmp_path / "no" / "a.hw", manifest())


def test_a_directory_that_cannot_be_written_is_one_clear_error() -> None:
    """/proc takes no directories, not even root's."""
    with pytest.raises(RecordingError, match=r"cannot write the recording /proc/a\.hw"):
        RecordingWriter.create(Path("/proc/a.hw"), manifest())


def test_two_writers_never_share_a_directory(tmp_path: Path) -> None:
    """Neither with --force, nor from another process, until the first one is gone."""
    path = tmp_path / "a.hw"
    script = (
        "import sys; from pathlib import Path; from support.recordings import manifest\n"
        "from heapwise.record.store import RecordingWriter\n"
        "try: RecordingWriter.create(Path(sys.argv[1]), manifest(), force=True).close()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )

    def second() -> str:
        run = subprocess.run(
            [sys.executable, "-c", script, str(path)],
            capture_output=True, text=True, check=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )  # fmt: skip
        return run.stdout

    with RecordingWriter.create(path, manifest()) as writer:
        with pytest.raises(RecordingError, match="being written by another heapwise"):
            RecordingWriter.create(path, manifest(), force=True)
        assert "RecordingError" in (said := second())
        assert "being written by another heapwise" in said
        writer.event(1, "marker")
        writer.finish()
    assert len(load(path).events) == 1
    assert second() == ""


# writing


def test_threads_may_write_at_once_and_lose_nothing(tmp_path: Path) -> None:
    """Load and sampling write side by side; numbers stay dense through many flushes."""
    path = tmp_path / "a.hw"
    count, step = 60, 100

    def write(writer: RecordingWriter, first: int) -> None:
        for number in range(first, first + count):
            writer.hits(hits(Shape(gc_cycles=0), step, start=number))
            writer.memory(msgspec.structs.replace(SAMPLE, at_ns=number))
            writer.event(number, "marker")

    with RecordingWriter.create(path, manifest()) as writer:
        threads = [threading.Thread(target=write, args=(writer, 1000 * n)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        writer.finish()

    read = load(path)
    expected = sorted(1000 * n + i for n in range(4) for i in range(count))
    assert sorted(event.at_ns for event in read.events) == expected
    assert sorted(sample.at_ns for sample in read.memory) == expected
    assert len(read.hits) == 4 * count * step
    assert sorted(read.hits.intended[::step].tolist()) == expected
    assert read.loss == LogLoss()


def test_the_schemas_come_again_so_that_losing_the_first_loses_nothing(tmp_path: Path) -> None:
    """The columns of a long log are named every 256 KiB."""
    path = tmp_path / "a.hw"
    random = np.random.default_rng(1)
    with RecordingWriter.create(path, manifest()) as writer:
        for _ in range(6):
            rows = random.integers(-(1 << 62), 1 << 62, (2000, len(Hits.columns())))
            writer.hits(Hits.from_rows(rows))
    log = path / "events.log"
    data = log.read_bytes()
    assert data.count(MAGIC + b"\x00") >= len(COLUMNS) * len(data) // (2 * SCHEMA_EVERY)
    log.write_bytes(data[data.index(MAGIC + b"\x01") :])

    read = load(path)

    assert len(read.hits) == 12_000
    assert read.loss.lost_records == 0


def test_a_closed_recording_takes_nothing_more(tmp_path: Path) -> None:
    """A thread that is late gets an error that says so, not a traceback from a closed file."""
    writer = RecordingWriter.create(tmp_path / "a.hw", manifest())
    writer.finish()
    writer.close()

    with pytest.raises(RecordingError, match="is closed"):
        writer.event(1, "late")


def test_a_kind_of_profile_never_becomes_a_path(tmp_path: Path) -> None:
    """It is part of a file's name."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        for kind in ("../x", "", "a/b", "A", "a\n"):
            with pytest.raises(ValueError, match="not a kind of profile"):
                writer.profile(kind, b"")


def test_a_finished_recording_holds_nothing_but_its_files(tmp_path: Path) -> None:
    """No temporary files, no reserve."""
    path = make_recording(tmp_path / "a.hw", gctrace=True)

    assert sorted(entry.name for entry in path.iterdir()) == [
        "bodies", "events.log", "gctrace.log", "lock", "manifest.json", "profiles", "summary.json",
    ]  # fmt: skip
    assert all(entry.suffix == ".gz" for entry in (path / "profiles").iterdir())


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        (("number", "end_ns", "pause_ns"), (1, 2, 3), Pause(number=1, end_ns=2, pause_ns=3)),
        (
            ("pause_ns", "number", "mood", "end_ns", "generation"),
            (3, 1, 99, 2, 0),
            Pause(number=1, end_ns=2, pause_ns=3, generation=0),
        ),
    ],
    ids=["older", "newer"],
)
def test_columns_of_other_versions_are_read_by_their_names(
    columns: tuple[str, ...], row: tuple[int, ...], expected: Pause
) -> None:
    """What an older version did not know is -1; what a newer one knows is left out."""
    assert structs_from(Pause, stream_rows(log_of(columns, row), "pauses")) == (expected,)


def test_a_column_that_there_always_was_must_be_there() -> None:
    """Pauses without a length are none."""
    with pytest.raises(ValueError, match="the columns of the stream pauses"):
        stream_rows(log_of(("number", "end_ns"), (1, 2)), "pauses")


def log_of(columns: tuple[str, ...], row: tuple[int, ...]) -> LogContents:
    """A log with one record of the stream of pauses."""
    stream = Stream(columns=columns, rows=np.array([row]), seqs=np.array([0]))
    return LogContents(
        manifest="", streams={"pauses": stream}, events=(), ended=True, unknown_frames=0,
        loss=LogLoss(),
    )  # fmt: skip
