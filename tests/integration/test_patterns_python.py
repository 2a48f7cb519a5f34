"""Every rule for Python on real profiles of a real service that has its pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import examine
from heapwise.diagnose.found import Found
from heapwise.diagnose.registry import RULES, SourceRule
from heapwise.diagnose.rules.python import (
    client_per_request,
    json_dominates,
    live_objects_collected_again,
)
from support.patterns import found_in
from support.patterns_python import PYTHON, collecting, python_case, python_codes, python_service
from support.pyservice import PyService

CODES = [rule.CODE for rule in RULES if isinstance(rule, SourceRule) and "python" in rule.LOOKS]


@pytest.fixture(scope="module")
def service() -> Iterator[PyService]:
    """One service for all cases."""
    with python_service() as running:
        yield running


@pytest.fixture(scope="module")
def sick(service: PyService) -> Case:
    """Every endpoint runs with its pattern."""
    return python_case(service, [f"/{code}/before" for code in python_codes()])


@pytest.fixture(scope="module")
def well(service: PyService) -> Case:
    """Every endpoint runs without."""
    return python_case(service, [f"/{code}/after" for code in python_codes()])


@pytest.fixture(scope="module")
def found(sick: Case) -> tuple[Found, ...]:
    """By the rules that look at source."""
    return found_in(sick)


@pytest.mark.parametrize("code", CODES)
def test_a_pattern_of_python_is_found_where_it_costs(code: str, found: tuple[Found, ...]) -> None:
    """On its own lines, in its own file, with figures that rest on enough samples."""
    mine = [each for each in found if code == each.rule.CODE]
    assert mine, f"{code} is not found"
    for each in mine:
        assert each.match is not None
        assert each.match.span.file.startswith(code.lower())
        assert each.finding.evidence is not None
        assert each.finding.evidence.hits >= 5


def test_nothing_is_found_where_the_patterns_of_python_are_mended(well: Case) -> None:
    """The same endpoints without their patterns: silence."""
    assert [(each.rule.CODE, each.finding.where) for each in found_in(well)] == []


@pytest.mark.parametrize(("side", "count"), [("before", 1), ("after", 0)])
def test_json_is_found_where_it_dominates(service: PyService, side: str, count: int) -> None:
    """Reading and writing, by their call paths, for the service's line; not after it is mended."""
    found = list(json_dominates.find(python_case(service, [f"/HW902/{side}"])))
    assert len(found) == count
    for each in found:
        assert each.where.startswith("hw902_json_dominates.before ")
        assert "reading and writing JSON" in each.title
        assert each.remedy
        assert each.evidence is not None
        assert each.evidence.bytes_share.low >= 0.1


def test_json_beside_much_else_is_no_finding(service: PyService) -> None:
    """One request in twenty reads a document, the others something longer."""
    paths = ["/HW902/before", *["/HW906/before"] * 19]
    assert list(json_dominates.find(python_case(service, paths, requests=3))) == []


def test_a_collector_that_walks_through_what_stays_is_found() -> None:
    """It is the collector's share of the CPU that tells; after the experiment it is gone."""
    with python_service() as service:
        service.call("/collector/keep")
        case = python_case(service, ["/collector/batch"], requests=3)
        sick = replace(case, gc_share=collecting(service, "/collector/batch"))
        service.call("/collector/freeze")
        well = replace(case, gc_share=collecting(service, "/collector/batch"))
    (found,) = live_objects_collected_again.find(sick)
    assert "gc.freeze()" in found.remedy
    assert list(live_objects_collected_again.find(well)) == []


def test_garbage_that_is_freed_at_once_is_no_matter_of_the_collector(service: PyService) -> None:
    """The rate of garbage is another diagnosis: strings and bytes start no collection."""
    case = python_case(service, ["/HW904/before"], requests=3)
    busy = replace(case, gc_share=collecting(service, "/HW904/before"))
    assert list(live_objects_collected_again.find(busy)) == []


@pytest.mark.parametrize(("side", "count"), [("before", 1), ("after", 0)])
def test_a_client_for_one_answer_is_found_without_source(
    service: PyService, side: str, count: int
) -> None:
    """By its call paths; with the source it is one finding, not two."""
    case = python_case(service, [f"/HW903/{side}"], requests=100)
    assert len(list(client_per_request.find(replace(case, source=None)))) == count
    found = [each for each in examine(case) if each.code == client_per_request.CODE]
    assert len(found) == count
    for each in found:
        assert each.where.startswith("hw903_client_per_request.before ")
        assert each.sketch is not None


def test_a_session_for_one_answer_is_found_without_source(service: PyService) -> None:
    """What makes it is the service's own code and no function of the library."""
    case = replace(python_case(service, ["/HW903/session"], requests=100), source=None)
    (found,) = client_per_request.find(case)
    assert found.title == (
        "hw903_client_per_request.session makes a new requests.Session for every call"
    )


def test_both_ways_answer_the_same(service: PyService) -> None:
    """Otherwise the one without would prove nothing."""
    for code in python_codes():
        assert service.call(f"/{code}/before") == service.call(f"/{code}/after")


def test_every_pattern_of_the_python_service_is_a_rule() -> None:
    """And every file of the service is of one pattern, named after it."""
    names = {rule.CODE: rule.NAME.replace("-", "_") for rule in RULES}
    for path in PYTHON.glob("hw*.py"):
        assert path.stem[6:] == names[path.stem[:5].upper()]
