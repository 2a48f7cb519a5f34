"""A verification says what was compared, what was made again, and what was promised in vain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from heapwise.model.comparison import Verdict
from heapwise.model.recording import Problem, Scope
from heapwise.model.verify import ABLATED, BASE, NEW, Settings, Verification
from heapwise.report.verify_markdown import render_verification_markdown
from heapwise.report.verify_text import render_verification
from heapwise.verify.verdict import conclude
from support.runs import finding
from support.verifications import attempt, journal, report, side


@pytest.fixture
def same(tmp_path: Path) -> Verification:
    """Six rounds in which nothing changed, though 60 % was foretold; one run was made again."""
    settings = Settings(predicted={"bytes/work": -0.6}, keep_recordings=False)
    with journal(
        tmp_path / "a.verify", [100.0, 100.1] * 3, [100.1, 100.0] * 3, settings=settings,
        hypothesis="a pool helps",
        warnings=(Problem(scope=Scope.NONE, what="two changes at once: A, B", remedy="one"),),
    ) as made:  # fmt: skip
        late = attempt(
            6, NEW, recording="round-06-new.2.hw", scope=Scope.LATENCY, spoiled=("late by 9 ms",)
        )
        made.add(late, report(6, NEW, bytes=100.0))
        return conclude(made, "a.verify")


def test_a_promise_that_was_not_kept_is_told(same: Verification) -> None:
    """What was foretold stands beside what was measured, with its interval."""
    text = render_verification(same)
    assert "Not better where it was promised" in text
    assert "B/req: -60.0 % was foretold, " in text
    assert ": same\n" in text


def test_spoiled_runs_are_listed(same: Verification) -> None:
    """With the round, the side and the reason."""
    text = render_verification(same)
    assert "Spoiled runs" in text
    assert "late by 9 ms" in text


def test_warnings_come_first(same: Verification) -> None:
    """Two changes at once are said before any figure."""
    text = render_verification(same)
    assert text.index("WARNING  two changes at once") < text.index("B/req")
    assert "hypothesis  a pool helps" in text


def test_an_undecided_row_refutes_a_promise_only_by_its_interval(same: Verification) -> None:
    """Where the interval still holds what was promised nothing is said."""
    (row, *others) = same.comparison.rows
    for low, told in ((-0.7, False), (-0.1, True)):
        open_ = msgspec.structs.replace(row, verdict=Verdict.UNDECIDED, delta_low=low)
        comparison = msgspec.structs.replace(same.comparison, rows=(open_, *others))
        text = render_verification(msgspec.structs.replace(same, comparison=comparison))
        assert ("Not better where it was promised" in text) is told


def test_the_bound_of_an_ablation_stands_apart(tmp_path: Path) -> None:
    """What is gained without it entirely is outside the table of the two sides."""
    sides = (side(BASE), side(NEW), side(ABLATED, "./svc -compress=false"))
    with journal(
        tmp_path / "a.verify", [], [], sides=sides, stopped="all rounds made"
    ) as made:  # fmt: skip
        for number in (1, 2):
            for name, size in ((BASE, 1000.0), (NEW, 500.0), (ABLATED, 100.0)):
                made.add(attempt(number, name), report(number, name, bytes=size))
        verification = conclude(made, "a.verify")
    text = render_verification(verification)
    assert "Without it entirely (./svc -compress=false): no change of it can gain more" in text
    assert verification.comparison.rounds == (2, 2)
    assert verification.ablation is not None


@pytest.mark.parametrize("render", [render_verification, render_verification_markdown])
def test_what_is_left_to_mend_is_told(
    same: Verification, render: Callable[[Verification], str]
) -> None:
    """Findings of the new side by code and place, the floor where there are none."""
    left = msgspec.structs.replace(same, left=(finding("HW101"),))
    assert "left: HW101 " in render(left)
    assert "floor reached" not in render(left)
    assert "floor reached" in render(msgspec.structs.replace(same, left=()))


def test_a_side_that_could_not_be_diagnosed_has_no_floor(same: Verification) -> None:
    """Nothing is found where nobody looked."""
    assert same.left is None
    assert "floor reached" not in render_verification(same)


def test_markdown_is_fit_for_a_pull_request(same: Verification) -> None:
    """The verdict, the sides, a table and how it was measured; no name becomes markup."""
    evil = msgspec.structs.replace(
        same, state=msgspec.structs.replace(same.state, hypothesis="<b>@everyone</b> | x")
    )
    text = render_verification_markdown(evil)
    assert text.startswith("**no change of 2.0 % or more")
    assert "- base: `./base`\n- new: `./new`\n" in text
    assert "- **two changes at once: A, B**" in text
    assert "| B/req | 100.1 B" in text.replace("100.0 B", "100.1 B")
    assert "<summary>How it was measured</summary>" in text
    assert "<b>" not in text
    assert "@everyone" not in text
