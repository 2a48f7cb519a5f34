"""Patches as text, and what rounds say of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heapwise.fix.proposal import Proposal
from heapwise.fix.prove import judged, promised_by
from heapwise.model.comparison import ComparisonRow, Role, Verdict
from heapwise.model.envelope import envelope
from heapwise.model.fix import Fix, FixReport, FixState, Gain, Proof
from heapwise.report.fix_text import render_fixes
from support.runs import finding

DIFF = '--- a/a.go\n+++ b/a.go\n@@ -1 +1 @@\n-\tx := "\x1b[2J"\r\n+\ty := 1\r\n'


def report(*fixes: Fix, proofs: tuple[Proof, ...] = ()) -> FixReport:
    """A report of some fixes."""
    return FixReport(
        recording="run.hw", source=".", runtime="go", work_unit="req", fixes=fixes, proofs=proofs
    )


def fix(number: int, state: FixState, **others: Any) -> Fix:
    """A fix of a finding."""
    return Fix(number=number, finding=finding(), state=state, **others)


def test_a_patch_stands_from_the_first_column_and_drives_no_terminal() -> None:
    """Tabs stay, so that the text can be copied; nothing else of the source is obeyed."""
    kinds: list[str] = []

    def paint(line: str, kind: str) -> str:
        kinds.append(kind)
        return line

    text = render_fixes(report(fix(2, FixState.PROPOSED, diff=DIFF, by="heapwise")), paint)
    assert '\n-\tx := "\\x1b[2J"\n+\ty := 1\n' in text
    assert kinds == ["-", "+", "@", "-", "+"]
    assert "  2. HW101 a compressor is made for every response\n" in text
    assert "gain      about 990 B/req, 13 allocs/req" in text
    assert "What became of the patches" not in text


def test_what_has_no_patch_says_why_and_what_to_do() -> None:
    """The remedy, and the command where there is one."""
    made = fix(1, FixState.NO_PATCH, why="it takes a person", command="go get a.com/b@v1.2.3")
    text = render_fixes(report(made))
    assert "run.hw in .: 1 finding, 0 with a patch" in text
    assert "no patch  it takes a person" in text
    assert "remedy    Keep compressors in a sync.Pool and reset them." in text
    assert "type      go get a.com/b@v1.2.3" in text


def test_the_outcome_and_the_proof_are_tables() -> None:
    """What was foretold stands beside what was measured, and everything is in the JSON."""
    gain = Gain(
        metric="bytes/work", name="B/req", unit="B", before=2048.0, after=1024.0,
        predicted=1000.0, measured=1024.0, ratio=1.024, verdict="better",
    )  # fmt: skip
    proof = Proof(
        numbers=(1,), directory="run.fix.verify", rounds=6, gains=(gain,), gained=True,
        decided=True, why="it gains",
    )  # fmt: skip
    kept = fix(1, FixState.APPLIED, diff=DIFF)
    undone = fix(2, FixState.ROLLED_BACK, diff=DIFF, why="its tests fail: x")
    text = render_fixes(report(kept, undone, proofs=(proof,)))
    assert "  1  HW101  applied\n" in text
    assert "  2  HW101  rolled back  its tests fail: x\n" in text
    assert "Finding 1: it gains; kept\n" in text
    assert " 2.00 KiB  1.00 KiB" in text
    assert " 1.02  better" in text
    encoded = msgspec.json.decode(envelope(report(kept, proofs=(proof,))))
    assert encoded["kind"] == "fix"
    assert encoded["data"]["proofs"][0]["gains"][0]["ratio"] == pytest.approx(1.024)


def row(metric: str, verdict: Verdict, role: Role = Role.PRIMARY) -> ComparisonRow:
    """A row of a comparison."""
    return ComparisonRow(
        metric=metric, name=metric, unit="B", before=2.0, after=1.0, delta=-0.5, verdict=verdict,
        role=role,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bytes_", "allocs", "guard", "promises", "gained", "decided"),
    [
        (Verdict.BETTER, Verdict.SAME, Verdict.SAME, True, True, True),
        (Verdict.SAME, Verdict.BETTER, Verdict.SAME, True, True, True),
        (Verdict.BETTER, Verdict.BETTER, Verdict.CHANGED, True, False, True),
        (Verdict.BETTER, Verdict.BETTER, Verdict.WORSE, True, False, True),
        (Verdict.SAME, Verdict.SAME, Verdict.SAME, True, False, True),
        (Verdict.SAME, Verdict.SAME, Verdict.SAME, False, True, True),
        (Verdict.WORSE, Verdict.SAME, Verdict.SAME, False, False, True),
        (Verdict.SAME, Verdict.UNDECIDED, Verdict.SAME, True, False, False),
        (Verdict.INVALID, Verdict.INVALID, Verdict.SAME, True, False, False),
    ],
)
def test_a_patch_stays_if_it_gains_and_hurts_nothing(
    bytes_: Verdict, allocs: Verdict, guard: Verdict, *, promises: bool, gained: bool, decided: bool
) -> None:
    """One that promised nothing stays if it costs nothing; what cannot be told does not stay."""
    asked = [row("bytes/work", bytes_), row("allocs/work", allocs)]
    rows = [*asked, row("errors.share", guard, Role.GUARD)]
    _, stays, told = judged(asked, rows, promises=promises)
    assert (stays, told) == (gained, decided)


def test_bytes_that_two_findings_claim_are_promised_once() -> None:
    """The second says whose they are; two findings of one code add up."""
    first = Proposal(number=1, finding=finding("HW101"))
    again = Proposal(number=2, finding=finding("HW101"))
    shares = Proposal(number=3, finding=finding("HW402", shares_gain_with=("HW101",)))
    assert promised_by([first, shares])["bytes/work"] == pytest.approx(990)
    assert promised_by([first, again])["allocs/work"] == pytest.approx(26)
    assert promised_by([shares])["bytes/work"] == pytest.approx(990)
