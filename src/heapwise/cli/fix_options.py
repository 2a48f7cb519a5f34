"""The options of ``heapwise fix``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import click

from heapwise.cli.options import TABLE, Option
from heapwise.cli.verify_options import MOST_ROUNDS, OWN

_VERIFY = {option.name: option for option in OWN}

LEAST_ROUNDS = 5
"""With fewer rounds, no difference however large could be told from chance."""

CHOICE = (
    Option(name="only", type=click.STRING, metavar="CODE,…",
           help="Only findings with these codes: --only HW402,HW501."),
    Option(name="finding", type=click.IntRange(min=1), multiple=True, metavar="N",
           help="Only the finding of this number; repeatable."),
    replace(TABLE["output"], peer="", metavar="FILE",
            help="Also write the patches here, as one unified diff for patch -p1 or git apply."),
)  # fmt: skip

WRITE = (
    Option(name="apply",
           help="Write the patches into SRC: each is built, vetted and tested, or undone."),
    replace(TABLE["force"],
            help="Patch beside changes that are not committed; replace FILE of -o."),
    Option(name="test", type=click.STRING, metavar="COMMAND",
           help="Tests a patch, run in SRC; default for Go: go test of the changed packages."),
)  # fmt: skip

PROVE = (
    Option(name="verify",
           help="With --apply: rounds of the recording's load without and with the patches; what "
           "gains nothing is undone."),
    Option(name="one-by-one", help="Verify each patch alone instead of all of them together."),
    replace(_VERIFY["build"], metavar="COMMAND",
            help="Builds the service, run in SRC: go build -o {out} ./cmd/service."),
    replace(TABLE["exec"],
            help="Starts the service; {out} stands for what was built. Default: the command of the "
            "recording."),
    replace(_VERIFY["rounds"], type=click.IntRange(LEAST_ROUNDS, MOST_ROUNDS),
            help="Runs of each side."),
    _VERIFY["cooldown"],
    replace(TABLE["duration"], default=None, peer="",
            help="How long each run sends; default: as the recording did."),
    replace(TABLE["warmup"], default=None,
            help="Load sent before the figures begin; default: as the recording did."),
)  # fmt: skip


class FixOptions(TypedDict):
    """The options, as click passes them."""

    only: str | None
    finding: tuple[int, ...]
    output: Path | None
    apply: bool
    force: bool
    test: str | None
    verify: bool
    one_by_one: bool
    build: str | None
    exec_command: str | None
    rounds: int
    cooldown: int
    duration: int | None
    warmup: int | None
    header: tuple[str, ...]
    allow_remote: bool
    service: str | None
    quiet: bool
