"""Every source rule on real profiles of a real Go service that has its pattern."""

from __future__ import annotations

from functools import cache

import pytest

from heapwise.diagnose.found import Found
from heapwise.diagnose.registry import RULES, SourceRule
from support.patterns import GO, found_in, go_case, go_codes

pytestmark = pytest.mark.go

EXPERIMENTS = {"HW806"}
"""What only compiles with a GOEXPERIMENT, for which all of the standard library is built anew."""

CODES = [
    rule.CODE
    for rule in RULES
    if isinstance(rule, SourceRule) and "go" in rule.LOOKS and rule.CODE not in EXPERIMENTS
]


@cache
def sick() -> tuple[Found, ...]:
    """Found while every endpoint runs with its pattern, in one run."""
    return found_in(go_case([f"/{code}/before" for code in go_codes()], requests=80))


@cache
def well() -> tuple[Found, ...]:
    """Found while every endpoint runs without."""
    return found_in(go_case([f"/{code}/after" for code in go_codes()]))


@pytest.mark.parametrize("code", CODES)
def test_a_pattern_is_found_where_it_costs(code: str) -> None:
    """On its own lines, in its own file, with figures that rest on enough samples."""
    mine = [each for each in sick() if code == each.rule.CODE]
    assert mine, f"{code} is not found"
    for each in mine:
        assert each.finding.place is not None
        assert each.finding.place.file.startswith(code.lower())
        assert each.finding.evidence is not None
        assert each.finding.evidence.hits >= 5


def test_nothing_is_found_where_the_patterns_are_mended() -> None:
    """The same endpoints without their patterns: silence."""
    assert [(each.rule.CODE, each.finding.where) for each in well()] == []


def test_every_pattern_of_the_service_is_a_rule() -> None:
    """And every file of the service is of one pattern, named after it."""
    assert set(go_codes()) <= {rule.CODE for rule in RULES}
    files = {path.name[:5].upper() for path in GO.glob("hw*.go")}
    assert files == set(go_codes())
