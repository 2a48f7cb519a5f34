"""Makes the variants of a lab ready to be started, whatever they are written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from heapwise.lab.build import build
from heapwise.lab.library import Case
from heapwise.lab.python import installed, start_of
from heapwise.lab.spec import GoBuild, PythonBuild
from heapwise.runtimes.go.toolchain import find_go


class Prepared(NamedTuple):
    """Variants that can be started.

    Attributes:
        starts: by variant, the words that start it, before the arguments of the lab. In words
            ``{debug_port}`` stands for a port for a debug endpoint of its own; a service without
            that serves it beside its API.
        toolchain: what builds or runs them, with releases.
    """

    starts: dict[str, tuple[str, ...]]
    toolchain: str


def prepare(case: Case, variants: Sequence[str], *, announce: Callable[[str], None]) -> Prepared:
    """Find what builds or runs a lab, and build what has to be built.

    Args:
        case: the lab.
        variants: keys of its variants.
        announce: told of what takes long: builds and their downloads.

    Raises:
        ToolchainError: something is not installed, or a variant does not build.
    """
    specs = {name: case.lab.variants[name].build for name in variants}
    python = {name: spec for name, spec in specs.items() if isinstance(spec, PythonBuild)}
    if python:
        needed = sorted({each for spec in python.values() for each in spec.requires})
        toolchain = installed(needed)
        return Prepared({name: start_of(case, spec) for name, spec in python.items()}, toolchain)
    go = find_go()
    built = {
        name: build(case, name, spec, go, announce=announce)
        for name, spec in specs.items()
        if isinstance(spec, GoBuild)
    }
    return Prepared({name: (str(program),) for name, program in built.items()}, go.version)
