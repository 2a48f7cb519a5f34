"""Rounds go on until there is a reason to stop, and what was made is not made again.

The rounds of these verifications are on disk already: whatever would start a service fails for
want of one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.model.verify import Settings
from heapwise.verify.journal import Journal
from heapwise.verify.rounds import (
    ALL_ROUNDS,
    DECIDED,
    OUT_OF_TIME,
    Standing,
    make_rounds,
    run_ns,
)
from support import runs
from support.verifications import journal

LESS = ([100.0, 101.0, 102.0] * 4, [50.0, 51.0, 52.0] * 4)
SAME = ([100.0, 130.0, 160.0] * 4, [101.0, 131.0, 161.0] * 4)


def refuse(_standing: Standing) -> None:
    """No round may begin."""
    raise AssertionError("a round began")


def sequential(budget_s: float = 0, rounds: int = 12, looks: tuple[int, ...] = (8, 12)) -> Settings:
    """Rounds until all is decided."""
    return Settings(
        rounds=rounds, until_decided=True, budget_ns=round(budget_s * 1e9), looks=looks,
        keep_recordings=False, cooldown_ns=0,
    )  # fmt: skip


def made(
    folder: Path, sides: tuple[list[float], list[float]], count: int, settings: Settings
) -> Journal:
    """A verification with so many rounds, which goes on."""
    base, new = sides
    begun = journal(folder / "a.verify", base[:count], new[:count], settings=settings)
    begun.stop("")
    return begun


def test_a_fixed_number_of_rounds_ends_there(tmp_path: Path) -> None:
    """Six of six: nothing is looked at on the way."""
    with made(tmp_path, SAME, 6, Settings(rounds=6, keep_recordings=False)) as begun:
        make_rounds(begun, {}, notify=refuse)
        assert begun.state.stopped == ALL_ROUNDS
        assert begun.state.looks == ()


def test_the_first_look_that_decides_ends_it(tmp_path: Path) -> None:
    """Half of the bytes are gone after eight rounds of twelve, at that look's part of alpha."""
    with made(tmp_path, LESS, 8, sequential()) as begun:
        make_rounds(begun, {}, notify=refuse)
        (look,) = begun.state.looks
        assert begun.state.stopped == DECIDED
    assert (look.rounds, look.undecided) == (8, ())
    assert look.alpha == pytest.approx(0.0164, abs=1e-4)


def test_an_open_question_goes_on(tmp_path: Path) -> None:
    """Where the look leaves something undecided the next round begins."""
    with (
        made(tmp_path, SAME, 8, sequential()) as begun,
        pytest.raises(AssertionError, match="a round began"),
    ):
        make_rounds(begun, {}, notify=refuse)
    assert begun.state.looks[0].undecided == ("bytes/work",)
    assert begun.state.stopped == ""


def test_a_look_is_taken_once(tmp_path: Path) -> None:
    """A verification that goes on does not spend alpha for the same look again."""
    with made(tmp_path, SAME, 8, sequential(rounds=8, looks=(8,))) as begun:
        make_rounds(begun, {}, notify=refuse)
        begun.stop("")
        make_rounds(begun, {}, notify=refuse)
        assert len(begun.state.looks) == 1


@pytest.mark.parametrize(("budget_s", "goes_on"), [(39.0, False), (41.0, True)])
def test_no_block_begins_that_would_end_too_late(
    tmp_path: Path, budget_s: float, *, goes_on: bool
) -> None:
    """Sixteen runs took two seconds each, and the next block of four takes eight more."""
    with made(tmp_path, SAME, 8, sequential(budget_s)) as begun:
        if goes_on:
            with pytest.raises(AssertionError, match="a round began"):
                make_rounds(begun, {}, notify=refuse)
        else:
            make_rounds(begun, {}, notify=refuse)
    assert begun.state.stopped == ("" if goes_on else OUT_OF_TIME)


def test_the_length_of_a_run_is_known_before_the_first() -> None:
    """Warm-up, load, cool-down, and two seconds for what is around them."""
    settings = Settings(cooldown_ns=2_000_000_000)
    assert run_ns(runs.plan(seconds=10), settings) == 17_000_000_000
