"""What a component is, and how the best of its providers is found and started.

A component is a module of this package with a tuple ``PROVIDERS``, best first: the program that
the system has, one from a package registry, a stand-in within our own process. Figures of two
providers do not compare, so every result says which one ran.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from heapwise.errors import ToolchainError


class Kind(StrEnum):
    """Where a provider comes from."""

    SYSTEM = "installed here"
    PACKAGE = "from a package registry"
    STAND_IN = "a stand-in"
    LAB = "part of the lab"


@dataclass(frozen=True, slots=True)
class Running:
    """A component that runs.

    Attributes:
        place: how a program reaches it; stands in for ``{postgres}`` in a lab's arguments.
        what: its name, release and origin, as printed in every result.
        kind: where it comes from.
    """

    place: str
    what: str
    kind: Kind


class Provider(Protocol):
    """One way to have a component."""

    @property
    def kind(self) -> Kind:
        """Where it comes from."""
        ...

    def missing(self) -> str:
        """What to install, in a line; empty where it can be started."""
        ...

    def start(self, directory: Path) -> AbstractContextManager[Running]:
        """Start it; leaving the context stops it and waits for its processes.

        It listens on a port of the loopback that was free, and is ended with us however we end.

        Args:
            directory: where its data may lie; made by the provider, removed by whoever asked.

        Raises:
            ToolchainError: it cannot be started: which, why, what to install.
        """
        ...


def known(name: str) -> bool:
    """True where there is a component of this name."""
    return name.isidentifier() and find_spec(_module(name)) is not None and bool(providers(name))


def providers(name: str) -> tuple[Provider, ...]:
    """Every provider of a component, best first; none of a module that is no component."""
    found: tuple[Provider, ...] = getattr(import_module(_module(name)), "PROVIDERS", ())
    return found


def _module(name: str) -> str:
    return f"{__package__}.{name}"


@contextmanager
def provided(
    name: str, directory: Path, *, require_real: bool, announce: Callable[[str], None]
) -> Iterator[Running]:
    """Start the best provider of a component that can be started.

    Args:
        name: of the component: ``postgres``.
        directory: takes a directory for each provider that is tried.
        require_real: take no stand-in.
        announce: told which one runs, and why none before it does.

    Raises:
        ToolchainError: none can be started; the hint says what to install.
    """
    with first_of(
        name, providers(name), directory, require_real=require_real, announce=announce
    ) as running:
        yield running


@contextmanager
def first_of(
    name: str,
    candidates: Sequence[Provider],
    directory: Path,
    *,
    require_real: bool,
    announce: Callable[[str], None],
) -> Iterator[Running]:
    """As `provided`, of the providers given."""
    refused: list[str] = []
    with ExitStack() as stack:
        for number, provider in enumerate(candidates):
            if require_real and provider.kind is Kind.STAND_IN:
                refused.append("its stand-in is refused by --require real")
                continue
            reason = provider.missing()
            if not reason:
                try:
                    running = stack.enter_context(provider.start(directory / f"{name}-{number}"))
                except ToolchainError as error:
                    reason = str(error)
                else:
                    announce(f"{name}: {running.what}, {running.kind}{_instead(refused)}")
                    yield running
                    return
            refused.append(reason)
    raise ToolchainError(f"component {name} cannot be started", "; ".join(refused))


def _instead(refused: Sequence[str]) -> str:
    return f" (not better: {'; '.join(refused)})" if refused else ""
