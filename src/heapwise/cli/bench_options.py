"""The options of ``heapwise bench``: benchstat's under their names, and what it has not."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

import click

from heapwise.analysis.benchtab.verdicts import Correction
from heapwise.cli.options import EFFECT, SHARE, TABLE, Option

LAYOUT = (
    Option(name="table", type=click.STRING, default=".config", peer="benchstat", metavar="KEYS",
           help="Split results into tables by these keys."),
    Option(name="row", type=click.STRING, default=".fullname", peer="benchstat", metavar="KEYS",
           help="Split them into rows by these keys."),
    Option(name="col", type=click.STRING, default=".file", peer="benchstat", metavar="KEYS",
           help="Compare across these keys: /size@num, or /format@(gob json)."),
    replace(TABLE["ignore"], default="", peer="benchstat", metavar="KEYS",
            help="Ignore that results differ in these keys."),
    Option(name="filter", type=click.STRING, default="*", peer="benchstat", metavar="QUERY",
           parameter="filter_query",
           help="Use only results that match: /format:json .unit:(B/op OR allocs/op)."),
)  # fmt: skip

STATISTICS = (
    Option(name="alpha", type=SHARE, default="0.05", peer="benchstat",
           help="A change counts if its p-value is at most this."),
    Option(name="confidence", type=SHARE, default="0.95", peer="benchstat",
           help="Level of the intervals."),
    Option(name="min-effect", type=EFFECT, default="0%", metavar="N%",
           help="A change below this is the same, whatever its p-value."),
    Option(name="correct", type=click.Choice(["none", "holm", "bh"]), default="none",
           help="Correct p-values for their number; the verdicts and the gate then go by that."),
)  # fmt: skip

ENDING = (
    Option(name="fail-above", type=EFFECT, metavar="N%",
           help="Exit with 3 if anything is worse by more than this."),
    Option(name="fail-on-regression", help="The same for anything that is worse at all."),
    Option(name="allow-dropped",
           help="Exit with 0 though benchmarks failed or results are missing."),
    replace(TABLE["format"], type=click.Choice(["text", "csv", "markdown", "json"]),
            default="text", peer="benchstat", parameter="output_format",
            help="Format of the tables."),
)  # fmt: skip

SHARED = (*LAYOUT, *STATISTICS, *ENDING, TABLE["json"], TABLE["quiet"])
"""What every subcommand has."""


COUNT = Option(
    name="count", type=click.IntRange(1, 1000), default=6, metavar="N",
    help="Runs of each benchmark on each side.",
)  # fmt: skip
"""Six is the fewest with an interval at 95 %."""


class TableOptions(TypedDict):
    """`SHARED`, as click passes them."""

    table: str
    row: str
    col: str
    ignore: str
    filter_query: str
    alpha: float
    confidence: float
    min_effect: float
    correct: Correction
    fail_above: float | None
    fail_on_regression: bool
    allow_dropped: bool
    output_format: str
    as_json: bool
    quiet: bool
