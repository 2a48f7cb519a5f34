"""Who calls whom, with what each call weighs, and the other views of stacks and labels."""

from __future__ import annotations

import msgspec

from heapwise.model.tables import Ranking, Row, View


class Call(msgspec.Struct, frozen=True):
    """An edge of the call graph.

    Attributes:
        caller: index into `Graph.rows`, and behind its end into `Graph.weightless`.
        callee: the same.
        weight: what the callee and all below it weigh when called from there.
        inline: all of these calls were inlined.
        residual: the call leads across nodes that are left out.
    """

    caller: int
    callee: int
    weight: int
    inline: bool
    residual: bool


class Graph(Ranking, frozen=True, kw_only=True):
    """The heaviest nodes of a profile and the calls between them.

    Attributes:
        rows: nodes, heaviest first.
        weightless: names of nodes whose weights cancel out, but which have calls.
        calls: heaviest first.
    """

    rows: tuple[Row, ...]
    weightless: tuple[str, ...]
    calls: tuple[Call, ...]

    def name(self, index: int) -> str:
        """The name of a caller or callee."""
        rows = self.rows
        return rows[index].name if index < len(rows) else self.weightless[index - len(rows)]


class Peek(Graph, frozen=True, kw_only=True):
    """Some nodes with all that call them and all that they call; no other call is in it.

    Attributes:
        matched: indices into `rows` of the nodes that were asked for.
    """

    matched: tuple[int, ...]


class Frame(msgspec.Struct, frozen=True):
    """A frame of a stack; ``inline`` if it was compiled into the next one."""

    name: str
    inline: bool


class Trace(msgspec.Struct, frozen=True):
    """One sample.

    Attributes:
        value: of the sample type shown.
        frames: leaf first.
        labels: key and values as text, texts before numbers, each sorted by key.
    """

    value: int
    frames: tuple[Frame, ...]
    labels: tuple[tuple[str, str], ...]


class Traces(View, frozen=True, kw_only=True):
    """Every sample that has a stack, in the profile's order."""

    traces: tuple[Trace, ...]


class TagValue(msgspec.Struct, frozen=True):
    """What the samples with one value of a label weigh."""

    value: str
    weight: int


class Tag(msgspec.Struct, frozen=True):
    """The values of one label, heaviest first, and what all of them weigh together."""

    key: str
    weight: int
    values: tuple[TagValue, ...]


class Tags(View, frozen=True, kw_only=True):
    """The labels of a profile's samples, by key."""

    tags: tuple[Tag, ...]
