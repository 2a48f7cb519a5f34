"""The value of -type: the kind of report, and the buckets that vegeta's users write behind it."""

from __future__ import annotations

from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from heapwise.errors import UsageError
from heapwise.formats.buckets import parse_buckets

KINDS = ("text", "json", "html", "hist", "hdrplot", "vegeta")
"""The kinds there are; ``hist`` wants buckets, as ``hist[0,1ms,10ms]``."""


class ReportKind(NamedTuple):
    """A kind of report.

    Attributes:
        name: one of `KINDS`.
        buckets: lower bounds of a histogram, ns; empty where none were given.
    """

    name: str
    buckets: tuple[int, ...] = ()


class ReportKinds(click.ParamType[ReportKind]):
    """``text``, ``json`` …, ``hist[0,1ms,10ms]``."""

    name = "kind"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ReportKind:
        """Parse text; anything else is parsed already."""
        if not isinstance(value, str):
            return ReportKind(*value)
        name, bracket, rest = value.partition("[")
        if name not in KINDS or (bracket and name != "hist"):
            self.fail(f"no such kind of report: {value!r}; there is {', '.join(KINDS)}", param, ctx)
        try:
            return ReportKind(name, parse_buckets(bracket + rest) if bracket else ())
        except UsageError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """The kinds that begin so."""
        return [CompletionItem(kind) for kind in KINDS if kind.startswith(incomplete)]
