"""What a command writes, where, and in which form."""

from __future__ import annotations

import click

from heapwise.cli.kinds import FILE
from heapwise.cli.options.option import Option
from heapwise.cli.report_kinds import KINDS as REPORT_KINDS
from heapwise.cli.report_kinds import ReportKinds

OUTPUT = (
    Option(name="output", short="o", type=FILE, peer="vegeta", help="Where to write."),
    Option(name="force", help="Overwrite what is there."),
    Option(name="keep-secrets",
           help="Store header values and query strings as they are instead of redacting them."),
    Option(name="json", parameter="as_json", help="Print JSON: {schema_version, kind, data}."),
    Option(name="html", type=FILE, help="Also write one offline HTML file here."),
    Option(name="type", short="t", type=ReportKinds(), default="text", peer="vegeta",
           parameter="report_type", metavar="|".join(REPORT_KINDS),
           help="Kind of report; html is of recordings, the last three are of hits."),
    Option(name="quiet", short="q", help="No progress and no hints."),
    Option(name="only", type=click.STRING, multiple=True, metavar="VARIANT",
           help="Run only this variant of the lab; repeatable."),
)  # fmt: skip
