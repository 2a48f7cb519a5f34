"""Formats of Go's fmt: taken apart, and what converts a value without one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import STRINGS
from heapwise.diagnose.source.go_kinds import INTEGERS, SIGNED
from heapwise.diagnose.source.go_syntax import text

if TYPE_CHECKING:
    from tree_sitter import Node

_PIECE = re.compile(r"%(?:%|[^%a-zA-Z]*[a-zA-Z])|%")

_ESCAPED = re.compile(r"\\(?:x25|045|u0025|U00000025)")
"""A percent sign that does not look like one."""


@dataclass(frozen=True, slots=True)
class Format:
    """A constant format.

    Attributes:
        texts: what stands before, between and after the verbs, as in the source, without quotes.
        verbs: as they stand: ``%d``, ``%-5s``.
        quote: that the literal is written with.
    """

    texts: tuple[str, ...]
    verbs: tuple[str, ...]
    quote: str

    @classmethod
    def of(cls, node: Node) -> Format | None:
        """Take a literal apart; None for anything else."""
        source = text(node)
        if node.type not in STRINGS or _ESCAPED.search(source):
            return None
        body, texts, verbs, at = source[1:-1], [""], [], 0
        for found in _PIECE.finditer(body):
            texts[-1] += body[at : found.start()]
            at = found.end()
            if found[0] == "%%":
                texts[-1] += "%"
            else:
                verbs.append(found[0])
                texts.append("")
        texts[-1] += body[at:]
        return cls(tuple(texts), tuple(verbs), source[0])

    def literal(self, index: int) -> str:
        """One of the texts as a literal."""
        return f"{self.quote}{self.texts[index]}{self.quote}"


def formatted(kind: str, verb: str, source: str) -> str | None:
    """The expression that gives what a verb gives for a value; None where none is known.

    Args:
        kind: type of the value.
        verb: ``%d``.
        source: of the value.
    """
    if kind == "string" and verb in ("%s", "%v"):
        return source
    if kind == "bool" and verb in ("%t", "%v"):
        return f"strconv.FormatBool({source})"
    if kind not in INTEGERS or verb not in ("%d", "%v", "%x"):
        return None
    if kind == "int" and verb != "%x":
        return f"strconv.Itoa({source})"
    base = 16 if verb == "%x" else 10
    name, wide = ("Int", "int64") if kind in SIGNED else ("Uint", "uint64")
    value = source if kind == wide else f"{wide}({source})"
    return f"strconv.Format{name}({value}, {base})"
