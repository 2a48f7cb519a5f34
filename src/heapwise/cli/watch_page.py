"""``heapwise watch page``: what a watcher kept, in the browser, without the watcher."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.cli.extras import needs_extra
from heapwise.cli.kinds import parse_place
from heapwise.cli.options import Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note
from heapwise.cli.watch_options import HOUR, STORE
from heapwise.units import NS_PER_S
from heapwise.watch import STORE as DEFAULT_STORE
from heapwise.watch.clock import SteadyClock
from heapwise.watch.scale import Scale
from heapwise.watch.store import StoreView

_HTTP = Option(
    name="http", type=click.STRING, default="localhost:0", metavar="HOST:PORT",
    help="Where to serve; port 0 takes any that is free.",
)  # fmt: skip


@make_command("page", STORE, _HTTP, HOUR)
def command(store: Path | None, http: str, hour: int | None) -> None:
    """Show a store in the browser: services, timelines, alerts and their profiles.

    A watcher may be writing it, or none. --hour is what the watcher was given.
    """
    with needs_extra("the page", "watch"):
        from heapwise.web.server import listen  # noqa: PLC0415 - an extra, and slow
        from heapwise.web.watch.serving import serve_page  # noqa: PLC0415 - as above
        from heapwise.web.watch.stored import StoredWatch  # noqa: PLC0415 - as above
    scale = Scale(hour / (3600 * NS_PER_S)) if hour else Scale()
    with StoreView.open(store or Path(DEFAULT_STORE)) as view, listen(*parse_place(http)) as at:
        watched = StoredWatch(view, SteadyClock(), scale)
        serve_page(at, watched, lambda url: note(f"open {url} (Ctrl-C ends it)"))
