"""``heapwise top``: the functions of a profile, heaviest first."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from heapwise.analysis.top import choose_sample_type, top_table
from heapwise.cli.options import command as make_command
from heapwise.cli.output import write_data
from heapwise.errors import UsageError
from heapwise.formats.pprof import LIMITS
from heapwise.model.envelope import envelope
from heapwise.record.sources import load_profile
from heapwise.report.top import top_lines

_TYPES = ("alloc_space", "alloc_objects", "inuse_space", "inuse_objects")
_ROWS_ON_TERMINAL = 30


@make_command(
    "top",
    "sample-index",
    "alloc-space",
    "alloc-objects",
    "inuse-space",
    "inuse-objects",
    "nodecount",
    "nodefraction",
    "cum",
    "flat",
    "max-profile-size",
    "json",
)
@click.argument("source", type=click.Path())
def command(
    source: str,
    sample_index: str | None,
    nodecount: int,
    nodefraction: float,
    cum: bool,
    flat: bool,
    max_profile_size: int,
    as_json: bool,
    **types: bool,
) -> None:
    """The functions of a profile by weight, as pprof's top counts them.

    SOURCE is a file, a URL, host:port (its /debug/pprof/heap), a recording, or - for standard
    input. A recording shows what was allocated under its load.
    """
    if cum and flat:
        raise UsageError("-cum and -flat exclude each other")
    wanted = _wanted_type(sample_index, types)
    limits = replace(LIMITS, decompressed=max_profile_size)
    name, profile = load_profile(source, limits=limits, sample_type=wanted)
    table = top_table(
        profile,
        choose_sample_type(profile, wanted).type,
        source=name,
        nodecount=_rows() if nodecount < 0 else nodecount,
        nodefraction=nodefraction,
        sort="cum" if cum else "flat",
    )
    write_data(envelope(table) if as_json else "\n".join(top_lines(table)))


def _wanted_type(sample_index: str | None, types: dict[str, bool]) -> str | None:
    """The one sample type that was asked for, None where none was."""
    wanted = [name for name in _TYPES if types[name]] + ([sample_index] if sample_index else [])
    if len(wanted) > 1:
        raise UsageError(f"more than one sample type: {' and '.join(wanted)}")
    return wanted[0] if wanted else None


def _rows() -> int:
    return _ROWS_ON_TERMINAL if sys.stdout.isatty() else 0
