"""The one table of options: flags, help, completion and the reference all read it.

One module a theme: `load`, `hits`, `transport`, `cluster`, `service`, `output`, `views`,
`captures`. Each row is an `Option`, found in `TABLE` by its long name; `heapwise.cli.kinds` has
the values they take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from heapwise.cli.gostyle import GoStyleCommand
from heapwise.cli.kinds import (
    DURATION,
    EFFECT,
    FILE,
    MAX_COUNT,
    RATE,
    SHARE,
    SIZE,
    Quantity,
)
from heapwise.cli.options.captures import CAPTURES
from heapwise.cli.options.cluster import CLUSTER
from heapwise.cli.options.hits import HITS
from heapwise.cli.options.load import LOAD
from heapwise.cli.options.option import AnyFunction, Option
from heapwise.cli.options.output import OUTPUT
from heapwise.cli.options.service import SERVICE
from heapwise.cli.options.transport import TRANSPORT
from heapwise.cli.options.views import VIEWS

__all__ = [
    "DURATION", "EFFECT", "FILE", "MAX_COUNT", "RATE", "ROWS", "SHARE", "SIZE", "TABLE", "Option",
    "Quantity", "command", "with_options",
]  # fmt: skip

ROWS = (*LOAD, *HITS, *TRANSPORT, *CLUSTER, *SERVICE, *OUTPUT, *VIEWS, *CAPTURES)
TABLE: dict[str, Option] = {option.name: option for option in ROWS}
"""Every option by its long name."""


def command(
    name: str, *options: str | Option, **settings: Any
) -> Callable[[Callable[..., Any]], click.Command]:
    """A command with options of the table, and its own, in the order given.

    Args:
        name: as typed.
        options: keys of `TABLE`, or rows that are not in it.
        settings: passed to `click.command`.
    """
    shared = with_options(*(TABLE[each] if isinstance(each, str) else each for each in options))

    def wrap(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=GoStyleCommand, **settings)(shared(function))

    return wrap


def with_options(*options: Option) -> Callable[[AnyFunction], AnyFunction]:
    """Put options on a command's function, in the order given."""

    def wrap(function: AnyFunction) -> AnyFunction:
        for option in reversed(options):
            function = option.decorate(function)
        return function

    return wrap
