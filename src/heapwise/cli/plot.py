"""``heapwise plot``: the hits of a load over time, as one offline HTML file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from heapwise.analysis.hit_plot import plot_load
from heapwise.cli.hits_input import read_all
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, note, write_data, write_file
from heapwise.cli.target_files import STDOUT
from heapwise.errors import UsageError
from heapwise.formats.hits import HitStore, plan_of
from heapwise.load.metrics import summarise, validity
from heapwise.model.plot import LoadPlot
from heapwise.report.plot_html import render_plot

MAX_LOADS = 20
"""More do not fit one page."""


@make_command("plot", "title", "threshold", "output", "force", "quiet")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[HITS]...")
def command(
    files: tuple[str, ...],
    title: str,
    threshold: int,
    output: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Draw the latency of every hit over time, as one HTML file that needs no network.

    Hits are lines of JSON from `heapwise load`, or vegeta's JSON or CSV, from files or standard
    input. Loads of different -name are drawn one below the other, each from its own beginning, on
    the same scales.
    """
    if not files and sys.stdin.isatty():
        raise UsageError("nothing to plot", hint="give a file of hits")
    if output is not None and str(output) in STDOUT:
        output = None
    if output is not None:
        must_be_free(output, force=force)
    elif sys.stdout.isatty():
        raise UsageError("an HTML page is not for a terminal", hint="name a file with -o")
    store = HitStore()
    read_all(files or ("-",), store)
    page = render_plot(_plots(store, threshold), title)
    if output is None:
        write_data(page)
        return
    write_file(page, output)
    if not quiet:
        note(f"plot in {output}")


def _plots(store: HitStore, limit: int) -> list[LoadPlot]:
    loads = store.loads()
    if len(loads) > MAX_LOADS:
        raise UsageError(
            f"the hits are of {len(loads)} loads", f"{MAX_LOADS} fit a page", "plot fewer files"
        )
    plots = []
    for name, hits in loads.items():
        result = summarise(hits, plan_of(hits, store.targets))
        plots.append(plot_load(name, hits, result, validity(result), limit))
    return plots
