"""``heapwise watch silence``: tell nobody of some alerts for a while."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path

import click

from heapwise.cli.kinds import DURATION
from heapwise.cli.options import Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note
from heapwise.cli.watch_options import STORE, changed, read_config
from heapwise.errors import UsageError
from heapwise.units import format_span
from heapwise.watch import STORE as DEFAULT_STORE
from heapwise.watch.alerts import Silence, add_silence
from heapwise.watch.assembly import SILENCES, silences_file

_WHOM = (
    Option(name="service", type=click.STRING, default="*", metavar="GLOB", help="Of this service."),
    Option(name="instance", type=click.STRING, default="*", metavar="GLOB",
           help="Of this instance."),
    Option(name="code", type=click.STRING, default="*", metavar="GLOB",
           help="Of this detector, as leak or gc-share."),
    Option(name="for", type=DURATION, parameter="length", default="2h", help="How long."),
    Option(name="comment", type=click.STRING, default="", help="Why."),
    Option(name="config", type=click.STRING, metavar="CONFIG",
           help="The watcher's configuration, which may name a file of silences."),
)  # fmt: skip


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        return ""


@make_command("silence", *_WHOM, STORE)
def command(
    service: str,
    instance: str,
    code: str,
    length: int,
    comment: str,
    config: str | None,
    store: Path | None,
) -> None:
    """Tell nobody of alerts that match, for a while; they are still seen, kept and shown.

    The watcher notices within a round. To end a silence early, remove it from the file.
    """
    if {service, instance, code} == {"*"}:
        raise UsageError(
            "this would silence everything", hint="name a --service, an --instance or a --code"
        )
    path = (
        silences_file(changed(read_config([config]), store=store))
        if config
        else (store or Path(DEFAULT_STORE)) / SILENCES
    )
    until = dt.datetime.now(dt.UTC) + dt.timedelta(microseconds=length / 1000)
    silence = Silence(
        service=service, instance=instance, code=code, until=until, comment=comment,
        author=_author(),
    )  # fmt: skip
    add_silence(path, silence)
    note(f"silent for {format_span(length)}; {path} says so")
