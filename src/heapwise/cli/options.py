"""The one table of options: flags, help, completion and the reference all read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import click

from heapwise.cli.gostyle import GoStyleCommand
from heapwise.errors import UsageError
from heapwise.units import NS_PER_S, parse_duration, parse_rate, parse_size

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class Quantity(click.ParamType[Any]):
    """A click type over one of the parsers in `heapwise.units`."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self.parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse text; anything else is a default that is parsed already."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


MAX_DURATION_NS = 366 * 24 * 3600 * NS_PER_S
"""A year. Beyond it a typing error is likelier, and some timers overflow."""

MAX_SIZE = 1 << 40
"""A tebibyte, in bytes."""

MAX_COUNT = 1_000_000
"""More connections or bodies than one machine has room for."""


def _duration(text: str) -> int:
    value = parse_duration(text)
    if value > MAX_DURATION_NS:
        raise UsageError(f"longer than a year: {text!r}")
    return value


def _size(text: str) -> int:
    value = parse_size(text)
    if not 0 < value <= MAX_SIZE:
        raise UsageError(f"not a size from 1 B to 1 TiB: {text!r}")
    return value


def _rate(text: str) -> Fraction:
    value = parse_rate(text)
    if max(value.as_integer_ratio()) >> 63:
        raise UsageError(f"has too many digits: {text!r}")
    return value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # nor is NaN
        raise UsageError(f"not a share from 0 to 1: {text!r}")
    return value


def _effect(text: str) -> float:
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = -1.0
    if rest or not 0 <= value <= 1:  # nor is NaN
        raise UsageError(f"not a relative change from 0 to 100 %: {text!r}", hint="write 2%")
    return value


DURATION = Quantity("duration", _duration)
SIZE = Quantity("size", _size)
RATE = Quantity("rate", _rate)
SHARE = Quantity("share", _share)
EFFECT = Quantity("effect", _effect)
FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option.

    Attributes:
        name: the long name; ``-name``, ``--name`` and, with ``_``, Go's spelling all reach it.
        help: what it does, one sentence.
        type: a click type, or None for a switch.
        peer: whose flag of the same name and meaning this is: ``vegeta`` or ``pprof``.
    """

    name: str
    help: str
    type: click.ParamType[Any] | None = None
    default: Any = None
    short: str = ""
    metavar: str | None = None
    multiple: bool = False
    switch_off: bool = False
    hidden: bool = False
    peer: str = ""
    parameter: str = field(default="")

    def decorate(self, function: AnyFunction) -> AnyFunction:
        """Put the option on a command's function."""
        long = f"--{self.name}"
        names = [f"-{self.short}"] if self.short else []
        names.append(f"{long}/--no-{self.name}" if self.switch_off else long)
        names.append(self.parameter or self.name.replace("-", "_"))
        settings: dict[str, Any] = {"help": self.help, "hidden": self.hidden}
        if self.type is None:
            settings |= {"is_flag": True, "default": bool(self.default)}
            settings |= {"show_default": self.switch_off}
        else:
            settings |= {"type": self.type, "multiple": self.multiple, "metavar": self.metavar}
            if self.default is not None:
                settings |= {"default": self.default, "show_default": True}
        decorated: AnyFunction = click.option(*names, **settings)(function)
        return decorated


_ALL = (
    # load
    Option(name="rate", short="r", type=RATE, default="50", peer="vegeta",
           metavar="N[/TIME]", help="Requests per second, or per the time given."),
    Option(name="duration", short="d", type=DURATION, default="10s", peer="vegeta",
           help="How long to send."),
    Option(name="targets", type=FILE, peer="vegeta",
           help="File of targets; - reads them from standard input."),
    Option(name="format", short="f", type=click.Choice(["http", "json"]), default="http",
           peer="vegeta", parameter="target_format", help="Format of the targets."),
    Option(name="body", type=FILE, peer="vegeta", help="File sent as the body of every request."),
    Option(name="header", short="H", type=click.STRING, multiple=True, peer="vegeta",
           metavar="NAME: VALUE", help="Header added to every request; repeatable."),
    Option(name="timeout", type=DURATION, default="30s", peer="vegeta",
           help="Longest time for one request."),
    Option(name="max-connections", type=click.IntRange(0, MAX_COUNT), default=0, peer="vegeta",
           metavar="N", parameter="connections",
           help="Most connections at once; 0 is no limit of ours."),
    Option(name="keepalive", default=True, switch_off=True, peer="vegeta",
           help="Reuse connections."),
    Option(name="warmup", type=DURATION, default="3s",
           help="Load sent before the figures begin."),
    Option(name="save-bodies", type=click.IntRange(0, MAX_COUNT), default=0, metavar="N",
           help="Keep this many response bodies per target."),
    Option(name="allow-remote", help="Allow targets outside loopback and private networks."),
    Option(name="apart", help="Drive the targets one after another, for figures per endpoint."),
    # the service
    Option(name="service", type=click.STRING, metavar="URL",
           help="The service's debug endpoint; default: the target's origin, else 127.0.0.1:6060."),
    Option(name="service-header", type=click.STRING, multiple=True, metavar="NAME: VALUE|@FILE",
           help="Header for the debug endpoint, or a file with one a line; repeatable."),
    Option(name="tls-ca", type=FILE,
           help="Certificates to trust at the debug endpoint instead of the system's."),
    Option(name="tls-cert", type=FILE,
           help="Certificate to show the debug endpoint."),
    Option(name="tls-key", type=FILE, help="Key of that certificate."),
    Option(name="exec", type=click.STRING, metavar="COMMAND", parameter="exec_command",
           help="Start the service with this command, and end it afterwards."),
    Option(name="interval", type=DURATION, default="1s",
           help="Longest time between two readings of the counters."),
    Option(name="max-profile-size", type=SIZE, default="512MiB",
           help="Largest profile to accept, decompressed."),
    # recordings and output
    Option(name="output", short="o", type=FILE, peer="vegeta", help="Where to write."),
    Option(name="force", help="Overwrite what is there."),
    Option(name="keep-secrets",
           help="Store header values and query strings as they are instead of redacting them."),
    Option(name="json", parameter="as_json", help="Print JSON: {schema_version, kind, data}."),
    Option(name="html", type=FILE, help="Also write one offline HTML file here."),
    Option(name="type", short="t", type=click.Choice(["text", "json", "html"]), default="text",
           peer="vegeta", parameter="report_type", help="Kind of report."),
    Option(name="quiet", short="q", help="No progress and no hints."),
    Option(name="variant", type=click.STRING, multiple=True,
           help="Run only this variant of the lab; repeatable."),
    # profile views
    Option(name="sample-index", type=click.STRING, peer="pprof", metavar="TYPE",
           help="Sample type to show, by name or number."),
    Option(name="alloc-space", peer="pprof", help="Same as -sample_index=alloc_space."),
    Option(name="alloc-objects", peer="pprof", help="Same as -sample_index=alloc_objects."),
    Option(name="inuse-space", peer="pprof", help="Same as -sample_index=inuse_space."),
    Option(name="inuse-objects", peer="pprof", help="Same as -sample_index=inuse_objects."),
    Option(name="base", type=click.STRING, peer="pprof", metavar="SOURCE",
           help="Subtract this source."),
    Option(name="diff-base", type=click.STRING, peer="pprof", metavar="SOURCE",
           help="The same, with percentages of the base."),
    Option(name="normalize", peer="pprof",
           help="Scale to the total of the base first, which hides that the total changed."),
    Option(name="add-comment", type=click.STRING, peer="pprof", metavar="TEXT",
           help="Comment to add to the profile."),
    Option(name="seconds", type=click.IntRange(0, 3600), default=0, peer="pprof", metavar="N",
           help="Ask services for what happens in N seconds; 0 for what happened so far."),
    Option(name="since", type=click.STRING, metavar="TIME",
           help="Of a folder of profiles those from then on: RFC 3339, or 1h before the last."),
    Option(name="until", type=click.STRING, metavar="TIME",
           help="Of a folder of profiles those up to then."),
    Option(name="focus", type=click.STRING, peer="pprof", metavar="REGEX",
           help="Only samples with a frame that matches: its function, file or binary."),
    Option(name="ignore", type=click.STRING, peer="pprof", metavar="REGEX",
           help="No samples with a frame that matches."),
    Option(name="hide", type=click.STRING, peer="pprof", metavar="REGEX",
           help="Leave out frames that match."),
    Option(name="show", type=click.STRING, peer="pprof", metavar="REGEX",
           help="Leave out frames that do not match."),
    Option(name="show-from", type=click.STRING, peer="pprof", metavar="REGEX",
           help="Leave out what is above the frame nearest to the root that matches."),
    Option(name="prune-from", type=click.STRING, peer="pprof", metavar="REGEX",
           help="Leave out what is below the frame nearest to the leaf that matches."),
    Option(name="tagfocus", type=click.STRING, peer="pprof", metavar="[KEY=]REGEX|RANGE",
           help="Only samples with a label that matches: key=value, 1kb, 1kb:10kb, bytes=32mb:."),
    Option(name="tagignore", type=click.STRING, peer="pprof", metavar="[KEY=]REGEX|RANGE",
           help="No samples with a label that matches."),
    Option(name="tagshow", type=click.STRING, peer="pprof", metavar="REGEX",
           help="Only labels whose key matches."),
    Option(name="taghide", type=click.STRING, peer="pprof", metavar="REGEX",
           help="No labels whose key matches."),
    Option(name="tagroot", type=click.STRING, peer="pprof", metavar="KEY,…",
           help="Show the values of labels as frames above every stack."),
    Option(name="tagleaf", type=click.STRING, peer="pprof", metavar="KEY,…",
           help="Show the values of labels as frames below every stack."),
    Option(name="relative-percentages", peer="pprof",
           help="Percentages of what the filters leave."),
    Option(name="functions", peer="pprof", help="One row a function (the default)."),
    Option(name="filefunctions", peer="pprof", help="One row a function and file."),
    Option(name="files", peer="pprof", help="One row a file and function start, by file name."),
    Option(name="lines", peer="pprof", help="One row a source line."),
    Option(name="addresses", peer="pprof", help="One row an address."),
    Option(name="noinlines", peer="pprof",
           help="Count inlined calls as part of the function they were compiled into."),
    Option(name="http", type=click.STRING, default="127.0.0.1:8081", peer="pprof",
           metavar="HOST:PORT", help="Address to serve the page at; port 0 takes a free one."),
    Option(name="source-root", type=FILE, metavar="DIR",
           help="Show source text of files below this folder, and of no others."),
    Option(name="unit", type=click.STRING, peer="pprof", metavar="UNIT",
           help="Unit to print: MB, kB, ms …; auto chooses one for each amount."),
    Option(name="divide-by", type=click.FloatRange(0, min_open=True), peer="pprof",
           help="Divide amounts by this before they are printed."),
    Option(name="per-request",
           help="Show a recording per request, with its exact totals, as heapwise report does."),
    Option(name="error-bars",
           help="Show the 95 % interval of flat also where the output is no terminal."),
    Option(name="absolute",
           help="Compare what recordings allocated altogether, not per request."),
    Option(name="nodecount", type=click.IntRange(min=-1), default=-1, peer="pprof",
           metavar="N",
           help="Most rows to show; 0 is all. -1 is 80 for tree and dot; for top 30 on a terminal "
           "and all in a pipe."),
    Option(name="nodefraction", type=SHARE, default="0.005", peer="pprof",
           help="Leave out rows whose cum is below this share of the total."),
    Option(name="edgefraction", type=SHARE, default="0.001", peer="pprof",
           help="Leave out calls whose weight is below this share of the total."),
    Option(name="call-tree", peer="pprof",
           help="A box for each call path, not one for each function."),
    Option(name="trim", default=True, switch_off=True, peer="pprof",
           help="Leave anything out at all."),
    Option(name="cum", default=False, peer="pprof", help="Sort by cum."),
    Option(name="flat", default=False, peer="pprof", help="Sort by flat (the default)."),
    # captures beside the load
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
    # the collector
    Option(name="skip", type=DURATION,
           help="Leave out so much of the start; default: until the heap is steady."),
    Option(name="csv", help="Print one row a cycle instead, for spreadsheets."),
    # execution traces
    Option(name="perfetto", type=FILE, metavar="FILE",
           help="Also write the trace here as JSON for ui.perfetto.dev and chrome://tracing."),
)  # fmt: skip

TABLE: dict[str, Option] = {option.name: option for option in _ALL}
"""Every option by its long name."""


def command(
    name: str, *option_names: str, **settings: Any
) -> Callable[[Callable[..., Any]], click.Command]:
    """A command with options of the table, in the order given.

    Args:
        name: as typed.
        option_names: keys of `TABLE`.
        settings: passed to `click.command`.
    """
    shared = with_options(*(TABLE[option_name] for option_name in option_names))

    def wrap(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=GoStyleCommand, **settings)(shared(function))

    return wrap


def with_options(*options: Option) -> Callable[[AnyFunction], AnyFunction]:
    """Put options on a command's function, in the order given."""

    def wrap(function: AnyFunction) -> AnyFunction:
        for option in reversed(options):
            function = option.decorate(function)
        return function

    return wrap
