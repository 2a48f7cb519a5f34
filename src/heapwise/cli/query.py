"""``heapwise query``: what the store of a watcher knows."""

from __future__ import annotations

import time
from pathlib import Path

import click

from heapwise.cli.options import FILE, Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note, write_data, write_json
from heapwise.errors import UsageError
from heapwise.report.answer_text import render_answer, render_answer_csv
from heapwise.watch import STORE as DEFAULT_STORE
from heapwise.watch.store import StoreView
from heapwise.watch.store.files import ARCHIVE
from heapwise.watch.store.query import answer, answer_sql, parse_question

_STORE = Option(name="store", type=FILE, metavar="DIR", default=DEFAULT_STORE,
                help="What heapwise watch keeps.")  # fmt: skip
_ARCHIVE = Option(name="archive", type=FILE, metavar="DIR",
                  help="Its sealed days; default: archive in the store.")  # fmt: skip
_SQL = Option(name="sql", help="QUERY is one SELECT of DuckDB's SQL over the view samples.")
_CSV = Option(name="csv", parameter="as_csv", help="Print CSV: bytes, counts, ns.")


@make_command("query", _STORE, _ARCHIVE, _SQL, "json", _CSV)
@click.argument("query")
def command(
    *, query: str, store: Path, archive: Path | None, sql: bool, as_json: bool, as_csv: bool
) -> None:
    """Ask what watched services allocated, what was wrong, and what was deployed.

    QUERY is 'top SAMPLE_TYPE', 'paths SAMPLE_TYPE', 'alerts' or 'deploys', and behind it in any
    order 'for service NAME', 'last 1h' or 'since TIME until TIME', 'limit N'; behind the first two
    also 'instance NAME', 'build NAME' and 'by function', path, instance, build or service: top
    alloc_space for service checkout last 1h by path.
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other")
    with StoreView.open(store) as view:
        place = archive or store / ARCHIVE
        if sql:
            found = answer_sql(view, place, query)
        else:
            found = answer(view, place, parse_question(query, time.time_ns()))
    if as_json:
        write_json(found)
    else:
        write_data(render_answer_csv(found) if as_csv else render_answer(found))
        for said in found.notes if as_csv else ():  # a table for programs has no place for them
            note(said)
