"""``heapwise bench py``: a Python function's time and exact allocations per call."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import click

from heapwise.cli.agent import find_python, require_agent
from heapwise.cli.bench_input import read_results
from heapwise.cli.bench_options import COUNT, SHARED, TableOptions
from heapwise.cli.bench_tables import layout_of, show
from heapwise.cli.options import DURATION, FILE, TABLE, Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, note, on_terminal, write_file
from heapwise.formats.bench_files import Named, read_benchmarks
from heapwise.formats.benchfmt.write import write_benchmarks
from heapwise.units import NS_PER_S
from heapwise.verify.python_bench import PythonBenchmark, run_python_benchmark

_OPTIONS = (
    Option(name="python", type=click.STRING, metavar="PATH",
           help="The interpreter; default: the active virtual environment's, else python3."),
    replace(COUNT, help="Processes to measure in."),
    Option(name="benchtime", type=DURATION, default="500ms",
           help="How long the calls of each process take, about."),
    replace(TABLE["base"], peer="", type=FILE, metavar="FILE",
            help="Compare with this file, which an earlier -o wrote."),
    replace(TABLE["output"], help="Where to keep the results, in Go's benchmark format."),
)  # fmt: skip


@make_command("py", "force")
@click.argument("target", metavar="MODULE:FUNC")
@with_options(*_OPTIONS, *SHARED)
def command(
    target: str,
    python: str | None,
    count: int,
    benchtime: int,
    base: Path | None,
    output: Path | None,
    force: bool,
    **options: Unpack[TableOptions],
) -> None:
    """Measure a Python function: time, bytes and allocations per call, each count in a new process.

    The function is called without arguments, first once, then with the collector off. Allocations
    are counted, not sampled, by heapwise-agent, which its interpreter needs; what CPython serves
    from its free lists is none. The module is imported from the folder that you are in.
    """
    layout = layout_of(options)
    if output is not None:
        must_be_free(output, force=force)
    interpreter = find_python(python, os.environ)
    asked = PythonBenchmark(
        target=target, folder=Path(), python=interpreter, count=count,
        seconds=benchtime / NS_PER_S,
    )  # fmt: skip
    require_agent(interpreter)
    quiet = options["quiet"] or not on_terminal()
    new = run_python_benchmark(asked, "new", lambda text: None if quiet else note(text))
    text = write_benchmarks(new.results, new.units)
    if output is not None:
        write_file(text, output)
    sides = [(Named("new", "new"), text.encode())]
    if base is not None:
        sides.insert(0, (Named("base", str(base)), read_results(str(base))))
    kept = f"change the code, then heapwise bench py {target} --base {output}"
    show(
        read_benchmarks(sides),
        layout,
        options,
        kept if output else f"heapwise bench py {target} -o before.txt",
    )
