"""``heapwise bench go``: Go benchmarks of one or two revisions, run and compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Unpack

import click

from heapwise.cli.bench_options import COUNT, SHARED, TableOptions
from heapwise.cli.bench_tables import layout_of, show
from heapwise.cli.options import DURATION, TABLE, Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_not_exist, note, on_terminal, write_file
from heapwise.errors import UsageError
from heapwise.formats.bench_files import Named, read_benchmarks
from heapwise.runtimes.go.toolchain import find_go
from heapwise.units import NS_PER_S
from heapwise.verify.go_bench import (
    WORK_TREE,
    BenchmarksInterrupted,
    GoBenchmarks,
    run_go_benchmarks,
)

_BENCHTIME = re.compile(r"(?:[\d.]+(?:ns|us|µs|ms|s|m|h))+|[1-9]\d*x")

_OPTIONS = (
    replace(TABLE["base"], peer="", metavar="REVISION",
            help="The old side, a git revision; without it one side is run."),
    Option(name="new", type=click.STRING, metavar="REVISION", default=WORK_TREE,
           help="The new side; . is the files as they are."),
    Option(name="bench", type=click.STRING, metavar="REGEX", default=".",
           help="Benchmarks to run, as go test has it."),
    Option(name="benchtime", type=click.STRING, metavar="TIME|Nx", default="",
           help="Of each run of each benchmark, as go test has it."),
    replace(TABLE["timeout"], type=DURATION, default="15m", peer="",
            help="Longest run of one package."),
    replace(TABLE["output"], metavar="DIR",
            help="Folder for base.txt and new.txt; default: heapwise-bench-TIME."),
)  # fmt: skip


@make_command("go", "force")
@click.argument("packages", nargs=-1)
@with_options(*_OPTIONS, COUNT, *SHARED)
def command(
    packages: tuple[str, ...],
    base: str | None,
    new: str,
    bench: str,
    benchtime: str,
    timeout: int,
    output: Path | None,
    force: bool,
    count: int,
    **options: Unpack[TableOptions],
) -> None:
    """Run Go benchmarks of one revision and of another, turn and turn about, and compare them.

    Each package is compiled once for each side, in a work tree of its own, and run --count times
    with -benchmem, in the order base new new base. Both outputs are kept, for benchstat too.
    """
    layout = layout_of(options)
    if benchtime and not _BENCHTIME.fullmatch(benchtime):
        raise UsageError(f"not a -benchtime: {benchtime!r}", hint="write 1s, 200ms or 100x")
    folder = output or Path(f"heapwise-bench-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    must_not_exist(folder, force=force)
    asked = GoBenchmarks(
        folder=Path(),
        base=base,
        new=new,
        packages=packages or (".",),
        bench=bench,
        count=count,
        benchtime=benchtime,
        timeout_s=timeout / NS_PER_S,
    )
    quiet = options["quiet"] or not on_terminal()
    try:
        sides = run_go_benchmarks(asked, find_go(), lambda text: None if quiet else note(text))
    except BenchmarksInterrupted as error:
        _keep(error.output, folder)
        note(f"what there was until then is in {folder}")
        raise
    _keep(sides, folder)
    files = ((Named(name, str(folder / f"{name}.txt")), sides[name].encode()) for name in sides)
    after = "heapwise bench " + " ".join(f"{name}={folder / name}.txt" for name in sides)
    show(read_benchmarks(files), layout, options, after)


def _keep(sides: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sides.items():
        write_file(text, folder / f"{name}.txt")
