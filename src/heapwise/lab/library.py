"""The labs that come with heapwise."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from heapwise.errors import UsageError
from heapwise.lab.spec import JobLab, ServiceLab, load_spec

CASES = Path(__file__).parent / "cases"
"""One directory per lab, named after it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A lab and where its sources are; nothing is ever written there.

    Attributes:
        name: as typed: ``chi-compress``.
        directory: holds ``lab.toml`` and the sources.
        lab: the spec.
    """

    name: str
    directory: Path
    lab: ServiceLab | JobLab


def case_names(cases: Path = CASES) -> list[str]:
    """The names of all labs, sorted."""
    return sorted(spec.parent.name for spec in cases.glob("*/lab.toml"))


def find_case(name: str, cases: Path = CASES) -> Case:
    """The lab of a name.

    Raises:
        UsageError: there is none, or its ``lab.toml`` is wrong.
    """
    names = case_names(cases)
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
        raise UsageError(f"no lab named {name!r}", hint=hint)
    directory = cases / name
    return Case(name, directory, load_spec(directory / "lab.toml"))
