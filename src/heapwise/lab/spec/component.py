"""What has to run beside a lab's program, as ``lab.toml`` names it."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.components.base import known
from heapwise.lab.spec.strict import Strict
from heapwise.lab.words import names


class Component(Strict, frozen=True, kw_only=True):
    """One component.

    Attributes:
        script: a program of the lab, beside ``lab.toml``, that listens on a port and is reached
            at ``http://127.0.0.1:PORT``; empty for what a module of `heapwise.lab.components`
            provides.
        args: of the script; ``{port}`` stands for the port to listen on.
    """

    script: str = ""
    args: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.script and not names(self.args, "port"):
            raise ValueError("args must hold {port}, the port to listen on")
        if self.args and not self.script:
            raise ValueError("args are for a script")


Components = tuple[str, ...] | dict[str, Component]
"""Names alone, or a table for each where one is a script of the lab."""


def components_of(listed: Components) -> dict[str, Component]:
    """Every component by its name, in the order in which they are started."""
    return dict(listed) if isinstance(listed, dict) else {name: Component() for name in listed}


def unknown(listed: Components) -> Iterator[str]:
    """The components that are neither scripts nor modules of heapwise."""
    for name, component in components_of(listed).items():
        if not component.script and not known(name):
            yield name
