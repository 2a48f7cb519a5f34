"""``heapwise compare``: two recordings, one row a metric."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.analysis.compare import compare
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, note, write_data, write_file
from heapwise.cli.report import after_comparing
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from heapwise.report.registry import renderer


@make_command("compare", "json", "html", "force", "max-profile-size", "quiet")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
def command(
    before: Path,
    after: Path,
    as_json: bool,
    html: Path | None,
    force: bool,
    max_profile_size: int,
    quiet: bool,
) -> None:
    """Compare two recordings metric by metric, and say ~ where one run each cannot tell."""
    if html is not None:
        must_be_free(html, force=force)
    reports = [analyse(load(path, max_profile_bytes=max_profile_size)) for path in (before, after)]
    comparison = compare(*reports)
    write_data(renderer("json" if as_json else "text")(reports, comparison))
    if html is not None:
        write_file(renderer("html")(reports, comparison), html)
    if not quiet:
        if html is not None:
            note(f"report in {html}")
        next_step(after_comparing(comparison, str(before), str(after)))
