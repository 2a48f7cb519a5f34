"""Baselines as files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from heapwise.errors import RecordingError, UsageError
from heapwise.model.baseline import FORMAT, Baseline
from heapwise.model.report import Timeline
from heapwise.verify.baselines import all_of, find, make_baseline, read, save
from support import reports

HERE, ELSEWHERE = "0123456789abcdef", "fedcba9876543210"


def saved(folder: Path, name: str = "main", fingerprint: str = HERE, at: str = "") -> Path:
    """A baseline of two rounds."""
    baseline = make_baseline(name, fingerprint, [reports.before(), reports.after()])
    return save(replace(baseline, saved=at or baseline.saved), folder)


def test_a_baseline_gives_back_what_comparing_needs(tmp_path: Path) -> None:
    """Metrics, findings and owners are kept; the curves are not."""
    found = read(saved(tmp_path))
    before, after = found.rounds
    assert before == replace(reports.before(), timeline=Timeline())
    assert after.metrics == reports.after().metrics
    assert (found.name, found.fingerprint) == ("main", HERE)


def test_the_machines_own_baseline_comes_first(tmp_path: Path) -> None:
    """Even where another machine's is newer."""
    saved(tmp_path, fingerprint=HERE, at="2026-01-01T00:00:00+00:00")
    saved(tmp_path, fingerprint=ELSEWHERE, at="2026-02-01T00:00:00+00:00")
    assert find(tmp_path, "main", HERE).fingerprint == HERE
    assert find(tmp_path, "main", "00").fingerprint == ELSEWHERE


def test_a_missing_baseline_names_the_command_that_makes_one(tmp_path: Path) -> None:
    """Exit code 2: a gate without a base is set up wrongly."""
    with pytest.raises(UsageError, match=r"heapwise baseline save --dir .* --name main RECORDING"):
        find(tmp_path / "none", "main", HERE)


def test_saving_again_replaces(tmp_path: Path) -> None:
    """One file for a name and a machine."""
    assert saved(tmp_path) == saved(tmp_path)
    assert len(all_of(tmp_path)) == 1


def test_a_name_with_dashes_is_told_from_its_machine(tmp_path: Path) -> None:
    """The fingerprint is what stands behind the last dash."""
    saved(tmp_path, name="release-1.2")
    saved(tmp_path, name="release")
    assert len(all_of(tmp_path, "release")) == 1
    assert find(tmp_path, "release-1.2", HERE).name == "release-1.2"


@pytest.mark.parametrize("name", ["", "../main", "a/b", ".hidden", "x" * 65, "a b"])
def test_a_name_must_do_for_a_file(name: str) -> None:
    """It never leaves its folder."""
    with pytest.raises(UsageError, match="not a name for a baseline"):
        make_baseline(name, HERE, [reports.before()])


def test_a_baseline_of_another_version_is_told(tmp_path: Path) -> None:
    """With what to do about it."""
    path = saved(tmp_path)
    path.write_bytes(msgspec.json.encode(replace(read(path), format=FORMAT + 1)))
    with pytest.raises(RecordingError, match="save it again"):
        read(path)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200) | st.sampled_from([b'{"format": 1}', b"[]", b'{"a":' * 100_000]))
def test_any_bytes_are_a_baseline_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Files from outside never end in a traceback."""
    path = tmp_path_factory.mktemp("baseline") / f"main-{HERE}.json"
    path.write_bytes(data)
    try:
        assert isinstance(read(path), Baseline)
    except RecordingError as error:
        assert str(path) in str(error)  # noqa: PT017 - an error is no failure here
