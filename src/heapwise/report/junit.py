"""A gate's answer as JUnit XML, which every CI system draws: one test case a budget."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from heapwise.model.gate import GateCheck, GateResult, Outcome
from heapwise.names import visible


def render_junit(result: GateResult) -> str:
    """The whole document. Undecided is skipped, or failed where the gate is strict."""
    failed = sum(_fails(result, check) for check in result.checks)
    skipped = sum(check.outcome is Outcome.UNDECIDED for check in result.checks)
    skipped = 0 if result.strict else skipped
    counts = f'tests="{len(result.checks)}" failures="{failed}" skipped="{skipped}" errors="0"'
    cases = "\n".join(_case(result, check) for check in result.checks)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<testsuites {counts}>\n"
        f'<testsuite name="heapwise gate" {counts}>\n{cases}\n</testsuite>\n'
        "</testsuites>\n"
    )


def _case(result: GateResult, check: GateCheck) -> str:
    head = f"<testcase classname={_quoted(f'heapwise.{check.metric}')} name={_quoted(check.budget)}"
    message = _quoted(f"{check.name}: {check.why}")
    if _fails(result, check):
        return f"{head}><failure type={_quoted(check.outcome.value)} message={message}/></testcase>"
    if check.outcome is Outcome.UNDECIDED:
        return f"{head}><skipped message={message}/></testcase>"
    return f"{head}/>"


def _fails(result: GateResult, check: GateCheck) -> bool:
    strictly = result.strict and check.outcome is Outcome.UNDECIDED
    return strictly or check.outcome is Outcome.FAILED


def _quoted(text: str) -> str:
    """An attribute's value with its quotes; XML has no way to write control characters."""
    return quoteattr(visible(text))
