"""The directory of a verification is whole after every run, and nothing in it is lost by chance."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import RecordingError, UsageError
from heapwise.model.recording import Scope
from heapwise.model.verify import BASE, NEW, Settings
from heapwise.verify.journal import PLAN, STATE, Journal, is_verification, read_state
from heapwise.verify.verdict import conclude, foretold, inconclusive
from support import runs
from support.verifications import attempt, journal, report, state


def test_what_was_made_is_read_back(tmp_path: Path) -> None:
    """State, plan and analyses survive the process that wrote them."""
    with journal(tmp_path / "a.verify", [10.0, 11.0], [5.0, 6.0]) as made:
        written = made.state
    with Journal.resume(tmp_path / "a.verify") as resumed:
        assert resumed.state == written
        assert resumed.plan == runs.plan()
        again = resumed.reports(resumed.state.attempts)
    assert [each.metrics[0].value for each in again] == [10.0, 5.0, 11.0, 6.0]
    assert is_verification(tmp_path / "a.verify")


def test_only_one_process_writes(tmp_path: Path) -> None:
    """A second one is told to wait."""
    with (
        journal(tmp_path / "a.verify", [1.0], [1.0]),
        pytest.raises(RecordingError, match="is being written by another heapwise"),
    ):
        Journal.resume(tmp_path / "a.verify")


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    """A verification that is there is offered to be resumed; --force replaces it and no more."""
    directory = tmp_path / "a.verify"
    with journal(directory, [1.0], [1.0]):
        pass
    (directory / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="exists already") as refused:
        Journal.create(directory, state(), runs.plan(), force=False)
    assert "--resume" in refused.value.hint
    with Journal.create(directory, state(), runs.plan(), force=True) as replaced:
        assert replaced.state.attempts == ()
        names = sorted(path.name for path in directory.iterdir())
        assert names == ["lock", "mine.txt", PLAN, STATE]


def test_force_replaces_verifications_only(tmp_path: Path) -> None:
    """A folder with something else in it is never touched."""
    (tmp_path / "precious.txt").write_text("x")
    with pytest.raises(UsageError, match="is no verification"):
        Journal.create(tmp_path, state(), runs.plan(), force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_verification_that_made_nothing_leaves_nothing(tmp_path: Path) -> None:
    """Where the first run cannot even start, the name is free for the next try."""
    with Journal.create(tmp_path / "a.verify", state(), runs.plan(), force=False):
        pass
    assert list(tmp_path.iterdir()) == []


def test_repetitions_have_names_of_their_own(tmp_path: Path) -> None:
    """No recording takes the place of another, not even of one that the journal does not know."""
    with journal(tmp_path / "a.verify", [1.0], [1.0]) as made:
        assert made.free_path(1, BASE).name == "round-01-base.2.hw"
        (made.directory / "round-01-base.2.hw").mkdir()
        assert made.free_path(1, BASE).name == "round-01-base.3.hw"
        assert made.free_path(12, NEW).name == "round-12-new.hw"


@given(damage=st.binary(max_size=300))
def test_a_damaged_journal_is_an_error_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, damage: bytes
) -> None:
    """Whatever bytes are there instead of a state, it is a recording that cannot be read."""
    directory = tmp_path_factory.mktemp("damaged")
    (directory / STATE).write_bytes(damage)
    with pytest.raises(RecordingError):
        read_state(directory)


def test_a_journal_cannot_lead_elsewhere(tmp_path: Path) -> None:
    """A name that is no recording's is damage, not a path to open."""
    directory = tmp_path / "a.verify"
    with journal(directory, [1.0], [1.0]) as made:
        written = made.state
    evil = msgspec.structs.replace(written.attempts[0], recording="../../etc/passwd")
    changed = msgspec.structs.replace(written, attempts=(evil,))
    (directory / STATE).write_bytes(msgspec.json.encode(changed))
    with pytest.raises(RecordingError, match="no name of a recording"):
        read_state(directory)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """It says which heapwise wrote it."""
    (tmp_path / STATE).write_bytes(msgspec.json.encode(state(format=99, tool="9.9.9")))
    with pytest.raises(RecordingError, match=r"heapwise 9\.9\.9 wrote it in a newer format"):
        read_state(tmp_path)


def test_the_verdict_is_of_whole_rounds(tmp_path: Path) -> None:
    """A round that one side lacks counts for neither."""
    with journal(tmp_path / "a.verify", [10.0] * 6, [5.0] * 6) as made:
        made.add(attempt(7, BASE), report(7, BASE, bytes=99.0))
        verification = conclude(made, "a.verify")
    row = next(row for row in verification.comparison.rows if row.metric == "bytes/work")
    assert verification.comparison.rounds == (6, 6)
    assert row.verdict.value == "better"
    assert len(verification.counted) == 12
    assert not inconclusive(verification)
    assert verification.next_command == "heapwise gate a.verify"


def test_a_run_made_again_takes_the_place_of_the_spoiled_one(tmp_path: Path) -> None:
    """The spoiled run's figures are in no median."""
    with Journal.create(tmp_path / "a.verify", state(), runs.plan(), force=False) as made:
        spoiled = attempt(1, BASE, scope=Scope.ALL, spoiled=("the service died",))
        made.add(spoiled, report(1, BASE, bytes=1e9))
        again = attempt(1, BASE, number=2, recording="round-01-base.2.hw")
        made.add(again, report(1, BASE, bytes=10.0))
        for number, name in ((1, NEW), (2, NEW), (2, BASE)):
            made.add(attempt(number, name), report(number, name, bytes=10.0))
        verification = conclude(made, "a.verify")
    row = next(row for row in verification.comparison.rows if row.metric == "bytes/work")
    assert row.before == 10.0
    assert "round-01-base.hw" not in verification.counted
    assert any("1 spoiled run" in line for line in verification.comparison.how)


def test_rounds_until_all_is_decided_ask_for_every_metric(tmp_path: Path) -> None:
    """One that is better leaves the others open; a fixed number of rounds is content with it."""
    for until in (True, False):
        settings = Settings(until_decided=until, looks=(6,), keep_recordings=False)
        with Journal.create(
            tmp_path / f"{until}.verify", state(settings=settings), runs.plan(), force=False
        ) as made:
            for number in range(1, 7):
                for name, size in ((BASE, 10.0), (NEW, 5.0)):
                    noisy = 1e6 * (1 + number % 3 * 0.5)
                    made.add(attempt(number, name), report(number, name, bytes=size, p99=noisy))
            made.stop("all rounds made")
            assert inconclusive(conclude(made, "x")) is until


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("allocs/req -60%", {"allocs/work": -0.6}),
        ("bytes/req −97.5 %, latency.p99 +3%", {"bytes/work": -0.975, "latency.p99": 0.03}),
        ("CPU/req -10%", {"cpu/work": -0.1}),
        ("half of the garbage goes", {}),
        ("speed +50%", {}),
        ("", {}),
    ],
)
def test_predictions_are_read_where_they_name_a_metric(
    text: str, expected: dict[str, float]
) -> None:
    """Everything else is kept in words only."""
    assert foretold(text) == pytest.approx(expected)
