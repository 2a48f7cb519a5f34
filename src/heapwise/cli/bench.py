"""``heapwise bench``: benchmarks compared, from files or run here."""

from __future__ import annotations

from importlib import import_module
from typing import Unpack

import click

from heapwise.cli.bench_input import read_results
from heapwise.cli.bench_options import SHARED, TableOptions
from heapwise.cli.bench_tables import layout_of, show
from heapwise.cli.options import command as make_command
from heapwise.cli.options import with_options
from heapwise.formats.bench_files import name_files, read_benchmarks

RUNNERS = {"go": "heapwise.cli.bench_go", "py": "heapwise.cli.bench_py"}
"""Subcommands that run benchmarks, imported when they are called: files need none of it."""


class BenchGroup(click.Group):
    """A group whose first word may be a file: ``bench old.txt new.txt`` is ``bench files …``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The one for files first."""
        return [*super().list_commands(ctx), *RUNNERS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it, if it runs anything."""
        if cmd_name not in RUNNERS:
            return super().get_command(ctx, cmd_name)
        command = import_module(RUNNERS[cmd_name]).command
        assert isinstance(command, click.Command)  # noqa: S101 - a broken table, not bad input
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``files`` before anything that is neither a subcommand nor a call for help."""
        if args and args[0] not in (*self.list_commands(ctx), *ctx.help_option_names):
            args = ["files", *args]
        return super().parse_args(ctx, args)


@click.group("bench", cls=BenchGroup)
def command() -> None:
    """Compare benchmarks as benchstat does, with exit codes: bench [files] OLD NEW, go, or py.

    `heapwise bench old.txt new.txt` reads files; `bench go` and `bench py` run benchmarks first.
    """


@make_command("files")
@click.argument("files", nargs=-1, required=True)
@with_options(*SHARED)
def files_command(files: tuple[str, ...], **options: Unpack[TableOptions]) -> None:
    """Compare files: Go's benchmark format, pytest-benchmark's JSON or pyperf's.

    LABEL=FILE names a column, and files of one label share it; - is standard input. A line that
    cannot be read is reported and passed over, and the exit code is then 4, as when benchmarks
    failed or results are missing.
    """
    layout = layout_of(options)
    named = name_files(files)
    read = read_benchmarks((file, read_results(file.path)) for file in named)
    gate = f"heapwise bench --fail-on-regression {' '.join(files)}"
    show(read, layout, options, gate if len(named) > 1 else f"heapwise bench {files[0]} NEW")


command.add_command(files_command)
