"""Oracles say whether the answers stayed right, guards whether the cost moved elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.lab.oracles import (
    GUARDS,
    ORACLES,
    Ruling,
    Seen,
    equal_decompressed_bodies,
    guards_kept,
    response_size_kept,
    same_result,
)

GOOD = b'{"match":true}'
Bodies = st.dictionaries(
    st.integers(0, 3), st.lists(st.binary(max_size=20), min_size=1), min_size=1
)


def answers(*bodies: bytes) -> Seen:
    """One target's answers, 210 bytes each on the wire."""
    return Seen({0: list(bodies)}, 210.0)


def test_equal_answers_hold() -> None:
    """However many were kept of each, the same answers are the same answers."""
    ruling = equal_decompressed_bodies(answers(GOOD, GOOD), answers(GOOD))
    assert ruling.holds
    assert ruling.detail == "1 answers equal those of before"


@pytest.mark.parametrize(
    ("before", "variant", "detail"),
    [
        (answers(GOOD), answers(GOOD, b"{}"), "answers of target 0 differ, as '{}'"),
        (answers(GOOD, b"{}"), answers(GOOD), "answers of target 0 differ, as '{}'"),
        (answers(GOOD), answers(), "no answer was kept for target 0"),
        (answers(), answers(GOOD), "no answer was kept for target 0"),
        (Seen({}, None), Seen({}, None), "answers were not kept for every target of both"),
        (answers(GOOD), Seen({1: [GOOD]}, 1.0), "answers were not kept for every target of both"),
    ],
)
def test_an_answer_too_many_or_too_few_breaks_the_oracle(
    before: Seen, variant: Seen, detail: str
) -> None:
    """A different answer, or none at all, is never taken for an equal one."""
    ruling = equal_decompressed_bodies(before, variant)
    assert not ruling.holds
    assert ruling.detail == detail


def test_a_quoted_answer_cannot_drive_the_terminal() -> None:
    """Answers are quoted short and escaped."""
    ruling = equal_decompressed_bodies(answers(GOOD), answers(b"\x1b[2J" + b"x" * 1000))
    assert "\x1b" not in ruling.detail
    assert len(ruling.detail) < 120


@given(Bodies)
def test_what_was_answered_equals_itself(bodies: dict[int, list[bytes]]) -> None:
    """Order and number of the kept answers do not matter."""
    reordered = {target: [*reversed(kept), kept[0]] for target, kept in bodies.items()}
    assert equal_decompressed_bodies(Seen(bodies, 1.0), Seen(reordered, 1.0)).holds


@pytest.mark.parametrize(
    ("wire", "holds", "detail"),
    [
        (210.0, True, "210.0 → 210.0 B per response (+0.0%)"),
        (220.0, True, "210.0 → 220.0 B per response (+4.8%)"),
        (255.0, False, "210.0 → 255.0 B per response (+21.4%)"),
        (100.0, False, "210.0 → 100.0 B per response (-52.4%)"),
        (None, False, "the bytes on the wire were not measured"),
    ],
)
def test_the_size_guard_allows_five_per_cent(wire: float | None, holds: bool, detail: str) -> None:
    """Answers that grow or shrink show that the compression changed."""
    assert response_size_kept(answers(GOOD), Seen({}, wire), {}) == (holds, detail)


def test_a_lab_may_allow_more_or_less() -> None:
    """What `guards` says of response_bytes goes before the five per cent."""
    before, bigger = Seen({}, 1000.0), Seen({}, 1180.0)
    assert response_size_kept(before, bigger, {"response_bytes": (0.0, 0.2)}).holds
    assert not response_size_kept(before, bigger, {"response_bytes": (0.0, 0.1)}).holds
    assert not response_size_kept(before, before, {"response_bytes": (0.1, 0.2)}).holds


def test_nothing_measured_before_is_no_success() -> None:
    """A guard without a base does not hold."""
    assert not response_size_kept(Seen({}, None), Seen({}, 210.0), {}).holds
    assert not response_size_kept(Seen({}, 0.0), Seen({}, 0.0), {}).holds


ROWS = Seen(result={"rows": 200_000, "sum": 12.5})


@pytest.mark.parametrize(
    ("result", "holds", "detail"),
    [
        ({"sum": 12.5, "rows": 200_000}, True, "sum 12.5, rows 200000"),
        ({"rows": 200_001, "sum": 12.5}, False, "rows is 200001, and was 200000"),
        ({"rows": 200_000}, False, "sum is None, and was 12.5"),
        ({"rows": 200_000, "sum": 12.5, "x": 1}, False, "x is 1, and was None"),
        ({}, False, "there is no result of both"),
        (None, False, "there is no result of both"),
    ],
)
def test_jobs_come_to_the_same_result(
    result: dict[str, float] | None, holds: bool, detail: str
) -> None:
    """One row more than before is what a fast version breaks first."""
    assert same_result(ROWS, Seen(result=result)) == (holds, detail)


def test_a_result_is_quoted_in_part() -> None:
    """A checksum may be long, and must not break a line."""
    ruling = same_result(Seen(result={"text": "a"}), Seen(result={"text": "b\n" * 100}))
    assert not ruling.holds
    assert ruling.detail.isprintable()
    assert len(ruling.detail) < 100


@pytest.mark.parametrize(
    ("ratio", "limit", "ruling"),
    [
        (0.385, (-0.05, 0.05), Ruling(True, "hit 0.385")),
        (0.073, (-0.05, 0.05), Ruling(False, "hit 0.385 → 0.073 (-81.0%)")),
        (0.073, (-0.9, 0.0), Ruling(True, "hit 0.385 → 0.073 (-81.0%)")),
        (0.385, (-0.9, -0.5), Ruling(False, "hit 0.385")),
        (None, (-1.0, 9.0), Ruling(False, "hit was not told by both")),
    ],
)
def test_a_guard_s_figures_stay_within_the_labs_limits(
    ratio: float | None, limit: tuple[float, float], ruling: Ruling
) -> None:
    """A figure that nobody told is never taken for one that was kept."""
    told = {"hit": ratio} if ratio is not None else {}
    assert guards_kept(Seen(guard={"hit": 0.385}), Seen(guard=told), {"hit": limit}) == ruling


def test_one_figure_out_of_its_limits_breaks_the_guard() -> None:
    """All are told, and zero before has no relative change."""
    before, after = Seen(guard={"a": 1.0, "b": 0.0}), Seen(guard={"a": 1.0, "b": 2.0})
    limits = {"a": (0.0, 0.0), "b": (-1.0, 9.0)}
    assert guards_kept(before, after, limits) == (False, "a 1; b 0 → 2")
    assert guards_kept(before, before, limits).holds


def test_rules_go_by_their_functions_names() -> None:
    """What lab.toml names is what the code calls it."""
    assert set(ORACLES) == {"equal_decompressed_bodies", "equal_json_answers", "same_result"}
    assert set(GUARDS) == {"response_size_kept", "guards_kept"}
