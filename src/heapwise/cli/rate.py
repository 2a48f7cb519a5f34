"""``heapwise rate``: ask a running load for its rate, or give it another."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.cli.kinds import FILE
from heapwise.cli.options import command as make_command
from heapwise.cli.output import write_data
from heapwise.errors import HeapwiseError
from heapwise.load.control import ask
from heapwise.names import visible


@make_command("rate")
@click.argument("path", type=FILE)
@click.argument("rate", required=False)
def command(*, path: Path, rate: str | None) -> None:
    """Change the rate of a load that runs, or tell how far it is.

    PATH is the socket that `heapwise load --control` was given, RATE what is left of the load is
    sent at, as 500 or 50/1m. Without it the load tells its rate and its progress.
    """
    answer = ask(path, f"rate {rate}" if rate is not None else "status")
    verdict, _, text = visible(answer).partition(" ")
    if verdict != "ok":
        raise HeapwiseError(text)
    write_data(text)
