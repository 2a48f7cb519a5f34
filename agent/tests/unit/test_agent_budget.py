"""How often something expensive may be done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.budget import TokenBucket


@given(
    burst=st.integers(1, 20),
    rate=st.floats(0.01, 100),
    steps=st.lists(st.floats(0, 100), max_size=60),
)
def test_never_more_is_allowed_than_the_burst_and_what_came_since(
    burst: int, rate: float, steps: list[float]
) -> None:
    """Whatever the rhythm of the requests."""
    now = 0.0
    bucket = TokenBucket(burst, rate, clock=lambda: now)
    allowed = 0
    for step in steps:
        now += step
        allowed += bucket.take() == 0.0
        assert allowed <= burst + rate * now + 1e-6


def test_an_empty_bucket_says_when_to_come_back() -> None:
    """And keeps its word."""
    now = 0.0
    bucket = TokenBucket(1, 0.1, clock=lambda: now)
    assert bucket.take() == 0.0
    assert bucket.take() == pytest.approx(10)
    now = 10.001
    assert bucket.take() == 0.0
