"""Profiles as text, in the words of Go's ``debug=1`` and ``debug=2``.

Readers of ``debug=1`` take the number in ``@ heap/`` for twice the interval, and the counts for
those of the sampled events, which they scale up themselves. Python has no addresses of code; the
numbers behind ``@`` tell frames apart, and the lines below say what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from heapwise_agent.encode import Profile
from heapwise_agent.names import Names
from heapwise_agent.sampler import Frame
from heapwise_agent.stacks import Activity

_STEP = 16
"""Readers subtract 1 from an address to get into the calling instruction."""


class Listing:
    """The lines of one page, with a number for every frame.

    Frames are told apart by identity, since hashing one costs more than all the rest; the caller
    keeps them alive meanwhile.
    """

    def __init__(self) -> None:
        self._names = Names()
        self._addresses: dict[Frame, str] = {}
        self._near: dict[int, tuple[str, str, str]] = {}

    def record(self, counts: str, stack: Sequence[Frame], note: str = "") -> Iterator[str]:
        """``counts @ 0x10 0x20``, and the frames below it."""
        shown = [self._shown(frame) for frame in stack]
        yield " ".join([counts, "@", *(address for address, _, _ in shown)])
        if note:
            yield f"# {_line(note)}"
        for address, name, place in shown:
            yield f"#\t{address}\t{name}+0x0\t{place}"
        yield ""

    def trace(self, title: str, stack: Sequence[Frame]) -> Iterator[str]:
        """A stack as a Go panic prints one."""
        yield f"{_line(title)}:"
        for _, name, place in map(self._shown, stack):
            yield f"{name}()"
            yield f"\t{place} +0x0"
        yield ""

    def _shown(self, frame: Frame) -> tuple[str, str, str]:
        """Address, name and place."""
        known = self._near.get(id(frame))
        if known is None:
            number = f"{(len(self._addresses) + 1) * _STEP:#x}"
            known = self._near[id(frame)] = (
                self._addresses.setdefault(frame, number),
                _line(self._names.shown(frame)),
                f"{_line(frame.filename)}:{frame.line}",
            )
        return known


def counts(name: str, profile: Profile) -> bytes:
    """``debug=1`` of a profile that counts: its first value, and the labels as a comment."""
    rows = sorted(profile.rows(), key=lambda row: -row[2][0])
    units = [kind.type for kind in profile.types[1:]]

    def lines() -> Iterator[str]:
        listing = Listing()
        yield f"{name} profile: total {sum(values[0] for _, _, values in rows)}"
        for stack, labels, values in rows:
            notes = [f"{key}: {value}" for key, value, _ in labels]
            notes += [f"{unit}: {value}" for unit, value in zip(units, values[1:], strict=True)]
            yield from listing.record(str(values[0]), stack, ", ".join(notes))

    return page(lines())


def traces(activities: Iterable[Activity]) -> bytes:
    """``debug=2``: every thread and task with its name and its stack."""

    def lines() -> Iterator[str]:
        listing = Listing()
        for number, activity in enumerate(activities, 1):
            yield from listing.trace(f"{activity.kind} {number} [{activity.name}]", activity.stack)

    return page(lines())


def page(lines: Iterable[str]) -> bytes:
    """The bytes of a page; names that are no Unicode are escaped."""
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _line(name: str) -> str:
    """A name that cannot begin a line of its own."""
    return name if name.isprintable() else repr(name)[1:-1]
