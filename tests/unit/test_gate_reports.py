"""A gate's answer in every form a CI system reads."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from junitparser import JUnitXml
from msgspec.structs import replace

from heapwise.model.gate import GateCheck, GateResult, Outcome
from heapwise.report.gate_text import render_gate, render_gate_markdown
from heapwise.report.github import SHOWN, render_annotations
from heapwise.report.junit import render_junit
from heapwise.report.sarif import render_sarif

HOSTILE = "</failure><script>\x1b]0;x\x07 ::error:: a,b % | ` [x](javascript:1) @all \u202e"
ROOT = PurePosixPath("/src/shop")


def check(outcome: Outcome = Outcome.FAILED, **others: object) -> GateCheck:
    """A budget of bytes per request, exceeded."""
    known = GateCheck(
        budget="bytes/req > +5%", metric="bytes/work", name="B/req", unit="B", outcome=outcome,
        base=1000.0, value=1100.0, delta=0.1, low=0.08, high=0.12, excess=0.05,
        why="between +8.0 % and +12.0 %", where="main.cart /src/shop/cart.go:41",
    )  # fmt: skip
    return replace(known, **others)


def result(*checks: GateCheck, strict: bool = False) -> GateResult:
    """A gate of the given checks."""
    return GateResult(
        outcome=Outcome.FAILED, checks=checks, base="base", new="new", rounds=(6, 6), strict=strict
    )


THREE = (check(), check(Outcome.UNDECIDED), check(Outcome.PASSED))


def test_text_has_a_row_a_budget_and_the_answer_in_a_sentence() -> None:
    """Failed budgets stand first, as the result has them."""
    assert render_gate(result(*THREE)) == (
        "base (6 rounds) -> new (6 rounds)\n"
        "\n"
        "        budget              base       new  \n"
        "  FAIL  bytes/req > +5%  1,000 B  1.07 KiB  between +8.0 % and +12.0 %\n"
        "  ~     bytes/req > +5%  1,000 B  1.07 KiB  between +8.0 % and +12.0 %\n"
        "  ok    bytes/req > +5%  1,000 B  1.07 KiB  between +8.0 % and +12.0 %\n"
        "\n"
        "gate failed: 1 passed, 1 failed, 1 undecided of 3\n"
    ).replace("new  \n", "new\n")


def test_junit_is_read_by_a_real_reader() -> None:
    """One case a budget; undecided is skipped, unless the gate is strict."""
    for strict, failures, skipped in ((False, 1, 1), (True, 2, 0)):
        suite = next(
            iter(JUnitXml.fromstring(render_junit(result(*THREE, strict=strict)).encode()))
        )
        assert (suite.tests, suite.failures, suite.skipped) == (3, failures, skipped)
        outcomes = [[type(each).__name__ for each in case.result] for case in suite]
        assert outcomes == [["Failure"], ["Failure" if strict else "Skipped"], []]


def test_sarif_points_to_the_heaviest_finding_below_the_root() -> None:
    """A place elsewhere, or none, becomes the file with the budgets."""
    outside = check(where="main.cart /etc/passwd:1")
    climbing = check(where="main.cart /src/shop/../../etc/passwd:1")
    document = json.loads(
        render_sarif(
            result(check(), outside, climbing, check(where="")), root=ROOT,
            budgets_file="heapwise.toml",
        )
    )  # fmt: skip
    places = [
        (place["artifactLocation"]["uri"], place["region"]["startLine"])
        for found in document["runs"][0]["results"]
        for place in [found["locations"][0]["physicalLocation"]]
    ]
    assert places == [("cart.go", 41), *[("heapwise.toml", 1)] * 3]
    assert document["version"] == "2.1.0"


def test_sarif_takes_the_work_tree_of_a_revision_for_the_root() -> None:
    """A verification of revisions builds in temporary folders, which nobody has any more."""
    built = check(where="main.cart /tmp/heapwise-verify-a1b2/new/api/cart.go:41")
    climbing = check(where="main.cart /tmp/heapwise-verify-a1b2/new/../../etc/passwd:1")
    document = json.loads(render_sarif(result(built, climbing), root=ROOT, budgets_file="h.toml"))
    uris = [
        found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for found in document["runs"][0]["results"]
    ]
    assert uris == ["api/cart.go", "h.toml"]


def test_sarif_has_what_its_specification_requires() -> None:
    """Of SARIF 2.1.0: log (3.13), run (3.14), tool (3.18), result (3.27), region (3.30)."""
    document = json.loads(render_sarif(result(*THREE), root=ROOT, budgets_file="h.toml"))
    schema = {
        "required": ["version", "runs", "$schema"],
        "properties": {
            "version": {"const": "2.1.0"},
            "runs": {"type": "array", "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"required": ["driver"], "properties": {"driver": {
                        "required": ["name"],
                        "properties": {"rules": {"uniqueItems": True, "items": {
                            "required": ["id"],
                        }}},
                    }}},
                    "results": {"items": {
                        "required": ["message"],
                        "properties": {
                            "message": {"required": ["text"]},
                            "level": {"enum": ["none", "note", "warning", "error"]},
                            "locations": {"items": {"properties": {"physicalLocation": {
                                "required": ["artifactLocation"],
                                "properties": {"region": {"properties": {
                                    "startLine": {"type": "integer", "minimum": 1},
                                }}},
                            }}}},
                        },
                    }},
                },
            }},
        },
    }  # fmt: skip
    jsonschema.validate(document, schema)


def test_sarif_leaves_out_what_passed_and_warns_of_what_is_undecided() -> None:
    """Every result names a rule that is described."""
    run = json.loads(render_sarif(result(*THREE), root=ROOT, budgets_file="h.toml"))["runs"][0]
    assert [found["level"] for found in run["results"]] == ["error", "warning"]
    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {found["ruleId"] for found in run["results"]} == known


def test_annotations_are_the_worst_ten_of_a_kind() -> None:
    """Hosts show no more of one step, and drop the rest in silence."""
    many = [check(budget=f"budget {number}") for number in range(15)]
    lines = render_annotations(result(*many)).splitlines()
    assert len(lines) == SHOWN
    assert lines[0].startswith("::error title=heapwise%3A budget 0::B/req: between +8.0 %25 and")


def test_passing_makes_no_annotation() -> None:
    """Silence is the sign of health."""
    assert render_annotations(result(check(Outcome.PASSED))) == ""


@pytest.mark.parametrize("strict", [False, True])
def test_names_from_outside_stay_text(strict: bool) -> None:
    """Whatever a function or a service is called, it neither ends a tag nor begins a command."""
    evil = result(check(why=HOSTILE, where=HOSTILE, budget=HOSTILE), strict=strict)
    assert len(ET.fromstring(render_junit(evil))) == 1  # noqa: S314 - our own document
    json.loads(render_sarif(evil, root=ROOT, budgets_file="h"))
    (line,) = render_annotations(evil).splitlines()
    assert line.count("\x1b") == 0
    head, _, message = line.removeprefix("::error ").partition("::")
    assert "," not in head
    assert "%25" in message
    markdown = render_gate_markdown(evil)
    assert "<script>" not in markdown
    assert "@all" not in markdown
    assert "\u202e" not in markdown + render_gate(evil)


def test_names_of_sides_and_notes_are_no_markup() -> None:
    """A baseline's file says what it is called."""
    evil = replace(result(check()), base=HOSTILE, new=HOSTILE, notes=(HOSTILE,))
    markdown = render_gate_markdown(evil)
    assert not any(sign in markdown for sign in ("<script>", "@all", "\u202e", "\x1b"))
