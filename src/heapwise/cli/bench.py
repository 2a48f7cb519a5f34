"""``heapwise bench``: benchmarks compared, from files or run here."""

from __future__ import annotations

from typing import Unpack

import click

from heapwise.cli.bench_input import read_results
from heapwise.cli.bench_options import SHARED, TableOptions
from heapwise.cli.bench_tables import layout_of, show
from heapwise.cli.default_group import DefaultGroup
from heapwise.cli.options import command as make_command
from heapwise.cli.options import with_options
from heapwise.formats.bench_files import name_files, read_benchmarks

RUNNERS = {"go": "heapwise.cli.bench_go", "py": "heapwise.cli.bench_py"}
"""Subcommands that run benchmarks, imported when they are called: files need none of it."""


@click.group("bench", cls=DefaultGroup, default="files", modules=RUNNERS)
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
