"""Why Go's compiler puts something on the heap, and how much of a run that explains."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Position(msgspec.Struct, frozen=True):
    """A place in source; line and column count from 1, as the compiler prints them."""

    file: str
    line: int
    column: int


class Step(msgspec.Struct, frozen=True):
    """One step on the way to the heap.

    Attributes:
        text: the expression; of a flow ``destination ← source``.
        tag: the compiler's word for it: ``return``, ``spill``; empty for a flow.
        at: where; None where the compiler names no place.
    """

    text: str
    tag: str
    at: Position | None


class EscapeKind(StrEnum):
    """What the compiler decided."""

    ESCAPES = "escapes to heap"
    MOVED = "moved to heap"
    """A variable lives on the heap, because its address outlives the function."""
    STAYS = "does not escape"


class EscapeEntry(msgspec.Struct, frozen=True):
    """One decision of the compiler.

    Attributes:
        at: where the value is made; in an inlined function, the line within that.
        what: the expression: ``&user{...}``, ``make([]byte, n)``, ``func literal``, ``u``.
        kind: what was decided.
        steps: why, in the compiler's order: a flow, then the expressions it goes through.
        callers: where the function was inlined, from the inside out; empty where it was not.
    """

    at: Position
    what: str
    kind: EscapeKind
    steps: tuple[Step, ...] = ()
    callers: tuple[Position, ...] = ()


class EscapeLog(msgspec.Struct, frozen=True, kw_only=True):
    """What the compiler decided, by file and line.

    Attributes:
        entries: by file as the compiler names it, then by line.
        packages: import paths that logged something of a file, by file: those that inlined it too.
        version: of the compiler: ``go1.27.3``; empty where the log does not say.
        unread: lines and files that could not be read, and what is beyond the limits.
    """

    entries: dict[str, dict[int, tuple[EscapeEntry, ...]]]
    packages: dict[str, frozenset[str]]
    version: str = ""
    unread: int = 0

    def at(self, file: str, line: int) -> tuple[EscapeEntry, ...]:
        """The decisions on a line."""
        return self.entries.get(file, {}).get(line, ())


class How(StrEnum):
    """How an allocation is explained, the surest first."""

    EXACT = "exact"
    """The compiler logged it on the very line."""
    NEAR = "near"
    """It did within two lines of the same function."""
    SYNTAX = "syntax"
    """The line has what always allocates and is never logged: a map grows, a goroutine starts."""
    CALLEE = "callee"
    """It happens within a package that the log does not cover."""
    UNEXPLAINED = "unexplained"


class Reason(StrEnum):
    """Why something is on the heap."""

    RETURNED = "returned"
    BOXED = "boxed into an interface"
    CAPTURED = "captured by a closure"
    CLOSURE = "a closure that outlives its function"
    TOO_LARGE = "too large for the stack"
    VARIABLE_SIZE = "of variable size"
    APPEND = "a slice grows"
    MAP = "a map grows"
    CONVERSION = "converted between string and bytes"
    CONCATENATION = "strings concatenated"
    CHANNEL = "a channel is made"
    SENT = "sent to a channel"
    GOROUTINE = "a goroutine starts"
    DEFERRED = "deferred in a loop"
    REFLECTION = "made by reflection"
    PASSED = "kept by the function it is passed to"
    STORED = "stored in something on the heap"
    RUNTIME = "made by the runtime"
    CALLEE = "made by a library"
    UNKNOWN = "not known"


class Explanation(msgspec.Struct, frozen=True):
    """Why one call path allocates.

    Attributes:
        how: how that is known.
        reason: the class.
        where: ``file:line`` of the line that allocates, for people.
        sentences: one to four, for people.
    """

    how: How
    reason: Reason
    where: str
    sentences: tuple[str, ...]


class Unexplained(msgspec.Struct, frozen=True):
    """A line nobody can explain.

    Attributes:
        where: function and ``file:line``.
        share: of all bytes.
    """

    where: str
    share: float


class EscapeCoverage(msgspec.Struct, frozen=True):
    """Which share of a run's bytes is explained, and how; the shares add up to 1.

    Attributes:
        exact: by an entry on the very line.
        near: by one within two lines.
        syntax: by what stands on the line.
        callee: it happens in packages that the log does not cover.
        unexplained: the rest.
        rows: the heaviest of the rest.
    """

    exact: float
    near: float
    syntax: float
    callee: float
    unexplained: float
    rows: tuple[Unexplained, ...]

    @property
    def explained(self) -> float:
        """The share whose reason is known; of `callee` only the place is."""
        return self.exact + self.near + self.syntax
