"""Stacks of running Python code: taken in a hurry, put into words later."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FrameType

from heapwise_agent.encode import Labels, Profile
from heapwise_agent.sampler import Frame

MAX_DEPTH = 128
"""Frames of a stack that are kept, from the leaf; Go's default."""

MAX_STACKS = 16_384
"""Stacks that `Sums` tell apart."""

Place = tuple[CodeType, int]
"""A function and the offset of its instruction, which is cheaper to read than its line."""

Stack = tuple[Place, ...]
"""Leaf first."""

TABLE_FULL = Frame("python.stack_table_full", "", 0, 0)
"""Stands for stacks that came after a table was full."""

NO_FRAME = Frame("python.no_frame", "", 0, 0)
"""Stands for the empty stack."""


def walk(frame: FrameType | None) -> Stack:
    """The stack from this frame up, `MAX_DEPTH` frames at most."""
    places: list[Place] = []
    while frame is not None and len(places) < MAX_DEPTH:
        places.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(places)


class Sums:
    """Values added up by stack and label, in bounded memory.

    Code objects are hashed by all that is in them, every time. So stacks are looked up by the
    identities of their code, which stays alive with the stack that is kept.

    Args:
        limit: stacks that are told apart; what comes later counts as `TABLE_FULL`.
    """

    def __init__(self, limit: int = MAX_STACKS) -> None:
        self._limit = limit
        self._sums: dict[tuple[tuple[int, ...], str | int], tuple[Stack | None, list[int]]] = {}

    def add(self, frame: FrameType | None, label: str | int, *values: int) -> None:
        """Add values to a running stack; always as many, for one object."""
        key = (_identity(frame), label)
        known = self._sums.get(key)
        if known is None:
            full = len(self._sums) >= self._limit
            key = ((), label) if full else key
            known = self._sums.setdefault(key, (None if full else walk(frame), [0] * len(values)))
        for index, value in enumerate(values):
            known[1][index] += value

    def write(self, out: Profile, labels: Callable[[str | int], Labels]) -> None:
        """Add everything to a profile."""
        resolver = Resolver()
        for (_, label), (stack, values) in self._sums.copy().items():
            found = (TABLE_FULL,) if stack is None else resolver.stack(stack)
            out.add(found, tuple(values), labels(label))


class Resolver:
    """Finds the lines of places, each once."""

    def __init__(self) -> None:
        self._frames: dict[tuple[int, int], tuple[CodeType, Frame]] = {}

    def stack(self, stack: Stack) -> tuple[Frame, ...]:
        """The frames of a stack; `NO_FRAME` for the empty one."""
        return tuple([self._frame(code, offset) for code, offset in stack]) or (NO_FRAME,)

    def _frame(self, code: CodeType, offset: int) -> Frame:
        key = (id(code), offset)
        known = self._frames.get(key)
        if known is None:
            line = _line(code, offset)
            frame = Frame(code.co_qualname, code.co_filename, line, code.co_firstlineno)
            known = self._frames[key] = (code, frame)
        return known[1]


def _identity(frame: FrameType | None) -> tuple[int, ...]:
    """What `walk` would return, in numbers."""
    numbers: list[int] = []
    add = numbers.append
    while frame is not None and len(numbers) < 2 * MAX_DEPTH:
        add(id(frame.f_code))
        add(frame.f_lasti)
        frame = frame.f_back
    return tuple(numbers)


def _line(code: CodeType, offset: int) -> int:
    """The line of an instruction; that of ``def`` where the instruction has none."""
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno
