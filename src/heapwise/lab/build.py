"""Builds the variants of a Go lab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.cache import Place
from heapwise.lab.library import Case
from heapwise.lab.spec import GoBuild
from heapwise.runtimes.go.toolchain import Go

_BINARY = "service"
_SOURCES = (".go", ".mod", ".sum")
_FLAGS = (
    # The cache may lie inside somebody's repository.
    "-buildvcs=false",
)


def build(
    case: Case, variant: str, spec: GoBuild, go: Go, *, announce: Callable[[str], None]
) -> Path:
    """Build a variant, unless its sources were built before with this toolchain and these flags.

    Args:
        case: the lab.
        variant: its name, for people.
        spec: how it is built.
        go: the toolchain.
        announce: told when something is really built, since that may take a while and download.

    Returns:
        The program. Its sources lie in ``src`` beside it, as profiles name them.

    Raises:
        ToolchainError: it does not build, or the cache cannot be written.
    """
    place = Place(case, _SOURCES, (go.version, spec.modfile, *spec.flags))
    program = place.home / _BINARY
    if program.is_file():
        return program
    announce(
        f"building {case.name} {variant} with {go.version} (the first build downloads modules)"
    )
    with place.scratch() as scratch:
        source, built = place.copy(scratch), scratch / _BINARY
        try:
            go.build(source, built, flags=(*_FLAGS, f"-modfile={spec.modfile}", *spec.flags))
        except ToolchainError as error:
            raise ToolchainError(
                error.what, error.why, "the first build needs the Go module proxy (go env GOPROXY)"
            ) from None
        built.replace(program)
    return program
