"""``heapwise demo``: the whole loop on a bundled service."""

from __future__ import annotations

import shlex
from fractions import Fraction
from pathlib import Path

from heapwise.cli.lab import REPORT, carry_out, demand, scale_option, scaled
from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, note, write_data
from heapwise.lab.library import find_case
from heapwise.lab.text import render_lab
from heapwise.model.envelope import envelope

LAB = "chi-compress"
VARIANTS = ("before", "after")


@make_command("demo", "output", "force", "json", "quiet")
@scale_option("duration").decorate
@scale_option("rate").decorate
def command(
    *,
    rate: Fraction | None,
    duration: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find and prove a real bug: gigabytes of garbage from one line of middleware.

    A small Go service is built twice, with a release of the chi router that creates a compressor
    for every response and with the release that fixed it. Both get the same load, 30 s each
    after a warm-up. Recordings and the report go to ./heapwise-demo unless -o says otherwise.
    """
    case = find_case(LAB)
    out_dir = output or Path("heapwise-demo")
    scale = scaled(case.lab.load, rate, duration)
    result = carry_out(case, VARIANTS, scale, out_dir=out_dir, force=force, quiet=quiet)
    write_data(envelope(result) if as_json else render_lab(result))
    if not quiet:
        note(f"recorded in {out_dir}; open {out_dir / REPORT} in a browser")
        next_step(f"heapwise report {shlex.quote(str(out_dir / 'before.hw'))}")
        note("and on your own service:")
        next_step("heapwise doctor 'GET http://localhost:8080/'")
    demand(result)
