"""Whether the promise of a patch was kept."""

from __future__ import annotations

import pytest

from heapwise.fix.prove import kept


def test_a_promise_is_held_against_what_went() -> None:
    """One is a promise kept to the byte."""
    assert kept(1000.0, 200.0, 230.0) == pytest.approx(1.15)


@pytest.mark.parametrize(
    ("before", "predicted", "measured"),
    [(700.0, 0.74, -3.6), (700.0, None, 5.0), (700.0, 0.0, 5.0), (None, 200.0, None)],
)
def test_a_promise_that_rounds_cannot_tell_is_neither_kept_nor_broken(
    before: float | None, predicted: float | None, measured: float | None
) -> None:
    """Three quarters of an object in 700 are less than two rounds of the same program differ by."""
    assert kept(before, predicted, measured) is None
