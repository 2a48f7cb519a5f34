"""Every rule there is: each module below `heapwise.diagnose.rules` that has a ``CODE``.

A rule is a module. Its docstring is the page that ``heapwise explain`` prints, with the sections
of `SECTIONS` in that order. It looks at the call paths of a run (`PathRule`), at source
(`SourceRule`), or at both.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, cast, runtime_checkable

from heapwise.diagnose import rules
from heapwise.diagnose.case import Case
from heapwise.diagnose.source.look import Look
from heapwise.model.finding import Finding

SECTIONS = (
    "What it finds",
    "Why it allocates",
    "Example",
    "Use instead",
    "When it does not help",
    "Measured",
)
"""The sections of a rule's page."""

_SECTION = re.compile(r"^(\S.*):\n((?:\n|[ ]{4}.*\n?)+)", re.MULTILINE)


class Rule(Protocol):
    """A pattern that makes garbage.

    Attributes:
        CODE: ``HW101``; the same for every runtime, never used twice.
        NAME: of the pattern, not of its remedy.

    A rule may have a tuple ``EXPLAINS``: codes that are symptoms of what it finds.
    """

    CODE: str
    NAME: str
    __doc__: str | None


@runtime_checkable
class PathRule(Rule, Protocol):
    """A rule that knows its pattern by the call paths that allocate."""

    def find(self, case: Case) -> Iterable[Finding]:
        """What the rule finds in a case; nothing is the rule."""
        ...


@runtime_checkable
class SourceRule(Rule, Protocol):
    """A rule that knows its pattern by the source.

    Attributes:
        LOOKS: what it recognises, by runtime.
        HOLDS_FOR: conditions of the remedy in words; the releases come from the measurements.
        REFERENCES: issues, changes and pages that back it.
    """

    LOOKS: Mapping[str, Look[Any]]
    HOLDS_FOR: str
    REFERENCES: tuple[str, ...]


def _discovered() -> tuple[Rule, ...]:
    found: list[ModuleType] = []
    for info in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        module = import_module(info.name)
        if hasattr(module, "CODE"):
            found.append(module)
    return tuple(sorted((cast("Rule", each) for each in found), key=lambda rule: rule.CODE))


RULES: tuple[Rule, ...] = _discovered()
"""Every rule, by code."""


def sections(rule: Rule) -> tuple[tuple[str, str], ...]:
    """The page of a rule as (heading, text) pairs; the first heading is empty."""
    page = inspect.cleandoc(rule.__doc__ or "") + "\n"
    found = [(match[1], inspect.cleandoc(match[2])) for match in _SECTION.finditer(page)]
    return (("", page.partition("\n\n")[0]), *found)
