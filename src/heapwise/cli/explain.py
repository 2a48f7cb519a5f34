"""``heapwise explain``: what a finding's code means, from the rule's own page."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile

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
    typed = code.lower()
    if typed in known:
        return known[typed]
    best = max(get_close_matches(typed, known, len(known)), key=_nearness(typed), default="")
    hint = f"did you mean {known[best].CODE}?" if best else "'heapwise explain' lists the codes"
    raise UsageError(f"no rule has the code {code[:40]!r}", hint=hint)


def _nearness(typed: str) -> Callable[[str], tuple[float, int]]:
    """How near a name is; of several the one that begins like it: ends are what people mistype."""

    def key(name: str) -> tuple[float, int]:
        same = takewhile(lambda pair: pair[0] == pair[1], zip(name, typed, strict=False))
        return SequenceMatcher(None, name, typed).ratio(), len(tuple(same))

    return key


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
