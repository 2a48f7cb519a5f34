"""``heapwise explain``: what a finding's code means, from the rule's own page."""

from __future__ import annotations

from difflib import get_close_matches

import click

from heapwise.cli.options import command as make_command
from heapwise.cli.output import write_data
from heapwise.diagnose.measured.page import measured_lines
from heapwise.diagnose.registry import RULES, Rule, sections
from heapwise.errors import UsageError


def codes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The codes that begin like this, for the shell."""
    return [rule.CODE for rule in RULES if rule.CODE.startswith(incomplete.upper())]


@make_command("explain")
@click.argument("code", required=False, shell_complete=codes)
def command(code: str | None) -> None:
    """Say what a finding's CODE means, or list the codes there are."""
    if code is None:
        write_data("\n".join(f"{rule.CODE}  {_summary(rule)}" for rule in RULES))
    else:
        write_data(_page(_rule(code)))


def _rule(code: str) -> Rule:
    """The rule of a code, or of a name, in any case.

    Raises:
        UsageError: there is none.
    """
    known = {name.lower(): rule for rule in RULES for name in (rule.CODE, rule.NAME)}
    if code.lower() in known:
        return known[code.lower()]
    near = get_close_matches(code.lower(), known, 1)
    hint = f"did you mean {known[near[0]].CODE}?" if near else "'heapwise explain' lists the codes"
    raise UsageError(f"no rule has the code {code[:40]!r}", hint=hint)


def _summary(rule: Rule) -> str:
    return sections(rule)[0][1]


def _page(rule: Rule) -> str:
    """A rule's page as text, headings bold on a terminal."""
    parts = [f"{click.style(rule.CODE, bold=True)} {rule.NAME}\n{_summary(rule)}"]
    for heading, text in sections(rule)[1:]:
        indented = "\n".join(f"  {line}" if line else "" for line in text.splitlines())
        parts.append(f"{click.style(heading, bold=True)}\n{indented}")
    if lines := measured_lines(rule.CODE):
        indented = "\n".join(f"  {line}".rstrip() for line in lines)
        parts.append(f"{click.style('Before and after', bold=True)}\n{indented}")
    return "\n\n".join(parts)
