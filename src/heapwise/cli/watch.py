"""``heapwise watch``: production monitoring that does not cry wolf."""

from __future__ import annotations

import click

from heapwise.cli.default_group import DefaultGroup

SUBCOMMANDS = {
    "run": "heapwise.cli.watch_run",
    "check": "heapwise.cli.watch_check",
    "rules": "heapwise.cli.watch_rules",
    "silence": "heapwise.cli.watch_silence",
    "page": "heapwise.cli.watch_page",
}


@click.group("watch", cls=DefaultGroup, default="run", modules=SUBCOMMANDS)
def command() -> None:
    """Watch services in production: watch [run] CONFIG or SERVICE…, check, rules, silence, page.

    `heapwise watch checkout=10.0.0.7:6060` reads what the service already exposes, every 15
    seconds; finds leaks, a collector that takes too much, long pauses, a limit that comes near and
    deploys that allocate more; takes the profiles that explain them; and tells.
    """
