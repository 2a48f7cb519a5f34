"""What is taken beside the load, and what is shown of it: CPU, traces, the collector."""

from __future__ import annotations

import click

from heapwise.cli.kinds import DURATION, FILE, RATE, SIZE
from heapwise.cli.options.option import Option

CAPTURES = (
    Option(name="cpu", help="Take a CPU profile of every window."),
    Option(name="cpu-duration", type=DURATION,
           help="Length of the CPU profile; default: the window, at most 60s."),
    Option(name="trace", type=DURATION, metavar="DURATION", parameter="trace_duration",
           help="Take an execution trace this long, under load that counts in no figure."),
    Option(name="trace-rate", type=RATE, metavar="N[/TIME]",
           help="Requests per second while it is taken; default: those of the run."),
    Option(name="trace-on-slow", type=DURATION, metavar="DURATION",
           help="After a request slower than this fetch the service's flight recorder."),
    Option(name="flight-recorder", type=click.STRING, metavar="PATH",
           help="Where it is; default: /debug/flightrecorder."),
    Option(name="max-trace-size", type=SIZE, default="256MiB",
           help="Most bytes of execution traces to keep of a run."),
    Option(name="skip", type=DURATION,
           help="Leave out so much of the start; default: until the heap is steady."),
    Option(name="csv", help="Print one row a cycle instead, for spreadsheets."),
    Option(name="perfetto", type=FILE, metavar="FILE",
           help="Also write the trace here as JSON for ui.perfetto.dev and chrome://tracing."),
)  # fmt: skip
