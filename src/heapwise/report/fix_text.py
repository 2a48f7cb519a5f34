"""Patches as text: each finding with its diff, then what became of them and what they gained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from heapwise.model.finding import Finding
from heapwise.model.fix import Fix, FixReport, FixState, Gain, Proof
from heapwise.names import visible
from heapwise.report.columns import labelled, paragraph, table
from heapwise.units import format_count, format_size, format_value, how_many

_INDENT = " " * 5
_TRIED = (FixState.APPLIED, FixState.ROLLED_BACK)

Paint = Callable[[str, str], str]
"""Takes a line of a diff and its kind, ``+ - @`` or a blank, to the line as it is shown."""


def render_fixes(report: FixReport, paint: Paint = lambda line, _kind: line) -> str:
    """Everything there is to tell of patches.

    Args:
        report: of the findings that were asked for.
        paint: gives lines of diffs their colour.
    """
    lines = paragraph(_head(report))
    lines += [line for text in report.notes for line in paragraph(text, " " * 9, "note     ")]
    for fix in report.fixes:
        lines += ["", *_fix(fix, report.work_unit), *_diff(fix.diff, paint)]
    tried = [fix for fix in report.fixes if fix.state in _TRIED]
    if tried:
        lines += ["", "What became of the patches", *_outcomes(tried)]
    for proof in report.proofs:
        lines += ["", *_proof(proof)]
    return "\n".join(lines) + "\n"


def _head(report: FixReport) -> str:
    with_patch = sum(bool(fix.diff) for fix in report.fixes)
    findings = how_many(len(report.fixes), "finding")
    return f"{report.recording} in {report.source}: {findings}, {with_patch} with a patch"


def _fix(fix: Fix, work: str) -> list[str]:
    finding = fix.finding
    lines = paragraph(f"{finding.code} {finding.title}", _INDENT, f"{fix.number:>3}. ")
    without = not fix.diff
    return lines + labelled(
        [
            ("where", finding.where),
            ("gain", _promise(finding, work)),
            ("patch by", fix.by),
            ("no patch", fix.why if without else ""),
            ("remedy", finding.remedy if without and not fix.same_as else ""),
            ("type", fix.command),
        ],
        _INDENT,
    )


def _promise(finding: Finding, work: str) -> str:
    parts = []
    if finding.gain_bytes_per_work:
        parts.append(f"about {format_size(finding.gain_bytes_per_work)}/{work}")
    if finding.gain_allocs_per_work:
        parts.append(f"{format_count(finding.gain_allocs_per_work)} allocs/{work}")
    return ", ".join(parts)


def _diff(diff: str, paint: Paint) -> list[str]:
    """The lines of a diff from the first column on, so that ``patch`` can read them here too."""
    return [paint(_shown(line), line[:1]) for line in diff.split("\n")[:-1]]


def _shown(line: str) -> str:
    """A line of source in which only tabs are left to do anything."""
    return "\t".join(map(visible, line.removesuffix("\r").split("\t")))


def _outcomes(fixes: Sequence[Fix]) -> list[str]:
    rows = [(str(fix.number), fix.finding.code, fix.state.value, fix.why) for fix in fixes]
    return table(rows, "><<<")


def _proof(proof: Proof) -> list[str]:
    numbers = ", ".join(map(str, proof.numbers))
    kept = "kept" if proof.gained else "taken out again"
    head = f"Finding{'s' * (len(proof.numbers) > 1)} {numbers}: {proof.why}; {kept}"
    rounds = f"{how_many(proof.rounds, 'round')} of each side in {proof.directory}"
    title = ("", "before", "after", "predicted", "measured", "ratio", "")
    return [*paragraph(head), *table([title, *_gains(proof.gains)], "<>>>>><"), f"  {rounds}"]


def _gains(gains: Iterable[Gain]) -> Iterable[tuple[str, ...]]:
    for gain in gains:
        values = (gain.before, gain.after, gain.predicted, gain.measured)
        ratio = "–" if gain.ratio is None else f"{gain.ratio:.2f}"
        shown = (format_value(value, gain.unit) for value in values)
        yield (gain.name, *shown, ratio, gain.verdict)
