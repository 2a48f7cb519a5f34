"""``heapwise schema KIND``: the JSON Schema of what ``--json`` prints."""

from __future__ import annotations

import json

import click

from heapwise.cli.options import command as make_command
from heapwise.cli.output import write_data
from heapwise.model.envelope import KINDS, schema


@make_command("schema")
@click.argument("kind", type=click.Choice(list(KINDS)))
def command(kind: str) -> None:
    """Print the JSON Schema of one kind of result, generated from the types themselves."""
    write_data(json.dumps(schema(kind), indent=2))
