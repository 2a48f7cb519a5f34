"""Oracles say whether the answers stayed right, guards whether the cost moved elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.lab.oracles import (
    RULES,
    Seen,
    equal_decompressed_bodies,
    response_size_kept,
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
    assert response_size_kept(answers(GOOD), Seen({}, wire)) == (holds, detail)


def test_nothing_measured_before_is_no_success() -> None:
    """A guard without a base does not hold."""
    assert not response_size_kept(Seen({}, None), Seen({}, 210.0)).holds
    assert not response_size_kept(Seen({}, 0.0), Seen({}, 0.0)).holds


def test_rules_go_by_their_functions_names() -> None:
    """What lab.toml names is what the code calls it."""
    assert set(RULES) == {"equal_decompressed_bodies", "response_size_kept"}
