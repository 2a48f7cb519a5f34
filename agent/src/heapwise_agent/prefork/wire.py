"""What processes of one service tell each other: lines of JSON, read with limits.

A question is one line, ``{"version": "0.1.0", "call": "snapshot", ...}``. An answer is lines of at
most `BATCH` entries each, so that nobody holds the GIL for long: ``frames`` and ``stacks`` number
what they list from 0 on, ``rows`` begin with the number of a stack, and ``head`` comes last.
JSON keeps every float and every large integer as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Protocol

from heapwise_agent.encode import Labels, Profile, ValueType
from heapwise_agent.sampler import Counters, Frame, Row, Snapshot
from heapwise_agent.stacks import Activity

BATCH = 256
"""Entries of a line."""

MAX_LINE = 8 << 20
MAX_LINES = 4096
"""Bytes of a line, and lines of an answer."""

MAX_QUESTION = 4096
"""Bytes of a question."""

_TOO_LARGE = 1 << 64  # counters of the sampler have 64 bits

Stack = tuple[Frame, ...]


class Lines(Protocol):
    """What is read from."""

    def readline(self, size: int, /) -> bytes:
        """A line, or as much of it."""


class WireError(Exception):
    """The other side said something that is not of this protocol."""


@dataclass
class Message:
    """An answer.

    Attributes:
        head: plain data.
        rows: a stack and plain data each.
    """

    head: dict[str, Any]
    rows: list[tuple[Stack, list[Any]]] = field(default_factory=list)


def encode(message: Message) -> Iterator[bytes]:
    """The lines of an answer.

    Frames and stacks are told apart by identity: most are the same object, and hashing them costs
    more than saying some twice.
    """
    frames: dict[int, int] = {}
    stacks: dict[int, int] = {}
    for rows in _batches(message.rows):
        unsaid = {id(stack): stack for stack, _ in rows if id(stack) not in stacks}
        fresh = {id(each): each for stack in unsaid.values() for each in stack}
        for entries in _batches([each for key, each in fresh.items() if key not in frames]):
            frames.update((id(each), number) for number, each in enumerate(entries, len(frames)))
            said = [[each.name, each.filename, each.line, each.start_line] for each in entries]
            yield _line({"frames": said})
        stacks.update((key, number) for number, key in enumerate(unsaid, len(stacks)))
        yield _line({"stacks": [[frames[id(each)] for each in stack] for stack in unsaid.values()]})
        yield _line({"rows": [[stacks[id(stack)], *values] for stack, values in rows]})
    yield _line({"head": message.head})


def decode(file: Lines) -> Message:
    """Read an answer.

    Raises:
        WireError: it is cut off, too long, or not an answer.
        OSError: the connection broke, or took too long.
    """
    frames: list[Frame] = []
    stacks: list[Stack] = []
    rows: list[tuple[Stack, list[Any]]] = []
    for _ in range(MAX_LINES):
        entry = _read(file, MAX_LINE)
        try:
            match next(iter(entry.items()), None):
                case "head", dict(head):
                    return Message(head, rows)
                case "frames", list(entries):
                    frames += [_frame(*values) for values in entries]
                case "stacks", list(entries):
                    stacks += [tuple(_pick(frames, index) for index in ids) for ids in entries]
                case "rows", list(entries):
                    rows += [(_pick(stacks, index), values) for index, *values in entries]
                case _:
                    raise WireError("an answer with a line of an unknown kind")
        except (TypeError, ValueError) as error:
            raise WireError(f"a line that cannot be: {error}") from None
    raise WireError(f"an answer of more than {MAX_LINES} lines")


def question(entries: dict[str, Any]) -> bytes:
    """The line of a question."""
    return _line(entries)


def read_question(file: Lines) -> dict[str, Any]:
    """Read a question.

    Raises:
        WireError: it is not one.
    """
    return _read(file, MAX_QUESTION)


def from_snapshot(snapshot: Snapshot) -> Message:
    """A heap."""
    rows = [
        (
            snapshot.stacks[row.stack_index],
            [row.size, row.hits, row.alloc_objects, row.alloc_space, row.inuse_objects,
             row.inuse_space],
        )
        for row in snapshot.rows
    ]  # fmt: skip
    counters = asdict(snapshot.counters)
    return Message({"interval": snapshot.interval, "counters": counters}, rows)


def to_snapshot(message: Message) -> Snapshot:
    """The heap of an answer.

    Raises:
        WireError: it is none.
    """
    try:
        stacks: dict[Stack, int] = {}
        rows = [
            _row(stacks.setdefault(stack, len(stacks)), *values) for stack, values in message.rows
        ]
        counters: dict[str, Any] = {
            name: value if isinstance(value, bool) else _int(value)
            for name, value in message.head["counters"].items()
        }
        return Snapshot(
            rows=tuple(rows),
            stacks=tuple(stacks),
            interval=_int(message.head["interval"]),
            counters=Counters(**counters),
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise WireError(f"not a heap: {error}") from None


def to_collections(message: Message) -> dict[str, Any]:
    """The answer of ``gc_events``.

    Raises:
        WireError: it is none.
    """
    try:
        for event in message.head["events"]:
            for name in ("seq", "start_unix_ns", "duration_ns"):
                _int(event[name])
    except (TypeError, ValueError, KeyError) as error:
        raise WireError(f"not collections: {error}") from None
    return message.head


def from_profile(profile: Profile) -> Message:
    """Samples of any kind."""
    kinds = (*profile.types, profile.period_type)
    head = {
        "types": [[kind.type, kind.unit] for kind in kinds],
        "period": profile.period,
        "comments": list(profile.comments),
    }
    return Message(head, [(stack, [labels, values]) for stack, labels, values in profile.rows()])


def to_profile(message: Message) -> Profile:
    """The samples of an answer.

    Raises:
        WireError: they are none.
    """
    try:
        *types, period = (ValueType(str(kind), str(unit)) for kind, unit in message.head["types"])
        profile = Profile(types, period, _int(message.head["period"]))
        profile.comments = tuple(str(comment) for comment in message.head["comments"])
        for stack, (labels, values) in message.rows:
            if len(values) != len(types):
                raise WireError("not a profile: a row with another number of values")
            profile.add(stack, [_int(value) for value in values], _labels(labels))
    except (TypeError, ValueError, KeyError) as error:
        raise WireError(f"not a profile: {error}") from None
    return profile


def from_activities(activities: Iterable[Activity]) -> Message:
    """Threads and tasks."""
    rows = [(each.stack, [each.kind, each.name, each.count]) for each in activities]
    return Message({}, rows)


def to_activities(message: Message) -> list[Activity]:
    """The threads and tasks of an answer.

    Raises:
        WireError: they are none.
    """
    try:
        return [
            Activity(str(kind), str(name), stack, _int(count))
            for stack, (kind, name, count) in message.rows
        ]
    except (TypeError, ValueError) as error:
        raise WireError(f"not threads and tasks: {error}") from None


def _batches(entries: Sequence[Any]) -> Iterator[list[Any]]:
    left = iter(entries)
    while batch := list(islice(left, BATCH)):
        yield batch


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"


def _read(file: Lines, limit: int) -> dict[str, Any]:
    line = file.readline(limit + 1)
    if not line.endswith(b"\n"):
        cut = len(line) <= limit
        raise WireError("it was cut off" if cut else f"a line of more than {limit} bytes")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise WireError("a line that is not JSON") from None
    if not isinstance(entry, dict):
        raise WireError("a line that is not an object")
    return entry


def _pick(entries: Sequence[Any], index: int) -> Any:
    if not 0 <= _int(index) < len(entries):
        raise WireError("a number that nothing has")
    return entries[index]


def _frame(name: str, filename: str, line: int, start_line: int) -> Frame:
    return Frame(str(name), str(filename), _int(line), _int(start_line))


def _row(stack: int, size: float, hits: int, *values: float) -> Row:
    if _float(size) < 0:
        raise ValueError("blocks of less than nothing")
    return Row(stack, _float(size), _int(hits), *(_float(value) for value in values))


def _labels(labels: list[list[Any]]) -> Labels:
    return tuple(
        (str(key), value if isinstance(value, str) else _int(value), str(unit))
        for key, value, unit in labels
    )


def _int(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"a number was expected, not {str(value)[:40]!r}")
    if abs(value) >= _TOO_LARGE:
        raise ValueError("a number that no profile can hold")
    return value


def _float(value: Any) -> float:
    if type(value) is int:
        return float(_int(value))
    if type(value) is not float or not math.isfinite(value) or abs(value) >= _TOO_LARGE:
        raise TypeError(f"a number was expected, not {str(value)[:40]!r}")
    return value
