"""``heapwise gc``: a collector at work, from a log, metrics or a recording."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import click

from heapwise.analysis.gc_overview import (
    overview_of_log,
    overview_of_memstats,
    overview_of_recording,
    overview_of_scrapes,
)
from heapwise.cli.options import command as make_command
from heapwise.cli.output import next_step, note, write_data, write_json
from heapwise.errors import ProfileError, UsageError
from heapwise.formats.gctrace import parse_line, parse_log
from heapwise.formats.memstats import parse_expvar, parse_memstats
from heapwise.formats.prometheus_text import (
    MAX_LINE,
    Scrape,
    looks_like_metrics,
    parse_prometheus,
)
from heapwise.model.gc_overview import GcOverview
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.record.store import load
from heapwise.report.gc_csv import render_gc_csv
from heapwise.report.gc_text import render_gc

STDIN = "-"
_PAGE = 64 << 20
"""The longest page of expvar or of the heap profile as text."""


@make_command("gc", "skip", "csv", "json", "max-profile-size", "quiet")
@click.argument("files", nargs=-1, metavar="LOG|RECORDING|METRICS|-...")
def command(
    files: tuple[str, ...],
    skip: int | None,
    csv: bool,
    as_json: bool,
    max_profile_size: int,
    quiet: bool,
) -> None:
    """Show a garbage collector at work: how often, how long, at what cost, and what bounds it.

    LOG is a Go service's standard error with GODEBUG=gctrace=1, whatever else stands in it;
    METRICS the saved answer of /metrics, twice for what happened in between, of /debug/vars or of
    /debug/pprof/heap?debug=1.
    """
    if csv and as_json:
        raise UsageError("--csv and --json exclude each other")
    seen, timeline = _look(files, skip, max_profile_size)
    if csv:
        if timeline is None:
            raise UsageError(
                f"{seen.name} tells of no cycle by itself", hint="give a gctrace, or a recording"
            )
        write_data(render_gc_csv(timeline))
    elif as_json:
        write_json(seen)
    else:
        write_data(render_gc(seen))
    if not quiet:
        if csv and timeline is not None:
            note(f"times are ns on the clock of the {timeline.clock}")
        next_step(seen.next_command)


def _look(
    files: tuple[str, ...], skip: int | None, max_profile_size: int
) -> tuple[GcOverview, GcTimeline | None]:
    if not files and sys.stdin.isatty():
        raise UsageError("nothing to look at", hint="name a log, a recording or saved metrics")
    files = files or (STDIN,)
    if len(files) == 1 and Path(files[0]).is_dir():
        recording = load(Path(files[0]), max_profile_bytes=max_profile_size)
        return overview_of_recording(recording, files[0], skip)
    if len(files) == 1:
        with _opened(files[0]) as source:
            return _single(source, skip)
    if len(files) > 2:
        raise UsageError(f"{len(files)} files do not fit one view", hint="give one, or two metrics")
    _no_skip(skip, "metrics")
    earlier, later = (_metrics(file) for file in files)
    return overview_of_scrapes(" to ".join(files), later, earlier), None


@dataclass(frozen=True)
class _Source:
    """A file that was opened, and how it begins."""

    name: str
    stream: BufferedReader
    head: str

    def lines(self) -> Iterator[str]:
        """Its lines, one that has no end in pieces."""
        for line in iter(lambda: self.stream.readline(MAX_LINE), b""):
            yield line.decode("utf-8", "replace")

    def page(self) -> bytes:
        """All of it.

        Raises:
            ProfileError: it is too long for a page.
        """
        data = self.stream.read(_PAGE + 1)
        if len(data) > _PAGE:
            raise ProfileError(f"{self.name} is too long for a page of counters")
        return data


def _single(source: _Source, skip: int | None) -> tuple[GcOverview, GcTimeline | None]:
    head = source.head.lstrip("\ufeff \t\r\n")
    if any(map(parse_line, head.split("\n"))):
        return overview_of_log(parse_log(source.lines()), source.name, skip)
    if head.startswith("{") and not _is_json_log(head):
        _no_skip(skip, "expvar")
        return overview_of_memstats(parse_expvar(source.page()), GcSource.EXPVAR, source.name)
    if head.startswith("heap profile:"):
        _no_skip(skip, "MemStats")
        return overview_of_memstats(parse_memstats(source.page()), GcSource.RING, source.name)
    if looks_like_metrics(head):
        _no_skip(skip, "metrics")
        return overview_of_scrapes(source.name, parse_prometheus(source.lines())), None
    return overview_of_log(parse_log(source.lines()), source.name, skip)


def _is_json_log(head: str) -> bool:
    """True for one object a line, as structured loggers write; expvar's page is one object."""
    first = head.partition("\n")[0].rstrip()
    return first.endswith("}") and '"memstats"' not in first


def _metrics(file: str) -> Scrape:
    with _opened(file) as source:
        return parse_prometheus(source.lines())


def _no_skip(skip: int | None, what: str) -> None:
    if skip is not None:
        raise UsageError(f"--skip needs cycles in order of time, which {what} do not hold")


@contextmanager
def _opened(file: str) -> Iterator[_Source]:
    """A file, or standard input, with its beginning looked at.

    Raises:
        UsageError: it cannot be read.
    """
    if file == STDIN:
        yield _begun("standard input", sys.stdin.buffer)  # type: ignore[arg-type] # it is buffered
        return
    try:
        with Path(file).open("rb") as stream:
            yield _begun(file, stream)
    except OSError as error:
        raise UsageError(
            f"cannot read {file}",
            error.strerror or str(error),
            "give a log, a recording, saved metrics, or - for standard input",
        ) from None


def _begun(name: str, stream: BufferedReader) -> _Source:
    return _Source(name, stream, stream.peek().decode("utf-8", "replace"))
