"""The dialects of legacy text: what their first line says and what one sample means.

All write a sample as counts, ``@`` and return addresses. Heap counts are raw: a reader estimates
what was allocated from what was sampled, where protobuf profiles hold the estimate already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from heapwise.formats.pprof_limits import Damage
from heapwise.model.profile import ValueType

ADDRESS = re.compile(rb"0x[0-9a-f]+")

# Numbers are bounded so that no line of digits takes quadratic time.
_N = rb"(-?\d{1,20})"
_HEAP_COUNTS = _N + rb": *" + _N + rb" *\[ *" + _N + rb": *" + _N + rb" *\] *@"
_HEAP_HEADER = re.compile(
    rb"heap profile: *" + _HEAP_COUNTS + rb" *(heap[_a-z0-9]*|growthz?|fragmentationz?)/?(\d*)"
)
_HEAP_SAMPLE = re.compile(_HEAP_COUNTS)
_COUNT_HEADER = re.compile(rb"(\S+) profile: total \d+")
_COUNT_SAMPLE = re.compile(_N + rb" @(?= 0x)")
_CONTENTION_SAMPLE = re.compile(_N + rb" +" + _N + rb" @")
_INT64 = 1 << 63
_MOST_EXPONENT = 700.0  # of e, as a float

_COUNT = ValueType("contentions", "count")
_HEAP = (
    ValueType("alloc_objects", "count"),
    ValueType("alloc_space", "bytes"),
    ValueType("inuse_objects", "count"),
    ValueType("inuse_space", "bytes"),
)
_PLAIN_HEAP = (ValueType("objects", "count"), ValueType("space", "bytes"))


class Sample(NamedTuple):
    """What the counts of one line stand for.

    Attributes:
        values: one per sample type.
        size: mean bytes of an object, None outside heap profiles.
    """

    values: tuple[int, ...]
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A profile's first lines, understood.

    Attributes:
        sample: reads the counts of a line; None where it holds none.
    """

    sample_types: tuple[ValueType, ...]
    period_type: ValueType
    period: int
    sample: Callable[[bytes], Sample | None]
    duration_ns: int = 0


def heap(first: bytes) -> Dialect | None:
    """A heap, growth or fragmentation profile; None where the line begins none.

    The number after the slash is the sampling rate in bytes, twice that where the word is
    ``heap``, and without meaning where it is ``heapprofile``, which counts everything.

    Raises:
        Damage: a word nobody knows.
    """
    header = _HEAP_HEADER.match(first)
    if header is None:
        return None
    word = header[5]
    rate = _rate(word, number(header[6] or b"0"))
    scaled = word in {b"heap", b"heap_v2", b"heapz_v2"}
    in_use, allocated = (header[1], header[2]), (header[3], header[4])
    both = any(
        one not in {other, b"0"} for one, other in zip(allocated, in_use, strict=True)
    ) and word.startswith(b"heap")
    return Dialect(
        sample_types=_HEAP if both else _PLAIN_HEAP,
        period_type=ValueType("space", "bytes"),
        period=rate,
        sample=lambda line: _heap_sample(line, rate if scaled else 1, both=both),
    )


def _rate(word: bytes, given: int) -> int:
    if word == b"heap":
        return given // 2
    if word in {b"heap_v2", b"heapz_v2"}:
        return given
    if word.startswith(b"heap") and word != b"heapprofile":
        raise Damage(f"nobody knows the sampling of {word.decode()!r}")
    return 1


def _heap_sample(line: bytes, rate: int, *, both: bool) -> Sample | None:
    found = _HEAP_SAMPLE.match(line)
    if found is None:
        return None
    objects, space, all_objects, all_space = map(number, found.groups())
    pairs = [(all_objects, all_space), (objects, space)] if both else [(objects, space)]
    size = 0
    values: list[int] = []
    for count, total in pairs:
        if not count and total:
            raise Damage(f"{total:,} bytes in no objects")
        # The quotient is cut towards zero, also for what shrank.
        size = int(abs(total) // abs(count)) if count else size
        values += unsampled(count, total, rate)
    return Sample(tuple(values), size)


def unsampled(count: int, total: int, rate: int) -> tuple[int, int]:
    """The objects and bytes that a Poisson sampler of this rate most likely saw these of.

    An object of S bytes is sampled with probability ``1 - exp(-S / rate)``; both are divided by
    it and cut off, as the Go runtime and pprof do. A rate up to 1 means everything was counted.
    """
    if not count or not total:
        return 0, 0
    if rate <= 1:
        return count, total
    # Where bytes are negative and objects are not, the exponent may be of any size.
    scale = 1 / -math.expm1(min(-(total / count) / rate, _MOST_EXPONENT))
    return _int64(int(count * scale)), _int64(int(total * scale))


def counted(first: bytes) -> Dialect | None:
    """A Go count profile, of goroutines or threads; None where the line begins none."""
    header = _COUNT_HEADER.fullmatch(first)
    if header is None:
        return None
    kind = ValueType(header[1].decode("utf-8", "replace"), "count")
    return Dialect(sample_types=(kind,), period_type=kind, period=1, sample=_counted_sample)


def _counted_sample(line: bytes) -> Sample | None:
    found = _COUNT_SAMPLE.match(line)
    return Sample((number(found[1]),), None) if found else None


def contention(attributes: dict[bytes, bytes]) -> Dialect:
    """A profile of blocking or of mutexes, by the attributes between its first line and samples.

    Raises:
        Damage: an attribute that this format does not have.
    """
    known = {b"cycles/second", b"sampling period", b"ms since reset", b"discarded samples"}
    for name in attributes.keys() - known:
        raise Damage(f"it says {name.decode('utf-8', 'replace')!r}, as Java's profiles do")
    hertz = number(attributes.get(b"cycles/second", b"0"))
    period = number(attributes.get(b"sampling period", b"1"))
    return Dialect(
        sample_types=(_COUNT, ValueType("delay", "nanoseconds")),
        period_type=_COUNT,
        period=period,
        sample=lambda line: _contention_sample(line, period, hertz),
        duration_ns=_int64(number(attributes.get(b"ms since reset", b"0")) * 1_000_000),
    )


def _contention_sample(line: bytes, period: int, hertz: int) -> Sample | None:
    """Delays are in processor cycles where their frequency is known."""
    found = _CONTENTION_SAMPLE.match(line)
    if found is None:
        return None
    delay, contentions = number(found[1]), number(found[2])
    if period > 0:
        delay = _int64(int(float(delay) * period / (hertz / 1e9))) if hertz > 0 else delay
        contentions = _int64(contentions * period)
    return Sample((contentions, delay), None)


def number(digits: bytes) -> int:
    """A decimal number of 64 bits.

    Raises:
        Damage: it is none.
    """
    try:
        return _int64(int(digits[:32]))
    except ValueError:
        raise Damage(f"not a number: {digits[:32]!r}") from None


def _int64(value: int) -> int:
    if not -_INT64 <= value < _INT64:
        raise Damage("a number does not fit into 64 bits")
    return value
