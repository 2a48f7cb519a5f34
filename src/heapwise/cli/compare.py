"""``heapwise compare``: two recordings, or rounds of two sides, one row a metric."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from heapwise.analysis.compare_rounds import CompareOptions
from heapwise.cli.compare_sides import compared, may_spend, split
from heapwise.cli.options import SHARE, TABLE, Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, note, write_data, write_file
from heapwise.cli.report import after_comparing
from heapwise.cli.verify_options import STATISTICS
from heapwise.errors import UsageError
from heapwise.model.comparison import Comparison
from heapwise.model.envelope import envelope
from heapwise.model.report import RunReport
from heapwise.report.markdown_comparison import render_markdown
from heapwise.report.registry import renderer
from heapwise.report.text_comparison import render_comparison

_OWN = (
    replace(
        TABLE["format"], type=click.Choice(["text", "markdown", "json", "html"]), default="text",
        peer="", parameter="kind", help="Kind of report; markdown is fit for a pull request.",
    ),
    *STATISTICS,
    Option(name="confidence", type=SHARE, default="0.95", help="Confidence of the intervals."),
)  # fmt: skip

_RENDERERS: dict[str, Callable[[Comparison], bytes | str]] = {
    "text": render_comparison,
    "markdown": render_markdown,
    "json": envelope,
}


@make_command("compare", "json", "html", "force", "max-profile-size", "quiet")
@with_options(*_OWN)
@click.argument("sides", nargs=-1, type=click.Path(), metavar="BEFORE... [vs] AFTER...")
def command(
    sides: tuple[str, ...],
    kind: str,
    alpha: float,
    min_effect: float,
    confidence: float,
    as_json: bool,
    html: Path | None,
    force: bool,
    max_profile_size: int,
    quiet: bool,
) -> None:
    """Compare two recordings metric by metric, or rounds of two sides with their statistics.

    Of two recordings ~ marks where one run each cannot tell. Of more, `vs` stands between the
    sides: heapwise compare old-*.hw vs new-*.hw; a verification is a side by side of its own.
    Every metric has its interval, its p-value and a verdict; metrics outside the few that are
    asked for are not corrected. Of heap profiles only the call paths are compared.
    """
    kind = "json" if as_json else kind
    if html is not None:
        must_be_free(html, force=force)
    if kind == "html" and sys.stdout.isatty():
        raise UsageError("an HTML page is not for a terminal", hint="name a file with --html")
    before, after = split(sides)
    options = CompareOptions(alpha=may_spend(sides, _chance(alpha)), confidence=_chance(confidence),
                             min_effect=min_effect)  # fmt: skip
    result = compared(before, after, options, max_profile_size)
    write_data(_page(result.comparison, result.examples) if kind == "html"
               else _RENDERERS[kind](result.comparison))  # fmt: skip
    if html is not None:
        write_file(_page(result.comparison, result.examples), html)
    if not quiet:
        if html is not None:
            note(f"report in {html}")
        _suggest(result.comparison, sides, page_written=kind == "html" or html is not None)


def _chance(value: float) -> float:
    if not 0 < value < 1:
        raise UsageError(f"not between 0 and 1: {value:g}", hint="write 0.05 or 0.95")
    return value


def _page(comparison: Comparison, examples: tuple[RunReport, ...]) -> str:
    if not examples:
        raise UsageError("an HTML report needs recordings", hint="profiles go to text or JSON")
    return renderer("html")(examples, comparison)


def _suggest(comparison: Comparison, sides: tuple[str, ...], *, page_written: bool) -> None:
    """The finding that came, or the page of what was compared; of profiles two to look into."""
    names = [f"./{name}" if name.startswith("-") else name for name in sides]
    if not comparison.rows:
        next_step(f"heapwise diff {shlex.join((names[0], names[-1]))}")
    elif len(sides) == 2 or comparison.new:
        text = after_comparing(comparison, sides[0], sides[-1])
        next_step(text, page_written=page_written)
    elif not page_written:
        next_step(f"heapwise compare {shlex.join(names)} --html compared.html")
