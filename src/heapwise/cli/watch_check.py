"""``heapwise watch check``: a configuration, looked at without watching anybody."""

from __future__ import annotations

import click

from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, note, write_data
from heapwise.cli.watch_options import read_config
from heapwise.names import visible
from heapwise.units import format_duration, how_many
from heapwise.watch.clock import SteadyClock
from heapwise.watch.config import doubts
from heapwise.watch.discovery import Discovery
from heapwise.watch.sinks import routes_of


@make_command("check")
@click.argument("config", metavar="CONFIG")
def command(config: str) -> None:
    """Read CONFIG, look for its targets once, and list them; nobody is asked anything.

    Lists over HTTP are fetched, as they will be.
    """
    read = read_config([config])
    for doubt in doubts(read):
        note(visible(doubt))
    routes_of(read.sink, read.alerts, lambda _: 0, read.watch.scale)  # it raises what a run would
    discovery = Discovery(read.service, read.shard, read.watch.deadline / 1e9)
    found = discovery.look(SteadyClock().now_ns())
    for problem in found.problems:
        note(visible(problem))
    for target in found.targets:
        write_data(f"{visible(target.key)}  {visible(target.url)}")
    note(how_many(len(found.targets), "target"))
    note(f"a reading every {format_duration(read.watch.every_ns)}, if its service says no other")
    next_step(f"heapwise watch {config}")
