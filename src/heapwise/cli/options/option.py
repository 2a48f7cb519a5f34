"""One row of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option.

    Attributes:
        name: the long name; ``-name``, ``--name`` and, with ``_``, Go's spelling all reach it.
        help: what it does, one sentence.
        type: a click type, or None for a switch.
        peer: whose flag of the same name and meaning this is: ``vegeta`` or ``pprof``.
    """

    name: str
    help: str
    type: click.ParamType[Any] | None = None
    default: Any = None
    short: str = ""
    metavar: str | None = None
    multiple: bool = False
    switch_off: bool = False
    hidden: bool = False
    peer: str = ""
    parameter: str = field(default="")

    def decorate(self, function: AnyFunction) -> AnyFunction:
        """Put the option on a command's function."""
        long = f"--{self.name}"
        names = [f"-{self.short}"] if self.short else []
        names.append(f"{long}/--no-{self.name}" if self.switch_off else long)
        names.append(self.parameter or self.name.replace("-", "_"))
        settings: dict[str, Any] = {"help": self.help, "hidden": self.hidden}
        if self.type is None:
            settings |= {"is_flag": True, "default": bool(self.default)}
            settings |= {"show_default": self.switch_off}
        else:
            settings |= {"type": self.type, "multiple": self.multiple, "metavar": self.metavar}
            if self.default is not None:
                settings |= {"default": self.default, "show_default": True}
        decorated: AnyFunction = click.option(*names, **settings)(function)
        return decorated
