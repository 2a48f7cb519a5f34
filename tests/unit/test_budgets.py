"""The grammar of budgets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.formats.budgets import parse_budget
from heapwise.model.metrics import CATALOGUE


@pytest.mark.parametrize(
    ("text", "metric", "work", "above", "relative", "amount"),
    [
        ("bytes/req > +5%", "bytes/work", "req", True, True, 0.05),
        ("B/row>64KiB", "bytes/work", "row", True, False, 65536.0),
        ("allocs/req > 12", "allocs/work", "req", True, False, 12.0),
        ("allocs/msg > 1,200", "allocs/work", "msg", True, False, 1200.0),
        ("latency.p99 > +10%", "latency.p99", "", True, True, 0.1),
        ("latency.p99 >= 20ms", "latency.p99", "", True, False, 20e6),
        ("gc.cpu_share > 5%", "gc.cpu_share", "", True, False, 0.05),
        ("errors.share > 0", "errors.share", "", True, False, 0.0),
        ("rate.achieved < 900/s", "rate.achieved", "", False, False, 900.0),
        ("rate.achieved < -2.5 %", "rate.achieved", "", False, True, -0.025),
        ("  rss.peak   >  256MiB ", "rss.peak", "", True, False, float(256 << 20)),
    ],
)
def test_a_budget_names_a_metric_a_side_and_an_amount(
    text: str, metric: str, work: str, above: bool, relative: bool, amount: float
) -> None:
    """A sign and a per cent mean a change, anything else a value in the metric's unit."""
    budget = parse_budget(text)
    assert (budget.metric, budget.work_unit, budget.above) == (metric, work, above)
    assert budget.relative is relative
    assert budget.amount == pytest.approx(amount)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("", 1, "a metric"),
        ("> 5%", 1, "a metric"),
        ("bytes/req", 10, "> or <"),
        ("bytes/req 5%", 10, "> or <"),
        ("bytes/req > ", 13, "a size"),
        ("bytes/req > much", 13, "a size"),
        ("bytes/req > 5%", 13, "a size"),
        ("latency.p99 > 20", 15, "a duration"),
        ("allocs/req > -3", 14, "a number"),
        ("allocs/req > nan", 14, "a number"),
        ("gc.cpu_share > five", 16, "a share"),
        ("rate.achieved < 0", 17, "a rate"),
        (f"bytes/req > {'1' * 300}", 201, "the end"),
    ],
)
def test_what_is_no_budget_is_told_with_its_place(text: str, column: int, expected: str) -> None:
    """The column, what belongs there, and the grammar."""
    with pytest.raises(UsageError) as error:
        parse_budget(text)
    assert f"at column {column} {expected}" in str(error.value)
    assert "write METRIC > AMOUNT" in str(error.value)


def test_an_unknown_metric_is_told_with_those_there_are() -> None:
    """The list names metrics as they are written."""
    with pytest.raises(UsageError, match=r"no such metric: 'latncy'.*latency\.p99"):
        parse_budget("latncy > 3ms")


@pytest.mark.parametrize("metric", CATALOGUE)
def test_every_metric_can_be_budgeted(metric: str) -> None:
    """Relative budgets need no unit."""
    assert parse_budget(f"{metric.replace('/work', '/req')} > +1%").metric == metric


@settings(deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[a-z./]+ ?[<>]=? ?[+-]?\d+[a-zA-Z%/]*"))
def test_any_text_is_a_budget_or_one_clear_error(text: str) -> None:
    """Nothing else escapes."""
    try:
        assert parse_budget(text).metric in CATALOGUE
    except UsageError as error:
        assert "\n" not in str(error) or "\n" in text  # noqa: PT017 - an error is no failure here
