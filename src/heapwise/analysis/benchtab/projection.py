"""Projects results onto keys: which table, row and column each belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from heapwise.analysis.benchtab.extract import extractor
from heapwise.analysis.benchtab.orders import Rank, rank_of
from heapwise.analysis.benchtab.sieve import Sieve, allows
from heapwise.formats.benchfmt.names import name_without
from heapwise.formats.benchquery.projections import Field
from heapwise.model.bench import Result

Key = tuple[str, ...]
"""Values by the index of their slot, without the empty ones at the end."""

UNIT = Field(".unit")
"""The last field of tables: each unit has its own."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Keys that some projection names, so that the groups leave them out.

    Attributes:
        config: left out of ``.config``.
        name: left out of ``.fullname``.
    """

    config: frozenset[str]
    name: frozenset[str]

    @classmethod
    def by(cls, projections: Iterable[tuple[Field, ...]]) -> Taken:
        """The keys that any of the projections names."""
        keys = {each.key for fields in projections for each in fields}
        keys -= {".config", ".fullname"}
        name = frozenset(key for key in keys if key == ".name" or key.startswith("/"))
        return cls(frozenset(keys - name), name)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A field with a place of its own in the keys."""

    name: str
    index: int
    rank: Rank


@dataclass(slots=True)
class _Group:
    """A field of the query with its slots: one, or for ``.config`` one for each key of the file."""

    asked: Field
    slots: list[_Slot] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


class Projection:
    """A tuple of keys.

    Slots of ``.config`` appear when a result first has them, so names and order are final only
    after all results.
    """

    def __init__(self, fields: Iterable[Field], taken: Taken) -> None:
        self._taken = taken
        self._width = 0
        self._groups = [_Group(each) for each in fields]
        self._read: dict[str, Callable[[Result], str]] = {}
        for group in self._groups:
            if group.asked.key != ".config":
                self._slot(group, group.asked.key)
                self._read[group.asked.key] = self._reader(group.asked.key)

    def key(self, result: Result, unit: str = "") -> Key:
        """The values of a result's fields; the order of appearance is noted on the way."""
        row: dict[int, str] = {}
        for group in self._groups:
            if group.asked.key == ".config":
                row |= self._config(group, result)
                continue
            name = group.asked.key
            value = unit if name == UNIT.key else self._read[name](result)
            group.seen.setdefault(value, len(group.seen))
            row[group.slots[0].index] = value
        width = max((index + 1 for index, value in row.items() if value), default=0)
        return tuple(row.get(index, "") for index in range(width))

    def in_order(self, keys: Iterable[Key]) -> list[Key]:
        """Keys sorted field by field; where an order leaves two equal, as texts."""

        def rank(key: Key) -> list[tuple[tuple[float, ...], str]]:
            values = ((slot, _value(key, slot)) for slot in self._slots())
            return [(slot.rank(value), value) for slot, value in values]

        return sorted(keys, key=rank)

    def names(self) -> tuple[str, ...]:
        """The names of all fields, ``.config`` spread out."""
        return tuple(slot.name for slot in self._slots())

    def values(self, key: Key) -> tuple[str, ...]:
        """A key's values in the order of `names`."""
        return tuple(_value(key, slot) for slot in self._slots())

    def _config(self, group: _Group, result: Result) -> dict[int, str]:
        slots = {slot.name: slot for slot in group.slots}
        row = {}
        for name, value in result.config:
            if name not in self._taken.config:
                slot = slots.get(name) or self._slot(group, name)
                row[slot.index] = value
        return row

    def _slot(self, group: _Group, name: str) -> _Slot:
        """A new slot; those within ``.config`` are never "seen", and so sort as texts."""
        slot = _Slot(name, self._width, rank_of(group.asked, group.seen))
        self._width += 1
        group.slots.append(slot)
        return slot

    def _slots(self) -> list[_Slot]:
        return [slot for group in self._groups for slot in group.slots]

    def _reader(self, key: str) -> Callable[[Result], str]:
        if key == UNIT.key:
            return lambda _result: ""
        if key == ".fullname" and self._taken.name:
            return lambda result: name_without(result.name, self._taken.name)
        return extractor(key)


def residue(projections: Iterable[tuple[Field, ...]], taken: Taken) -> Projection:
    """Everything that no projection looks at: it should not vary within a cell."""
    keys = {each.key for fields in projections for each in fields}
    rest = [Field(key) for key in (".config", ".fullname") if key not in keys]
    return Projection(rest, taken)


def implied(fields: Iterable[Field]) -> list[Sieve]:
    """The filters that fixed orders imply."""
    return [allows(extractor(each.key), each.values) for each in fields if each.order == "fixed"]


def _value(key: Key, slot: _Slot) -> str:
    return key[slot.index] if slot.index < len(key) else ""
