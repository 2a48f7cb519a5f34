"""What all views of profiles have in common on the command line: sources, filters, looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import Any, TypeVar, get_args

import click

from heapwise.analysis.filters import Filters
from heapwise.analysis.granularity import Granularity
from heapwise.analysis.trim import UNTRIMMED, Sort, Trim
from heapwise.analysis.view import Look, Query, look
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note
from heapwise.errors import UsageError
from heapwise.formats.measurement import AUTOMATIC
from heapwise.formats.pprof import LIMITS
from heapwise.names import visible
from heapwise.record.sources import Sources, load_sources

Choice = TypeVar("Choice", bound=str)

_TYPES = ("alloc_space", "alloc_objects", "inuse_space", "inuse_objects")
_GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
_ORDERS: tuple[Sort, ...] = get_args(Sort)
_FILTERS = tuple(field.name for field in fields(Filters))

SOURCES = ("base", "diff-base", "normalize", "add-comment", "max-profile-size")
FILTERS = tuple(name.replace("_", "-") for name in _FILTERS)
VALUES = (
    "sample-index", "alloc-space", "alloc-objects", "inuse-space", "inuse-objects",
    "relative-percentages", "unit", "divide-by",
)  # fmt: skip
FRAMES = (*_GRANULARITIES, "noinlines")
TRIMMING = ("nodecount", "nodefraction", "edgefraction", "trim", "cum", "flat")
"""Option groups, by what they choose."""


@dataclass(frozen=True)
class Request:
    """The options of a view, as click parsed them; those a view does not have are at rest."""

    options: dict[str, Any]

    def look(self) -> Look:
        """Read the sources and look at them as asked; says which filters matched nothing."""
        query = self.query()
        name, profile = load_sources(self._sources(query.sample_type))
        seen = look(profile, query, source=name)
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
        orders: list[Sort] = [name for name in _ORDERS if self.options[name]]
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
            limits=replace(LIMITS, decompressed=given["max_profile_size"]),
            sample_type=sample_type,
        )

    def _sample_type(self) -> str | None:
        index = self.options.get("sample_index")
        wanted = [name for name in _TYPES if self.options.get(name)]
        return _one_of("sample type", [*wanted, index] if index else wanted)


def _one_of(what: str, wanted: list[Choice]) -> Choice | None:
    if len(wanted) > 1:
        raise UsageError(f"more than one {what}: {' and '.join(wanted)}")
    return wanted[0] if wanted else None


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
        @click.argument("source", nargs=-1, required=True, type=click.Path())
        @wraps(function)
        def call(**options: Any) -> None:
            function(Request(options))

        if argument:
            call = click.argument(argument)(call)
        return make_command(name, *names)(call)

    return wrap
