"""The table of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import click

from heapwise import __version__
from heapwise.errors import HeapwiseError
from heapwise.names import visible


class Entry(NamedTuple):
    """Where a command lives and what it is for; nothing is imported until it is called."""

    module: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("demo", "The whole loop on a bundled service, before and after."),
    "run": Entry("run", "Drive a service with load, record it, explain what it allocates."),
    "load": Entry("load", "Load only, on schedule: targets in, hits out."),
    "rate": Entry("rate", "Change the rate of a load that runs, or tell how far it is."),
    "job": Entry("job", "Record a program that runs to its end, and explain what it allocates."),
    "record": Entry("record", "Measure a service while somebody else makes the load."),
    "report": Entry("report", "Show recordings or hits as text, JSON or one HTML file."),
    "encode": Entry("encode", "Hits as JSON or CSV, from either: ours and vegeta's."),
    "plot": Entry("plot", "Latency over time of the hits of a load, as one offline HTML file."),
    "top": Entry("top", "The functions of a profile, as pprof's top."),
    "tree": Entry("tree", "The functions of a profile with their callers and callees."),
    "dot": Entry("dot", "The call graph for Graphviz."),
    "peek": Entry("peek", "Callers and callees of the functions that match a pattern."),
    "list": Entry("list", "The source lines of the functions that match a pattern."),
    "traces": Entry("traces", "The samples of a profile, one stack after the other."),
    "tags": Entry("tags", "The labels of a profile's samples and what they weigh."),
    "raw": Entry("raw", "Everything a profile holds, as text."),
    "comments": Entry("comments", "The comments of a profile."),
    "flame": Entry("flame", "Flame graph, call graph and table as one offline HTML file."),
    "web": Entry("web", "The same in the browser, read anew whenever it is loaded."),
    "merge": Entry("merge", "One profile of several, filtered or compared, as a file."),
    "topproto": Entry("topproto", "The rows of top as a profile."),
    "callgrind": Entry("callgrind", "The call graph for KCachegrind."),
    "folded": Entry("folded", "Stacks on one line each, for flame graph tools."),
    "speedscope": Entry("speedscope", "A file that speedscope opens."),
    "diff": Entry("diff", "Two profiles or recordings: what allocates more, and what less."),
    "compare": Entry("compare", "Two recordings, or rounds of two sides, one row a metric."),
    "verify": Entry("verify", "Prove a change: rounds of two sides in turn, and the verdict."),
    "gate": Entry("gate", "Hold a change against budgets; the exit code is for CI."),
    "baseline": Entry("baseline", "Figures that later runs are held against: save, show."),
    "log": Entry("log", "The notebook of experiments that verify keeps."),
    "gc": Entry("gc", "A garbage collector at work, from a log, metrics or a recording."),
    "trace": Entry("trace", "An execution trace of Go: collector, goroutines, waits."),
    "bench": Entry("bench", "Benchmarks compared as benchstat does, from files or run here."),
    "agent": Entry("agent", "Run a Python program with the profiling agent in it."),
    "doctor": Entry("doctor", "Check that a service can be driven and measured."),
    "diagnose": Entry("diagnose", "Why a recorded service allocates, and what to change."),
    "lint": Entry("lint", "Patterns in source that make garbage, without evidence."),
    "fix": Entry("fix", "Patches for what a recording found; apply them, and prove their gain."),
    "explain": Entry("explain", "What a finding's code means."),
    "watch": Entry("watch", "Watch services in production: leaks, pauses, limits, deploys."),
    "query": Entry("query", "What the store of a watcher knows, in words or SQL."),
    "lab": Entry("lab", "Reproduced case studies: list, run, check, clean."),
    "schema": Entry("schema", "The JSON Schema of what --json prints."),
    "completion": Entry("completion", "Shell completion for bash, zsh or fish."),
}
"""Every command, in the order the help prints them."""

ALIASES = {"attack": "load", "proto": "merge"}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return the command."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        with _one_thread():
            command = import_module(f"heapwise.cli.{COMMANDS[name].module}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a broken table, not bad input
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Print the table without importing any of it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what no JSON, no manifest and no terminal could repeat."""
        for word in args:
            if not word.isascii() and word != word.encode(errors="ignore").decode():
                ctx.fail(f"An argument is not UTF-8: {word!r}.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader of our pipe that has had enough, as `| head` has, ends it well.

        click would exit with 1.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Python must not complain on exit about what it could not flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or fail with the nearest name."""
        if args and args[0] not in COMMANDS and args[0] not in ALIASES:
            from difflib import get_close_matches  # noqa: PLC0415 - only for the error

            near = get_close_matches(args[0], [*COMMANDS, *ALIASES], 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Lets numpy come without the threads of its linear algebra, which take as long to start.

    Programs that heapwise starts later do not see it.
    """
    name = "OPENBLAS_NUM_THREADS"
    if name in os.environ:
        yield
        return
    os.environ[name] = "1"
    try:
        yield
    finally:
        del os.environ[name]


@click.command(
    cls=LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "color": False if os.environ.get("NO_COLOR") else None,  # None: only on a terminal
    },
    epilog="Flags may be written Go's way: -rate=1000 is --rate 1000.",
)
@click.version_option(__version__, "-V", "--version", prog_name="heapwise")
def app() -> None:
    """Find the code that makes the garbage in an HTTP service, fix it, and prove it."""


def main() -> None:
    """Run the command line; the process ends with the exit code of `heapwise.errors`."""
    try:
        code = app.main(prog_name="heapwise", standalone_mode=False)
    except HeapwiseError as error:
        complain(error)
        code = error.exit_code
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = error.exit_code
    except click.ClickException as error:
        complain(refusal(error))
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("heapwise: interrupted", err=True)
        code = 130
    except OSError as error:  # a disk that filled up under a report, a terminal that went away
        place = f" at {error.filename}" if error.filename else ""
        complain(HeapwiseError(f"could not go on{place}", error.strerror or str(error)))
        code = HeapwiseError.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def refusal(error: click.ClickException) -> HeapwiseError:
    """What click has against the command line, in one line, and where to read more."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "heapwise"
    message = " ".join(error.format_message().split())
    return HeapwiseError(message.removesuffix("."), hint=f"'{path} --help' shows how it is used")


def complain(error: HeapwiseError) -> None:
    """Print an error on stderr: what and why on one line, what to do on the next."""
    line = f"heapwise: {error.what}" + (f": {error.why}" if error.why else "")
    click.echo(visible(line), err=True)
    if error.hint:
        click.echo(f"  {visible(error.hint)}", err=True)
