"""Go's order of versions, and which of them a known defect is in."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.frames import FAMILIES
from heapwise.diagnose.advisories import advisories, known_defect
from heapwise.diagnose.go_versions import parse

CHI = "github.com/go-chi/chi"

ASCENDING = [
    "v0.0.0-20190101000000-0123456789ab",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.9.0",
    "v1.10.0",
    "v4.0.2+incompatible",
    "v4.0.3-0.20190226162003-0123456789ab",
    "v4.0.3-0.20191031103402-221acf29d02b+incompatible",
    "v4.0.3-rc1",
    "v4.0.3",
    "v10.0.0",
]


def test_versions_are_ordered_as_go_orders_them() -> None:
    """Semantic versioning's own example, pseudo-versions before their release, numbers by value."""
    for lower, higher in itertools.pairwise(map(parse, ASCENDING)):
        assert lower is not None
        assert higher is not None
        assert lower < higher


def test_the_incompatible_mark_does_not_count() -> None:
    """It says that there was no go.mod, not that the code differs."""
    assert parse("v4.0.2+incompatible") == parse("v4.0.2")


@pytest.mark.parametrize("text", ["", "v1", "v1.2", "1.x.0", "latest", "v1.2.3.4", "v1.2.3-", "v²"])
def test_what_is_no_version_is_not_read_as_one(text: str) -> None:
    """A branch name or half a version is not compared with anything."""
    assert parse(text) is None


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    """File names come from outside; none of them raises."""
    parse(text)
    known_defect(f"{CHI}@{text}")


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ("v1.0.0", "v1.5.0"),
        ("v2.1.0+incompatible", "v4.0.3"),
        ("v3.3.4+incompatible", "v4.0.3"),
        ("v4.0.2+incompatible", "v4.0.3"),
        ("v4.0.3-0.20190226170000-0123456789ab+incompatible", "v4.0.3"),
    ],
)
def test_sick_releases_of_chi_name_the_release_that_fixes_them(version: str, fixed: str) -> None:
    """4.0.2 was the latest for ten months and is as sick as 3.3.4."""
    defect = known_defect(f"{CHI}@{version}")
    assert defect is not None
    assert (defect[0].id, defect[1]) == ("chi-compress", fixed)


@pytest.mark.parametrize(
    "module",
    [
        f"{CHI}@v4.0.3+incompatible",
        f"{CHI}@v4.1.2+incompatible",
        # The commit that the case study moved to, before there was a release:
        f"{CHI}@v4.0.3-0.20191031103402-221acf29d02b+incompatible",
        # v5 under its old path: released after v4.1.2, lower by order.
        f"{CHI}@v1.5.0",
        f"{CHI}@v1.5.5",
        f"{CHI}/v5@v5.0.7",
        "github.com/labstack/echo/v4@v4.2.0",
        "example.com/chi@v3.3.4",
        "",
    ],
)
def test_cured_releases_are_left_in_peace(module: str) -> None:
    """Neither a fixed release nor another module is ever named."""
    assert known_defect(module) is None


def test_echo_before_its_pool_is_sick() -> None:
    """v4.1.17 builds a gzip.Writer a response, v4.2.0 pools them."""
    defect = known_defect("github.com/labstack/echo/v4@v4.1.17")
    assert defect is not None
    assert defect[1] == "v4.2.0"


@pytest.mark.parametrize(
    ("module", "last_sick", "fixed"),
    [
        ("github.com/prometheus/client_golang", "v0.9.0", "v0.9.1"),
        ("github.com/Shopify/sarama", "v1.20.0", "v1.20.1"),
        ("github.com/segmentio/kafka-go", "v0.2.2", "v0.2.3"),
        ("google.golang.org/grpc", "v1.66.1", "v1.66.2"),
    ],
)
def test_the_last_sick_release_is_sick_and_the_named_one_is_not(
    module: str, last_sick: str, fixed: str
) -> None:
    """Both were built and measured: the one before allocates, the one named does not."""
    defect = known_defect(f"{module}@{last_sick}")
    assert defect is not None
    assert defect[1] == fixed
    assert f"go get {module}@{fixed}" in defect[0].remedy(fixed)
    assert last_sick in defect[0].beware
    assert known_defect(f"{module}@{fixed}") is None


def test_every_advisory_is_complete() -> None:
    """Ranges that can be read, files, a known family or calls, and where it is told."""
    for advisory in advisories():
        for affected in advisory.affected:
            first, fixed = parse(affected.introduced), parse(affected.fixed)
            assert first is not None
            assert fixed is not None
            assert first < fixed
        assert all(file.endswith(".go") for file in advisory.files)
        assert (advisory.family in FAMILIES) != bool(advisory.calls)
        assert all(link.startswith("https://github.com/") for link in advisory.references)
    assert len({advisory.id for advisory in advisories()}) == len(advisories())
