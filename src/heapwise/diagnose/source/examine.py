"""Source rules over a directory: what they recognise, what it cost, and what is offered for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from heapwise.analysis.allocation import CallSite
from heapwise.diagnose.case import Case, value
from heapwise.diagnose.found import Found
from heapwise.diagnose.measured import nearest
from heapwise.diagnose.registry import SourceRule
from heapwise.diagnose.source import python_aside
from heapwise.diagnose.source.go_aside import is_aside
from heapwise.diagnose.source.grown import by_sizes
from heapwise.diagnose.source.heat import HotLines
from heapwise.diagnose.source.match import Heat, Match
from heapwise.diagnose.source.python_file import PythonFile
from heapwise.diagnose.source.sweep import matches, sweep
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.finding import Confidence, Evidence, Finding, Place
from heapwise.units import format_share

MIN_SHARE = 0.005
"""Of bytes or objects: what costs less is not worth a sentence."""

OFFER_SHARE = 0.01
"""What costs less is named, and nothing is offered for it."""

_SURE_HITS = 5


def in_source(tree: SourceTree, version: str = "") -> Iterator[Found]:
    """Every match in a directory, without a recording and thus without evidence."""
    for rule, match in sweep(tree):
        yield Found(rule, _finding(rule, match, tree.runtime, version, None), match)


def stands_alone(tree: SourceTree, match: Match) -> bool:
    """Whether a match is worth telling without evidence: it surely costs, in code that serves."""
    if match.needs_evidence:
        return False
    file = tree.file(match.span.file)
    if isinstance(file, PythonFile):
        return not python_aside.is_aside(file)
    return file is None or not is_aside(file)


def in_run(case: Case, hot: HotLines, *, everything: bool = False) -> Iterator[Found]:
    """The matches on lines that a run passed through, with what they cost there.

    Args:
        case: the run; it has a source.
        hot: its lines.
        everything: the matches of cold lines as well, without evidence, that stand alone.
    """
    assert case.source is not None  # noqa: S101 - said above
    tree = case.source
    if everything:
        files = tree.files()
    else:
        files = (file for path in hot.files if (file := tree.file(path)) is not None)
    for file in files:
        for rule, match in matches(tree, file):
            sites = hot.sites(match, file.function_lines(match.span.line))
            evidence = _evidence(case, match, sites)
            if evidence is not None and not _counts(match, evidence):
                evidence, sites = None, ()
            if evidence is not None or (everything and stands_alone(tree, match)):
                told = by_sizes(match, case, sites)
                finding = _finding(rule, told, tree.runtime, case.version, evidence)
                yield Found(rule, finding, told, sites)


def _evidence(case: Case, match: Match, sites: Sequence[CallSite]) -> Evidence | None:
    if not sites:
        return None
    of_function = match.heat is Heat.FUNCTION
    return msgspec.structs.replace(case.evidence(sites), of_function=of_function)


def _counts(match: Match, evidence: Evidence) -> bool:
    shares = evidence.bytes_share.value, evidence.allocs_share.value
    return match.heat is Heat.FUNCTION or max(shares) >= MIN_SHARE


def _finding(
    rule: SourceRule,
    match: Match,
    runtime: str,
    version: str,
    evidence: Evidence | None,
) -> Finding:
    withheld = _withheld(rule, match, runtime, version, evidence)
    offered = not withheld
    span = match.span
    return Finding(
        code=rule.CODE,
        rule=rule.NAME,
        title=match.title,
        where=f"{match.function} ({span.file}:{span.line})",
        module="",
        evidence=evidence,
        why=match.why,
        remedy=match.remedy if offered else "",
        gain_bytes_per_work=_gain(evidence, match.saved, "bytes") if offered else None,
        gain_allocs_per_work=_gain(evidence, match.saved_allocs, "allocs") if offered else None,
        holds_for=rule.HOLDS_FOR,
        references=rule.REFERENCES,
        confidence=_confidence(match, evidence),
        place=Place(span.file, span.line, span.end_line),
        sketch=match.sketch if offered else None,
        fixable=bool(match.edits) and offered,
        withheld=withheld,
    )


def _withheld(
    rule: SourceRule, match: Match, runtime: str, version: str, evidence: Evidence | None
) -> str:
    """Why nothing is offered; empty where something is."""
    measured = nearest(rule.CODE, match.case, runtime, version)
    if measured is not None and not measured.gains:
        return measured.withheld
    if evidence is None or match.heat is Heat.FUNCTION or _worthwhile(evidence):
        return ""
    return (
        f"none offered below {format_share(OFFER_SHARE)} of the bytes and of the objects;"
        f" heapwise explain {rule.CODE} tells it"
    )


def _worthwhile(evidence: Evidence) -> bool:
    return max(evidence.bytes_share.value, evidence.allocs_share.value) >= OFFER_SHARE


def _gain(evidence: Evidence | None, saved: float | None, what: str) -> float | None:
    if evidence is None or saved is None:
        return None
    cost = value(evidence.bytes_per_work if what == "bytes" else evidence.allocs_per_work)
    return None if cost is None else cost * saved


def _confidence(match: Match, evidence: Evidence | None) -> Confidence:
    if evidence is None or match.heat is Heat.FUNCTION:
        return match.confidence
    return match.confidence if evidence.hits >= _SURE_HITS else Confidence.LOW
