"""Samples of addresses, and the names that stand beside them, into a `Profile`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from heapwise.formats.legacy.maps import Mapped
from heapwise.formats.legacy.records import Dialect, Sample
from heapwise.formats.pprof_limits import Damage, Limits
from heapwise.model.profile import FUNCTION, LABEL, LINE, LOCATION, MAPPING, Profile, StringTable

_ADDRESSES = 1 << 64


@dataclass(frozen=True, slots=True)
class Symbol:
    """One source line of an address."""

    function: bytes
    filename: bytes
    line: int


@dataclass(slots=True)
class Record:
    """One sample: its counts, its call addresses, leaf first, and the names of some of them."""

    sample: Sample
    addresses: list[int]
    symbols: dict[int, list[Symbol]] = field(default_factory=dict)

    def path(self) -> Iterator[tuple[int, tuple[Symbol, ...]]]:
        """The calls to show, each with its lines, innermost first.

        A Go service writes the addresses of its allocator and scheduler at both ends but leaves
        out their names, as it leaves the whole frames out of protobuf profiles: they are left out
        here too. An address that comes twice is a recursion, and its names come twice; several
        names beyond that are inlined calls.
        """
        named = [index for index, at in enumerate(self.addresses) if at in self.symbols]
        shown = slice(named[0], named[-1] + 1) if named else slice(None)
        times = Counter(self.addresses)
        for address in self.addresses[shown]:
            symbols = self.symbols.get(address, [])
            yield address, tuple(symbols[: max(1, len(symbols) // times[address])])


def build(
    dialect: Dialect, records: Sequence[Record], maps: list[Mapped], limits: Limits
) -> Profile:
    """The columns of these records.

    Raises:
        Damage: over a limit.
    """
    tables = _Tables(maps)
    rows = [tables.stack(record) for record in records]
    if max(len(tables.strings), len(tables.locations)) > limits.entries:
        raise Damage(f"it has more than {limits.entries:,} names or addresses")
    labels = [tables.size_label(record.sample) for record in records]
    return Profile(
        **tables.columns(),  # type: ignore[arg-type] # columns by their names
        sample_types=dialect.sample_types,
        values=np.array([record.sample.values for record in records], np.int64).reshape(
            -1, len(dialect.sample_types)
        ),
        stacks=np.array(rows, np.uint32),
        label_offsets=_offsets(labels),
        labels=np.array([label for row in labels for label in row], LABEL),
        period_type=dialect.period_type,
        period=dialect.period,
        duration_ns=dialect.duration_ns,
    )


class _Tables:
    """Strings, functions, locations and stacks, each once."""

    def __init__(self, maps: list[Mapped]) -> None:
        self.maps = maps
        self.strings: dict[bytes, int] = {b"": 0}
        self.functions: dict[tuple[int, int], int] = {}
        self.locations: dict[tuple[int, tuple[Symbol, ...]], int] = {}
        self.stacks: dict[tuple[int, ...], int] = {}
        self.homeless = False

    def stack(self, record: Record) -> int:
        path = tuple(self.locations.setdefault(call, len(self.locations)) for call in record.path())
        return self.stacks.setdefault(path, len(self.stacks))

    def string(self, text: bytes) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def size_label(self, sample: Sample) -> list[tuple[int, int, int, int]]:
        return [] if sample.size is None else [(self.string(b"bytes"), 0, sample.size, 0)]

    def columns(self) -> dict[str, object]:
        lines = [[self._line(symbol) for symbol in symbols] for _, symbols in self.locations]
        homes = self._homes()
        places = [(homes[address], address, False) for address, _ in self.locations]
        mappings = [self._mapping_row(mapped) for mapped in self.maps]
        if self.homeless:
            mappings.append((0, _ADDRESSES - 1, 0, 0, 0, False, False, False, False))
        return {
            "locations": np.array(places, LOCATION),
            "line_offsets": _offsets(lines),
            "lines": np.array([line for row in lines for line in row], LINE),
            "functions": np.array(
                [(name, name, file, 0) for name, file in self.functions], FUNCTION
            ),
            "mappings": np.array(mappings, MAPPING),
            "stack_offsets": _offsets(self.stacks),
            "stack_locations": np.array([at for path in self.stacks for at in path], np.uint32),
            "strings": StringTable.of(self.strings),
        }

    def _line(self, symbol: Symbol) -> tuple[int, int, int]:
        key = (self.string(symbol.function), self.string(symbol.filename))
        return self.functions.setdefault(key, len(self.functions)), symbol.line, 0

    def _homes(self) -> dict[int, int]:
        """Where each address lies; outside all known parts, in one that pprof makes up for it.

        Where parts overlap, the first that is listed counts.
        """
        homes: dict[int, int] = {}
        begun: list[tuple[int, int]] = []  # a heap of parts: place in the list, limit
        coming = sorted((part.start, index) for index, part in enumerate(self.maps))[::-1]
        for address in sorted({address for address, _ in self.locations}):
            while coming and coming[-1][0] <= address:
                _, index = coming.pop()
                heappush(begun, (index, self.maps[index].limit))
            while begun and begun[0][1] <= address:
                heappop(begun)
            homes[address] = begun[0][0] if begun else len(self.maps)
        self.homeless = len(self.maps) in (home for address, home in homes.items() if address)
        return homes | ({0: -1} if 0 in homes else {})

    def _mapping_row(self, mapped: Mapped) -> tuple[int | bool, ...]:
        names = (self.string(mapped.filename), self.string(mapped.build_id))
        return (mapped.start, mapped.limit, mapped.offset, *names, False, False, False, False)


def _offsets(groups: Iterable[Sequence[object]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.cumsum([0, *map(len, groups)], dtype=np.int64)
