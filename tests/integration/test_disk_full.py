"""The disk fills up while a recording is written: what was there stays, and the run is told.

On a small tmpfs where we may mount one (as root), else the row is skipped and says so; under a
limit on file sizes (RLIMIT_FSIZE) everywhere.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from heapwise.errors import RecordingError
from heapwise.model.load import Hits
from heapwise.model.recording import State
from heapwise.record.store import RecordingWriter, load
from support.disks import largest_file, small_disk
from support.recordings import manifest

STEP = 1 if os.environ.get("HEAPWISE_FULL") == "1" else 3
SIZES = [int(48_000 * 1.3**number) for number in range(0, 20, STEP)]
"""Bytes of the disk or of the largest file, up to 7 MB: 20 sizes in test-long."""


def write_until_full(path: Path, size: int) -> list[Hits]:
    """Write incompressible hits, a 200th of the size at a time; return those that were taken.

    The error must name the place and what is left, and the recording must still be ended.
    """
    random = np.random.default_rng(0)
    width = len(Hits.columns())
    taken: list[Hits] = []

    def write() -> None:
        while len(taken) < 1000:
            rows = random.integers(0, 1 << 62, (size // (200 * 8 * width) + 1, width))
            some = Hits.from_rows(rows)
            writer.hits(some)
            taken.append(some)
            time.sleep(0.001)

    with RecordingWriter.create(path, manifest()) as writer:
        with pytest.raises(RecordingError, match=r"cannot write the recording .*a\.hw") as caught:
            write()
        assert " free)" in caught.value.why
        assert "stays readable" in caught.value.hint
        writer.finish()
    return taken


def check(path: Path, taken: list[Hits]) -> None:
    """An exact prefix is there, and what is missing is counted."""
    read = load(path)
    rows = np.concatenate([some.rows() for some in taken])
    assert np.array_equal(read.hits.rows(), rows[: len(read.hits)])
    assert read.loss.lost_records == len(rows) - len(read.hits)
    assert read.loss.damaged_bytes == 0
    assert read.state is State.INTERRUPTED
    assert (path / "summary.json").exists()
    assert any("the recording stops early: " in problem.what for problem in read.problems)


@pytest.mark.parametrize("size", SIZES)
def test_on_a_full_disk_the_recording_ends_readable_and_the_run_is_told(
    tmp_path: Path, size: int
) -> None:
    """Whatever the size of the disk, its reserve holds the end of the log and the summary."""
    with small_disk(tmp_path / "disk", size) as disk:
        check(disk / "a.hw", write_until_full(disk / "a.hw", size))


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_may_not_grow_ends_readable_too(tmp_path: Path, size: int) -> None:
    """Under RLIMIT_FSIZE there is space on the disk, only not in the log."""
    with largest_file(size):
        taken = write_until_full(tmp_path / "a.hw", size)
    check(tmp_path / "a.hw", taken)


def test_a_profile_that_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """Who hands it over is told at once; the log and the summary still fit."""
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        path = disk / "a.hw"
        with RecordingWriter.create(path, manifest()) as writer:
            writer.event(1, "marker")
            with pytest.raises(RecordingError, match="No space left"):
                writer.profile("heap", bytes(2 << 20))
            writer.finish()
        read = load(path)
        assert list((path / "profiles").iterdir()) == []
        assert (len(read.events), read.state) == (1, State.INTERRUPTED)


def test_a_failure_nobody_heard_of_is_raised_at_the_end(tmp_path: Path) -> None:
    """A run whose last records did not fit must not look like a success."""
    with small_disk(tmp_path / "disk", 256 << 10) as disk:
        random = np.random.default_rng(0)
        with RecordingWriter.create(disk / "a.hw", manifest()) as writer:
            rows = random.integers(0, 1 << 62, (4000, len(Hits.columns())))
            writer.hits(Hits.from_rows(rows))
            with pytest.raises(RecordingError, match="No space left"):
                writer.finish()
        assert load(disk / "a.hw").loss.lost_records > 0


def test_a_disk_that_is_full_from_the_start_is_one_clear_error(tmp_path: Path) -> None:
    """Nothing is half begun: a second try finds no directory in its way."""
    with small_disk(tmp_path / "disk", 64 << 10) as disk:
        with (disk / "ballast").open("wb") as ballast, suppress(OSError):
            ballast.write(bytes(1 << 20))
        with pytest.raises(RecordingError, match=r"a\.hw: No space left on device \(0 B free\)"):
            RecordingWriter.create(disk / "a.hw", manifest())
        assert not (disk / "a.hw").exists()
