"""A lab's result is told in order, findings first, and nothing can break its lines."""

from __future__ import annotations

from heapwise.cli.lab_run import html_of
from heapwise.lab.library import find_case
from heapwise.lab.text import render_case, render_lab
from heapwise.model.lab import LabCheck, LabResult, VariantResult
from heapwise.model.report import RunReport
from support import reports


def variant(name: str, report: RunReport, *checks: LabCheck) -> VariantResult:
    """A variant as it ran."""
    return VariantResult(
        name=name,
        title=f"the {name} variant",
        recording=f"out/{name}.hw",
        report=report,
        comparison=reports.comparison() if name != "before" else None,
        checks=checks,
    )


def result(*variants: VariantResult) -> LabResult:
    """A lab as it ran."""
    return LabResult(
        lab="chi-compress",
        title="A compressor created per response",
        load="POST /api/v1/evaluate at 1,000/s for 30.0 s",
        toolchain="go1.27.3",
        variants=variants,
    )


BOTH = result(
    variant("before", reports.before(), LabCheck("oracle", passed=True, detail="20 equal")),
    variant("after", reports.after(), LabCheck("guard", passed=False, detail="grew by 21 %")),
)


def test_the_result_tells_findings_then_comparison_then_checks() -> None:
    """What is wrong before, that nothing is after, what changed, and whether all of it held."""
    text = render_lab(BOTH)
    order = [
        "chi-compress: A compressor created per response",
        "before: the before variant",
        "1. HW101",
        "2. HW102",
        "after: the after variant",
        "no findings",
        "before.hw -> after.hw",
        "\n  B/req ",
        "Checks",
        "ok    before  oracle: 20 equal",
        "FAIL  after   guard: grew by 21 %",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)


def test_failures_name_variant_check_and_what_was_seen() -> None:
    """The one-line error can be understood without the text above it."""
    assert BOTH.failures == ("after: guard: grew by 21 %",)


def test_a_hostile_profile_cannot_break_a_line() -> None:
    """Names from a profile are escaped wherever they are printed."""
    text = render_lab(result(variant("before", reports.hostile())))
    assert all(line.isprintable() for line in text.splitlines())


def test_the_report_shows_both_sides_or_the_only_one() -> None:
    """One file is written whatever was run."""
    both, alone = html_of(BOTH), html_of(result(variant("control", reports.after())))
    assert both.lstrip().lower().startswith("<!doctype html")
    assert "before.hw" in both
    assert "after.hw" in both
    assert "before.hw" not in alone


def test_a_lab_can_be_read_before_it_is_run() -> None:
    """`lab show` tells what is sent, built and expected of every variant."""
    text = render_case(find_case("chi-compress"))
    for part in (
        "POST /api/v1/evaluate",
        "equal_decompressed_bodies",
        "HW101, HW201",
        "after: chi v4.0.3",
        "better, -100 % to -99 %",
        "must fail",
    ):
        assert part in text
