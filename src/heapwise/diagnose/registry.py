"""Every rule there is: one file each, one line here.

A rule is a module. Its docstring is the page that ``heapwise explain`` prints, with the sections
of `SECTIONS` in that order.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Protocol

from heapwise.diagnose.case import Case
from heapwise.diagnose.rules.compression import compressor_per_response
from heapwise.diagnose.rules.dependencies import known_allocation_bug
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
    """

    CODE: str
    NAME: str
    __doc__: str | None

    def find(self, case: Case) -> Iterable[Finding]:
        """What the rule finds in a case; nothing is the rule."""
        ...


RULES: tuple[Rule, ...] = (
    compressor_per_response,
    known_allocation_bug,
)
"""Every rule, by code."""


def sections(rule: Rule) -> tuple[tuple[str, str], ...]:
    """The page of a rule as (heading, text) pairs; the first heading is empty."""
    page = inspect.cleandoc(rule.__doc__ or "") + "\n"
    found = [(match[1], inspect.cleandoc(match[2])) for match in _SECTION.finditer(page)]
    return (("", page.partition("\n\n")[0]), *found)
