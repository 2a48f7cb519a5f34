"""``heapwise watch silence``: tell nobody of some alerts for a while."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path

import click

from heapwise.cli.kinds import DURATION, FILE
from heapwise.cli.options import Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note
from heapwise.cli.watch_options import STORE
from heapwise.errors import UsageError
from heapwise.units import format_span
from heapwise.watch import STORE as DEFAULT_STORE
from heapwise.watch.alerts import Silence, add_silence
from heapwise.watch.assembly import SILENCES
from heapwise.watch.config import load_config
from heapwise.watch.store.files import DATABASE

_WHOM = (
    Option(name="service", type=click.STRING, default="*", metavar="GLOB", help="Of this service."),
    Option(name="instance", type=click.STRING, default="*", metavar="GLOB",
           help="Of this instance."),
    Option(name="code", type=click.STRING, default="*", metavar="GLOB",
           help="Of this detector, as leak or gc-share."),
    Option(name="for", type=DURATION, parameter="length", default="2h", help="How long."),
    Option(name="comment", type=click.STRING, default="", help="Why."),
    Option(name="config", type=FILE, metavar="CONFIG",
           help="The watcher's configuration, which names its store or a file of silences."),
)  # fmt: skip


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        return ""


def _read_by_the_watcher(config: Path | None, store: Path | None) -> Path:
    """Where its silences stand.

    Raises:
        UsageError: the configuration has mistakes, or no watcher keeps anything in the store.
    """
    if config is not None:
        read = load_config(config)
        if read.alerts.silences_file is not None:
            return read.alerts.silences_file
        store = store or read.watch.store
    store = store or Path(DEFAULT_STORE)
    if not (store / DATABASE).is_file():
        raise UsageError(
            f"no watcher keeps anything in {store}",
            hint="name its configuration with --config, or its store with --store",
        )
    return store / SILENCES


@make_command("silence", *_WHOM, STORE)
def command(
    service: str,
    instance: str,
    code: str,
    length: int,
    comment: str,
    config: Path | None,
    store: Path | None,
) -> None:
    """Tell nobody of alerts that match, for a while; they are still seen, kept and shown.

    The watcher notices within a round. To end a silence early, remove it from the file.
    """
    if {service, instance, code} == {"*"}:
        raise UsageError(
            "this would silence everything", hint="name a --service, an --instance or a --code"
        )
    path = _read_by_the_watcher(config, store)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(microseconds=length / 1000)
    silence = Silence(
        service=service, instance=instance, code=code, until=until, comment=comment,
        author=_author(),
    )  # fmt: skip
    add_silence(path, silence)
    note(f"silent for {format_span(length)}; {path} says so")
