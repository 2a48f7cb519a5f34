"""``heapwise demo``: the whole loop on a bundled service."""

from __future__ import annotations

import shlex
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import click

from heapwise.cli.lab import scale_option
from heapwise.cli.lab_run import REPORT, carry_out, demand, scaled
from heapwise.cli.options import Option
from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, note, write_data
from heapwise.lab.library import find_case
from heapwise.lab.runner import LabRequest
from heapwise.lab.text import render_lab
from heapwise.model.envelope import envelope

VARIANTS = ("before", "after")


class Demo(NamedTuple):
    """What is shown of a runtime, and how the user's own service is made to show as much.

    Attributes:
        lab: name of the lab.
        enable: what makes a service of the runtime visible, as shell or source.
    """

    lab: str
    enable: str


DEMOS = {
    "python": Demo("py-compress", "python -m heapwise_agent run -m uvicorn app:app --port 8080"),
    "go": Demo("chi-compress", 'import _ "net/http/pprof"'),
}
"""By runtime; the first one is the default."""

RUNTIME = Option(
    name="runtime",
    type=click.Choice(list(DEMOS)),
    default="python",
    help="The runtime to show it on; go builds a service, and needs a Go toolchain.",
)


@make_command("demo", "output", "force", "json", "quiet")
@RUNTIME.decorate
@scale_option("duration").decorate
@scale_option("rate").decorate
def command(
    *,
    runtime: str,
    rate: Fraction | None,
    duration: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find and prove a real bug: one line that throws away a compressor with every response.

    A small ASGI service runs twice under heapwise-agent, first with a gzip file for every response
    and then with compressors that it keeps. Both get the same load, 10 s each after a warm-up.
    With --runtime go it is a Go service with a release of the chi router that did the same, and
    with the release that fixed it, 30 s each. Recordings and the report go to ./heapwise-demo
    unless -o says otherwise.
    """
    demo = DEMOS[runtime]
    case = find_case(demo.lab)
    out_dir = output or Path("heapwise-demo")
    request = LabRequest(
        variants=VARIANTS,
        scale=scaled(case, rate, duration, None),
        out_dir=out_dir,
        force=force,
    )
    result = carry_out(case, request, quiet=quiet)
    write_data(envelope(result) if as_json else render_lab(result))
    if not quiet:
        note(f"recorded in {out_dir}; open {out_dir / REPORT} in a browser")
        next_step(f"heapwise report {shlex.quote(str(out_dir / 'before.hw'))}")
        note(f"and on your own service, once it has: {demo.enable}")
        next_step("heapwise doctor 'GET http://localhost:8080/'")
    demand(result)
