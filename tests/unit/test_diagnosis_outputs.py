"""A diagnosis as text, Markdown and SARIF: the same figures, and no name that gets out of hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import jsonschema
import msgspec
import pytest

from heapwise.model.diagnosis import Diagnosis, SourceCheck
from heapwise.model.envelope import envelope
from heapwise.model.finding import Confidence, Evidence, Finding, Interval, Place, Sketch
from heapwise.model.work import PerWork, Work
from heapwise.report.diagnosis_markdown import render_diagnosis_markdown
from heapwise.report.diagnosis_sarif import render_diagnosis_sarif
from heapwise.report.diagnosis_text import render_diagnosis

EVIDENCE = Evidence(
    bytes_per_work=Interval(4_096.0, 4_000.0, 4_200.0),
    allocs_per_work=Interval(12.0, 10.0, 14.0),
    bytes_share=Interval(0.4, 0.39, 0.41),
    allocs_share=Interval(0.2, 0.18, 0.22),
    hits=900,
    live_bytes=0,
    rows=("a.A > main.serve > main.page > regexp.MustCompile > regexp.compile",),
    cpu_share=0.125,
    gc_cpu_share=0.0625,
)
FIRST = Finding(
    code="HW401",
    rule="regexp-per-call",
    title="regexp.MustCompile runs at every call of page",
    where="main.page (page.go:12)",
    module="",
    evidence=EVIDENCE,
    why="A pattern is compiled for each request.",
    remedy="Compile it once.",
    gain_bytes_per_work=4_096.0,
    gain_allocs_per_work=12.0,
    holds_for="patterns that are constant",
    references=("https://pkg.go.dev/regexp",),
    confidence=Confidence.HIGH,
    place=Place("page.go", 12, 12),
    sketch=Sketch(before="\tre := x()", after="\treturn y()"),
    flow=("x escapes to heap (page.go:12)",),
    cpu_bound=0.1875,
    fixable=True,
)
SECOND = msgspec.structs.replace(FIRST, code="HW402", shares_gain_with=("HW401",), fixable=False)
WITHHELD = msgspec.structs.replace(
    FIRST, code="HW304", remedy="", sketch=None, fixable=False, gain_bytes_per_work=None,
    gain_allocs_per_work=None,
    withheld="none offered: on go1.26.8 it gains nothing (128 B before, 128 B after)",
)  # fmt: skip
UNPLACED = msgspec.structs.replace(FIRST, code="HW708", place=None, title="Many are dialled")

RENDERERS = (render_diagnosis, render_diagnosis_markdown, render_diagnosis_sarif)
Render = Callable[[Diagnosis], str]


def diagnosis(*findings: Finding, source: SourceCheck | None = None) -> Diagnosis:
    """Of a run with exact costs."""
    return Diagnosis(
        name="run.hw", runtime="go", version="go1.27.3", work_unit="req",
        per_work=PerWork(Work("req", 1_000), 10_240.0, 60.0, 0.0, 0.0), findings=findings,
        gc_share=0.15625, source=source, limits=("More could be said with more.",),
        next_command="heapwise explain HW401",
    )  # fmt: skip


def plain(text: str) -> str:
    """Without what wraps it and what Markdown needs."""
    return " ".join(text.replace("\\", "").split())


@pytest.mark.parametrize("render", RENDERERS)
def test_every_figure_of_the_evidence_is_told(render: Render) -> None:
    """Per request, as shares with intervals, of the CPU time, and the path it rests on."""
    text = plain(render(diagnosis(FIRST)))
    for part in (
        "4.00 KiB/req (3.91 KiB to 4.10 KiB)",
        "12 allocs/req (10 to 14)",
        "40.0 % of alloc_space (39.0 % to 41.0 %)",
        "20.0 % of alloc_objects (18.0 % to 22.0 %)",
        "12.5 % of the CPU time is spent below it",
        "6.2 % goes into collecting these bytes",
        "900 sampled events",
        "main.page > regexp.MustCompile",
        "x escapes to heap (page.go:12)",
        "at most 18.8 % of the CPU time",
        "patterns that are constant",
        "https://pkg.go.dev/regexp",
        "More could be said with more.",
    ):
        assert part.replace("_", "") in text.replace("_", "").replace("https://", "https://")


@pytest.mark.parametrize("render", RENDERERS)
def test_bytes_that_two_findings_claim_are_not_added_up(render: Render) -> None:
    """The second one says whose they are; the first does not."""
    assert "bytes of HW401 above" in plain(render(diagnosis(FIRST, SECOND)))
    assert "bytes of" not in plain(render(diagnosis(FIRST))).replace("of the bytes of", "")


@pytest.mark.parametrize("render", RENDERERS)
def test_a_remedy_that_is_withheld_is_said_with_its_measurement(render: Render) -> None:
    """Which release, and what was before and after."""
    text = plain(render(diagnosis(WITHHELD)))
    assert "on go1.26.8 it gains nothing (128 B before, 128 B after)" in text
    assert "patterns that are constant" not in text
    assert "at most" not in text


def test_the_data_has_all_of_it() -> None:
    """JSON is the finding itself."""
    data = json.loads(envelope(diagnosis(FIRST, SECOND)))["data"]
    assert data["gc_share"] == 0.15625
    assert data["findings"][1]["shares_gain_with"] == ["HW401"]
    assert data["findings"][0]["evidence"]["cpu_share"] == 0.125


def test_the_headline_says_what_collecting_takes() -> None:
    """One sentence, before all findings."""
    head = plain(render_diagnosis(diagnosis(FIRST))).partition(" 1. ")[0]
    assert head == (
        "1 finding in run.hw, which allocates 10.0 KiB/req; collecting takes 15.6 % of its CPU time"
    )


def test_a_sketch_has_blanks_for_tabs() -> None:
    """A tab is as wide as the terminal likes, and is nothing to be spelled out."""
    for render in (render_diagnosis, render_diagnosis_markdown):
        assert "-     re := x()" in render(diagnosis(FIRST))


def test_a_long_call_path_is_shown_around_the_finding() -> None:
    """Who asked, the place, and what allocates: not each wrapper of a router."""
    row = " > ".join(
        [f"wrap.W{n}" for n in range(30)] + ["main.page"] + [f"x.f{n}" for n in range(9)]
    )
    long = msgspec.structs.replace(FIRST, evidence=msgspec.structs.replace(EVIDENCE, rows=(row,)))
    text = plain(render_diagnosis(diagnosis(long)))
    assert "path … > wrap.W27 > wrap.W28 > wrap.W29 > main.page > … > x.f4 > " in text
    assert row in render_diagnosis_markdown(diagnosis(long))


EVIL = "main.\x1b[2J\n| `x` **b** <i> @me %s %0a \u202eevil"


@pytest.mark.parametrize("render", [*RENDERERS, lambda given: envelope(given).decode()])
def test_no_name_drives_a_terminal_or_a_page(render: Render) -> None:
    """Escape sequences, line breaks, markup and percent signs in every text from outside."""
    evil = msgspec.structs.replace(
        FIRST, title=EVIL, where=f"{EVIL} ({EVIL}.go:1)", why=EVIL, flow=(EVIL,),
        place=Place("dir/\x1b[2J\n.go", 1, 1), sketch=Sketch(EVIL, EVIL),
        evidence=msgspec.structs.replace(EVIDENCE, rows=(EVIL,)),
    )  # fmt: skip
    check = SourceCheck(directory=EVIL, files=1, fits=1.0, unread=((EVIL, EVIL),))
    text = render(diagnosis(evil, source=check))
    assert "\x1b" not in text
    if render in RENDERERS:
        assert "\u202e" not in text
    if render is render_diagnosis_markdown:
        assert "<i>" not in re.sub("```diff.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        assert "\n| `x`" not in text


def test_a_fence_in_the_source_ends_no_code_block() -> None:
    """Three backticks in a line of theirs are shown inside longer ones."""
    fenced = msgspec.structs.replace(FIRST, sketch=Sketch("```\nx", "````"))
    assert "`````diff" in render_diagnosis_markdown(diagnosis(fenced))


def test_sarif_has_what_its_specification_requires() -> None:
    """Of SARIF 2.1.0: log (3.13), run (3.14), result (3.27), region (3.30), invocation (3.20)."""
    document = json.loads(render_diagnosis_sarif(diagnosis(FIRST, SECOND, WITHHELD, UNPLACED)))
    message = {"required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
    region = {"properties": {
        "startLine": {"type": "integer", "minimum": 1},
        "endLine": {"type": "integer", "minimum": 1},
    }}  # fmt: skip
    schema = {
        "required": ["version", "runs", "$schema"],
        "properties": {
            "version": {"const": "2.1.0"},
            "runs": {"minItems": 1, "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"required": ["driver"], "properties": {"driver": {
                        "required": ["name"],
                        "properties": {"rules": {"uniqueItems": True, "items": {
                            "required": ["id"],
                            "properties": {"shortDescription": message, "help": message},
                        }}},
                    }}},
                    "invocations": {"items": {
                        "required": ["executionSuccessful"],
                        "properties": {"toolExecutionNotifications": {"items": {
                            "required": ["message"], "properties": {"message": message},
                        }}},
                    }},
                    "results": {"items": {
                        "required": ["message", "ruleId", "locations"],
                        "properties": {
                            "message": message,
                            "level": {"enum": ["none", "note", "warning", "error"]},
                            "properties": {"type": "object"},
                            "locations": {"minItems": 1, "items": {
                                "properties": {"physicalLocation": {
                                    "required": ["artifactLocation"],
                                    "properties": {"region": region},
                                }},
                            }},
                        },
                    }},
                },
            }},
        },
    }  # fmt: skip
    jsonschema.validate(document, schema)
    (run,) = document["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["HW401", "HW402", "HW304"]
    assert run["results"][1]["properties"]["shares_gain_with"] == ["HW401"]
    (invocation,) = run["invocations"]
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert told[0].startswith("HW708 at main.page (page.go:12): Many are dialled.")
    assert told[1:] == ["More could be said with more."]


def test_sarif_names_files_as_addresses() -> None:
    """Blanks, percent signs and letters of other scripts are quoted; slashes are not."""
    named = msgspec.structs.replace(FIRST, place=Place("we ird/100%/名.go", 3, 4))
    (run,) = json.loads(render_diagnosis_sarif(diagnosis(named)))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "we%20ird/100%25/%E5%90%8D.go"
    assert place["region"] == {"startLine": 3, "endLine": 4}
