"""The text report of a search for the knee."""

from __future__ import annotations

import pytest

from heapwise.model.knee import Ended, Knee, KneeStep
from heapwise.report.knee_text import render_knee

STEP = KneeStep(
    rate=100.0, sent=1000, failed=0.0, unsent=0.0, p50=1e6, p99=2e6, service_p99=2e6, lag_p99=5e4
)
BROKEN = KneeStep(
    rate=225.0, sent=300, failed=0.5, unsent=0.0, p50=1e6, p99=9e6, service_p99=9e6, lag_p99=5e4,
    broke="p99",
)  # fmt: skip


def knee(ended: Ended, low: float | None = 100.0, high: float | None = 225.0) -> Knee:
    """A knee after two steps."""
    return Knee(
        ended=ended, low=low, high=high, p99_limit=6e6, p99_base=2e6, tries=4, steps=(STEP, BROKEN)
    )


def test_the_knee_its_limits_and_every_step_are_told() -> None:
    """One line for where it is, one for what was asked of a step, and one for each step."""
    lines = render_knee(knee(Ended.FOUND)).splitlines()
    assert lines[0] == "knee       150/s: 100/s held 4 times of 4, 225/s broke 4 times of 4"
    assert lines[1] == (
        "limits     p99 of 6.00 ms, 3 × that of 100/s · 1 % failed · 0.1 % never sent"
    )
    rows = [" ".join(line.split()) for line in lines[4:]]
    assert rows == [
        "100/s 1,000 0 % 1.00 ms 2.00 ms 50.0 µs held",
        "225/s 300 50.0 % 1.00 ms 9.00 ms 50.0 µs broke: p99",
    ]


@pytest.mark.parametrize(
    ("ended", "low", "high", "words"),
    [
        (
            Ended.GENERATOR, 100.0, None,
            "100/s held; beyond that the generator, not the service, was at its end",
        ),
        (Ended.GENERATOR, 100.0, 225.0, "100/s held, 225/s broke; beyond that the generator"),
        (Ended.NO_RATE_HELD, None, 100.0, "below the lowest rate, which did not hold: start lower"),
        (Ended.INTERRUPTED, None, None, "no rate held for certain when it was interrupted"),
        (Ended.OUT_OF_STEPS, 100.0, None, "100/s held; 2 steps found no more"),
    ],
)  # fmt: skip
def test_what_was_not_found_is_not_claimed(
    ended: Ended, low: float | None, high: float | None, words: str
) -> None:
    """Each other end says how far the search came, and what ended it."""
    assert f"knee       {words}" in render_knee(knee(ended, low, high))


def test_a_limit_that_was_given_is_told_as_it_is() -> None:
    """Without the rate it would have been taken from."""
    given = Knee(
        ended=Ended.INTERRUPTED, low=None, high=None, p99_limit=5e6, p99_base=0.0, tries=4, steps=()
    )
    assert "limits     p99 of 5.00 ms · 1 % failed" in render_knee(given)
