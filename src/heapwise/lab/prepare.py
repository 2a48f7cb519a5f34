"""Makes the variants of a lab ready to be started, whatever they are written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from heapwise.lab.build import build
from heapwise.lab.cache import SOURCES
from heapwise.lab.library import Case
from heapwise.lab.python import copied, installed, start_of, start_of_job
from heapwise.lab.spec import GoBuild, PythonBuild, ServiceLab
from heapwise.runtimes.go.toolchain import find_go


class Prepared(NamedTuple):
    """Variants that can be started.

    Attributes:
        starts: by variant, the words that start it, before the arguments of the lab; variables of
            its environment come first. In words ``{debug_port}`` stands for a port for a debug
            endpoint of its own; a service without that serves it beside its API.
        toolchain: what builds or runs them, with releases.
        sources: by variant, the directory of what it is made of, as profiles name it.
    """

    starts: dict[str, tuple[str, ...]]
    toolchain: str
    sources: dict[str, Path]


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
        start = start_of if isinstance(case.lab, ServiceLab) else start_of_job
        sources = copied(case)
        starts = {name: start(sources / spec.script) for name, spec in python.items()}
        return Prepared(starts, toolchain, dict.fromkeys(python, sources))
    go = find_go()
    built = {
        name: build(case, name, spec, go, announce=announce)
        for name, spec in specs.items()
        if isinstance(spec, GoBuild)
    }
    return Prepared(
        {name: (str(program),) for name, program in built.items()},
        go.version,
        {name: program.parent / SOURCES for name, program in built.items()},
    )
