"""Reads legacy text line by line: header, samples, the names in their comments, memory map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from heapwise.formats.legacy import records
from heapwise.formats.legacy.build import Record, Symbol, build
from heapwise.formats.legacy.maps import SENTINELS, read_map
from heapwise.formats.legacy.records import Dialect
from heapwise.formats.pprof_limits import Damage, Limits
from heapwise.model.profile import Profile

_AT = re.compile(rb"0x[0-9a-f]{1,16}")
_OFFSET = re.compile(rb"\+0x[0-9a-f]{1,16}$")
_LINE = re.compile(rb"\d{1,10}")


def decode_text(data: bytes | bytearray, limits: Limits) -> Profile:
    """Decode a profile in legacy text.

    Names come from the comments that Go writes below each sample; pprof ignores these and asks
    the binary. Addresses are those of the calls: the return address less one.

    Raises:
        Damage: not such a profile, with the number of the line; or over a limit.
    """
    limits.check_size(len(data))
    lines = _Lines(bytes(data), limits.message)
    dialect = _dialect(lines)
    found: list[Record] = []
    for line in lines:
        if any(sentinel in line for sentinel in SENTINELS):
            break
        if line.startswith(b"#"):
            _name(found, line)
        elif line.startswith(b"---"):
            break
        elif line:
            found.append(_record(dialect, line, lines.number, limits))
            if len(found) > limits.samples:
                raise Damage(f"it has more than {limits.samples:,} samples")
    return build(dialect, found, read_map(lines), limits)


class _Lines:
    """Lines without their ends, and the number of the last one."""

    def __init__(self, data: bytes, longest: int) -> None:
        self.number = 0
        self._rest = BytesIO(data)
        self._longest = longest
        self._back: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.number += 1
        if self._back:
            return self._back.pop()
        line = self._rest.readline(self._longest + 1)
        if not line:
            raise StopIteration
        if len(line) > self._longest:
            raise Damage(f"line {self.number} has more than {self._longest:,} bytes")
        return line.rstrip()

    def put_back(self, line: bytes) -> None:
        """Read this one again."""
        self.number -= 1
        self._back.append(line)


def _dialect(lines: _Lines) -> Dialect:
    first = next((line.strip() for line in lines if line and not line.startswith(b"#")), b"")
    if first.startswith(b"---"):
        return records.contention(_attributes(lines))
    dialect = records.heap(first) or records.counted(first)
    if dialect is None:
        raise Damage("its first line is not that of a profile")
    return dialect


def _attributes(lines: _Lines) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for line in lines:
        name, equals, value = line.partition(b"=")
        if not equals and line and not line.startswith(b"#"):
            lines.put_back(line)
            break
        if equals:
            found[name.strip()] = value.strip()
    return found


def _record(dialect: Dialect, line: bytes, number: int, limits: Limits) -> Record:
    try:
        sample = dialect.sample(line)
    except Damage as damage:
        raise Damage(f"line {number}: {damage.reason}") from None
    if sample is None:
        raise Damage(f"line {number} is not a sample")
    addresses = [int(text, 16) for text in records.ADDRESS.findall(line.partition(b"@")[2])]
    if len(addresses) > limits.frames or any(address >> 64 for address in addresses):
        raise Damage(f"line {number} has too many addresses, or too long ones")
    return Record(sample, [(address - 1) % (1 << 64) for address in addresses])


def _name(found: list[Record], line: bytes) -> None:
    """Take the name of a call from its comment: address, function and file, apart by tabs."""
    hash_, _, rest = line.partition(b"\t")
    address, _, rest = rest.partition(b"\t")
    function, _, place = rest.partition(b"\t")
    filename, _, number = place.strip().rpartition(b":")
    if hash_ != b"#" or not found or not _AT.fullmatch(address) or not _LINE.fullmatch(number):
        return
    symbol = Symbol(_OFFSET.sub(b"", function.strip()), filename, int(number))
    found[-1].symbols.setdefault(int(address, 16), []).append(symbol)
