"""``heapwise trace``: what an execution trace tells about the collector and the scheduler."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from heapwise.analysis.exectrace import TraceAnalysis, Tracks
from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.options import TABLE
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, note, write_data, write_json
from heapwise.cli.progress import progress_line
from heapwise.cli.views import TIMEOUT
from heapwise.errors import ProfileError, RecordingError, UsageError
from heapwise.formats.exectrace import open_trace
from heapwise.model.trace import Slices, TraceSummary
from heapwise.names import visible
from heapwise.record.files import is_recording
from heapwise.record.trace_source import Opened, Tracing, is_service, opened
from heapwise.report.perfetto import PerfettoFile
from heapwise.report.trace_text import render_trace
from heapwise.runtimes.access import ANYONE, split_access
from heapwise.units import NS_PER_S, format_count, format_size

Draw = Callable[[Slices], None]
Shown = list[tuple[str, TraceSummary]]

SECONDS = replace(
    TABLE["seconds"], type=click.IntRange(1, 3600), default=5, help="How long to trace a service."
)


@make_command("trace", "perfetto", "force", "max-profile-size", *ACCESS_OPTIONS, "json", "quiet")
@SECONDS.decorate
@TIMEOUT.decorate
@click.argument("source", type=click.Path())
def command(source: str, **options: Any) -> None:
    """Whether the collector holds requests up, and what else an execution trace of Go tells.

    SOURCE is a file, - for standard input, a URL or host:port (its /debug/pprof/trace), or a
    recording that holds a trace; Go 1.11 and later.

    It tells of collections, stops of the world, mark assists and whose goroutines paid for them;
    of the heap's sawtooth; of how long goroutines waited and for what; of the program's own tasks
    and regions. --perfetto writes all of it as a file for ui.perfetto.dev as well.
    """
    perfetto: Path | None = options["perfetto"]
    if perfetto is not None:
        must_be_free(perfetto, force=options["force"])
    shown = _recorded(source, options) if is_recording(Path(source)) else _read(source, options)
    if options["as_json"]:
        write_json(shown[0][1])
    else:
        write_data("\n".join(render_trace(summary, name) for name, summary in shown))
    for name, summary in shown:
        if summary.damage is not None:
            at = format_count(summary.damage.offset)
            note(visible(f"warning: {name} was read up to byte {at}: {summary.damage.what}"))
    if not options["quiet"]:
        _conclude(source, shown, perfetto)


def _recorded(source: str, options: dict[str, Any]) -> Shown:
    """The traces of a recording; one that is to be drawn is read anew."""
    from heapwise.record.store import load  # noqa: PLC0415 - it takes long to load

    traces = load(Path(source), max_profile_bytes=options["max_profile_size"]).traces
    if not traces:
        raise RecordingError(
            f"{source} holds no execution trace",
            hint="heapwise run --trace 5s takes one; heapwise trace URL does without a recording",
        )
    files = [str(Path(source) / trace.capture.file) for trace in traces]
    if len(files) > 1 and (options["as_json"] or options["perfetto"]):
        raise UsageError(
            f"{source} holds {len(files)} execution traces",
            hint=f"name one, as heapwise trace {shlex.quote(files[0])}",
        )
    if options["perfetto"]:
        return _read(files[0], options)
    return [(file, trace.summary) for file, trace in zip(files, traces, strict=True)]


def _read(source: str, options: dict[str, Any]) -> Shown:
    """Read a trace to its end, and draw it if that is wanted."""
    tracing = Tracing(
        access=build_access(options),
        seconds=options["seconds"],
        timeout_s=options["timeout"] / NS_PER_S,
        max_bytes=options["max_profile_size"],
    )
    with progress_line(None, quiet=options["quiet"]) as show:
        if is_service(source):
            show("tracing the service", None)
        with opened(source, tracing) as trace:
            summary, left_out = _analysed(trace, options["perfetto"], lambda step: show(step, None))
    for track, count in left_out.items():
        note(f"not drawn: the {format_count(count)} shortest slices of {track}")
    return [(trace.name, summary)]


def _analysed(
    trace: Opened, perfetto: Path | None, show: Callable[[str], None]
) -> tuple[TraceSummary, dict[str, int]]:
    """The summary, and what was left out of the drawing."""
    stream, analysis, tracks = open_trace(trace.file), TraceAnalysis(), Tracks()
    whole = f" of {format_size(trace.size)}" if trace.size else ""
    with _drawing(perfetto) as drawing:
        for generation in stream:
            taken = analysis.take(generation)
            if drawing is not None:
                for slices in tracks.draw(taken):
                    drawing.slices(slices)
            show(f"reading: {format_size(stream.size)}{whole}")
        summary = analysis.summary(stream)
        if not summary.events:
            why = f"byte {summary.damage.offset}: {summary.damage.what}" if summary.damage else ""
            raise ProfileError(f"{trace.name} holds no events", why, "trace the service anew")
        return summary, drawing.finish(summary) if drawing is not None else {}


@contextmanager
def _drawing(path: Path | None) -> Iterator[PerfettoFile | None]:
    """A file to draw into, which is gone again if that fails."""
    if path is None:
        yield None
        return
    with path.open("wb") as out:
        try:
            yield PerfettoFile(out)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _conclude(source: str, shown: Shown, perfetto: Path | None) -> None:
    """Say what to do next: find out who allocates, else look at the trace."""
    if perfetto is not None:
        note(visible(f"{perfetto} opens at https://ui.perfetto.dev and in chrome://tracing"))
    harm = any(summary.harm for _, summary in shown)
    if is_service(source):
        source, _ = split_access(source, ANYONE)  # whose password is not to be repeated
    if harm and (is_service(source) or is_recording(Path(source))):
        # The address may be that of the trace, which is no heap profile.
        place = source.partition("?")[0].removesuffix("/debug/pprof/trace")
        next_step(f"heapwise top -alloc_space {shlex.quote(place)}")
    elif harm:
        next_step("heapwise top -alloc_space http://localhost:6060")
    elif perfetto is None and source != "-":
        next_step(f"heapwise trace {shlex.quote(source)} --perfetto trace.json")
