"""What all views of profiles have in common on the command line: sources, filters, looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
import msgspec

from heapwise.analysis.filters import Filters
from heapwise.analysis.granularity import Granularity
from heapwise.analysis.tag_frames import TagFrames
from heapwise.analysis.trim import UNTRIMMED, Sort, Trim
from heapwise.analysis.view import Look, Query, look
from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.options import TABLE, Quantity
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, note, write_bytes, write_data, write_json
from heapwise.errors import UsageError
from heapwise.formats.measurement import AUTOMATIC
from heapwise.formats.pprof import LIMITS
from heapwise.names import visible
from heapwise.record.profile_folder import Span
from heapwise.record.sources import Reading, Sources, load_sources
from heapwise.units import NS_PER_S, parse_duration

Choice = TypeVar("Choice", bound=str)

_TYPES = ("alloc_space", "alloc_objects", "inuse_space", "inuse_objects")
_GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
_ORDERS: tuple[Sort, ...] = get_args(Sort)
_FILTERS = tuple(field.name for field in fields(Filters))

SOURCES = (
    "base", "diff-base", "normalize", "add-comment", "seconds", "since", "until",
    "max-profile-size", *ACCESS_OPTIONS,
)  # fmt: skip
FILTERS = (*(name.replace("_", "-") for name in _FILTERS), "tagroot", "tagleaf")
VALUES = (
    "sample-index", "alloc-space", "alloc-objects", "inuse-space", "inuse-objects",
    "relative-percentages", "unit", "divide-by", "per-request",
)  # fmt: skip
EXPORT = (
    "output", "force", "sample-index", "alloc-space", "alloc-objects", "inuse-space",
    "inuse-objects",
)  # fmt: skip
FRAMES = (*_GRANULARITIES, "noinlines")
LIMITS_SHOWN = ("nodecount", "nodefraction", "edgefraction", "trim")
TRIMMING = (*LIMITS_SHOWN, "cum", "flat")
"""Option groups, by what they choose."""


def _seconds(text: str) -> int:
    """A duration; pprof's users write the number of seconds alone."""
    return parse_duration(f"{text}s" if text.isdecimal() else text)


TIMEOUT = replace(
    TABLE["timeout"], type=Quantity("duration", _seconds), default="60s", peer="pprof",
    help="Longest time for a service to answer, besides -seconds.",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """The options of a view, as click parsed them; those a view does not have are at rest."""

    options: dict[str, Any]

    def look(self, query: Query | None = None) -> Look:
        """Read the sources and look at them as asked; says which filters matched nothing.

        Args:
            query: instead of the one the options make.
        """
        if output := self.options.get("output"):
            must_be_free(output, force=self.options["force"])
        query = query or self.query()
        sources = self._sources(query.sample_type)
        if self.options.get("per_request"):
            # Analysing a recording imports half of heapwise, which other views need not wait for.
            from heapwise.record.per_request import look_per_request  # noqa: PLC0415 - see above

            seen: Look = look_per_request(sources, query)
        else:
            loaded = load_sources(sources)
            for error in loaded.skipped:
                note(visible(f"skipped: {error}"))
            seen = look(loaded.profile, query, source=loaded.name)
        for given, there_is in seen.unmatched:
            note(visible(f"-{given} matched nothing; {there_is}"))
        return seen

    def query(self) -> Query:
        """What is asked for.

        Raises:
            UsageError: two options exclude each other.
        """
        given = self.options
        chosen = _one_of("granularity", [name for name in _GRANULARITIES if given.get(name)])
        return Query(
            sample_type=self._sample_type(),
            granularity=chosen or "functions",
            inlines=not given.get("noinlines"),
            filters=Filters(**{name: given[name] or "" for name in _FILTERS if name in given}),
            tag_frames=TagFrames(given.get("tagroot") or "", given.get("tagleaf") or ""),
            relative=bool(given.get("relative_percentages")),
            unit=given.get("unit") or AUTOMATIC,
            divide_by=given.get("divide_by") or 1.0,
        )

    def trim(self, nodecount: int) -> Trim:
        """How much is shown; ``nodecount`` is the view's own default."""
        given = self.options
        if not given["trim"]:
            return replace(UNTRIMMED, sort=self.sort())
        return Trim(
            nodecount=nodecount if given["nodecount"] < 0 else given["nodecount"],
            nodefraction=given["nodefraction"],
            edgefraction=given["edgefraction"],
            sort=self.sort(),
        )

    def sort(self) -> Sort:
        """The order of nodes.

        Raises:
            UsageError: two orders are asked for.
        """
        orders: list[Sort] = [name for name in _ORDERS if self.options.get(name)]
        return _one_of("order", orders) or "flat"

    def _sources(self, sample_type: str | None) -> Sources:
        given = self.options
        base, diff_base = given["base"], given["diff_base"]
        if base and diff_base:
            raise UsageError("-base and -diff_base exclude each other")
        if given["normalize"] and not (base or diff_base):
            raise UsageError("-normalize needs a base", hint="name one with -base or -diff_base")
        return Sources(
            specs=given["source"],
            base=base or diff_base,
            marked=bool(diff_base),
            normalize=given["normalize"],
            comment=given["add_comment"] or "",
            reading=Reading(
                limits=replace(LIMITS, decompressed=given["max_profile_size"]),
                sample_type=sample_type,
                access=build_access(given),
                seconds=given["seconds"],
                timeout_s=given["timeout"] / NS_PER_S,
                span=Span(given["since"] or "", given["until"] or ""),
            ),
        )

    def _sample_type(self) -> str | None:
        index = self.options.get("sample_index")
        wanted = [name for name in _TYPES if self.options.get(name)]
        return _one_of("sample type", [*wanted, index] if index else wanted)


def _one_of(what: str, wanted: list[Choice]) -> Choice | None:
    if len(wanted) > 1:
        raise UsageError(f"more than one {what}: {' and '.join(wanted)}")
    return wanted[0] if wanted else None


def write_view(request: Request, data: msgspec.Struct, lines: Callable[[], Iterable[str]]) -> None:
    """Print a view as text, or with ``--json`` as data."""
    if request.options["as_json"]:
        write_json(data)
    else:
        write_data("\n".join(lines()))


def write_export(request: Request, data: bytes) -> None:
    """Write a file for other tools: where -o says, else to standard output.

    Raises:
        RecordingError: it cannot be written.
    """
    output: Path | None = request.options["output"]
    if output is None:
        sys.stdout.buffer.write(data)
        return
    write_bytes(data, output)


def view_command(
    name: str, *groups: Iterable[str], argument: str = ""
) -> Callable[[Callable[[Request], None]], click.Command]:
    """A command that shows one or more sources.

    Args:
        name: as typed.
        groups: of options, besides `SOURCES`.
        argument: that comes before the sources.
    """
    names = [option for group in (*groups, SOURCES) for option in group]

    def wrap(function: Callable[[Request], None]) -> click.Command:
        @TIMEOUT.decorate
        @click.argument("source", nargs=-1, required=True, type=click.Path())
        @wraps(function)
        def call(**options: Any) -> None:
            function(Request(options))

        if argument:
            call = click.argument(argument)(call)
        return make_command(name, *names)(call)

    return wrap
