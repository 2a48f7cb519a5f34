"""Hits as lines of JSON, with vegeta's field names and our stamps beside them.

Vegeta's: ``attack seq code timestamp latency bytes_out bytes_in error body method url headers``;
``vegeta report`` and ``vegeta plot`` read what we write. Its ``timestamp`` is when it sent, ours
is when the schedule wanted it sent, so that ``latency`` counts from there. Ours beside them:
``outcome``, ``flags`` and ``ready sent first_byte done``, in ns after ``timestamp``, null for
what never happened. Lines without them are vegeta's own (``vegeta encode -to json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from http import HTTPStatus
from typing import Annotated

import msgspec
import numpy as np

from heapwise.errors import ProfileError
from heapwise.model.load import ConstantRate, HitFlag, Hits, Outcome, Plan, Target
from heapwise.units import NS_PER_S

MAX_LINE = 4 << 20
"""Bytes of one line; vegeta puts response bodies there."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_LABELS = {outcome.label: outcome for outcome in Outcome}
_FLAGS = int(HitFlag.WAITED | HitFlag.WARMUP)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_OLDEST, _NEWEST = 0, 7_258_118_400 * NS_PER_S  # 1970 to 2200: differences fit 64 bits

_VEGETA_ERRORS = (
    ("connection refused", Outcome.REFUSED),
    ("connection reset", Outcome.RESET),
    ("broken pipe", Outcome.RESET),
    ("timeout", Outcome.TIMEOUT),
    ("deadline exceeded", Outcome.TIMEOUT),
    ("too many open files", Outcome.EMFILE),
    ("cannot assign requested address", Outcome.EADDRNOTAVAIL),
    ("no such host", Outcome.DNS),
    ("x509", Outcome.TLS),
    ("tls:", Outcome.TLS),
    ("unreachable", Outcome.UNREACHABLE),
    ("malformed http", Outcome.PROTOCOL),
    ("eof", Outcome.EARLY_EOF),
)
"""What Go's errors contain, in lower case; the first that fits."""


class _Line(msgspec.Struct):
    """One hit. Fields of vegeta's that we have nothing for keep its zero values."""

    timestamp: str
    latency: _Count
    method: str
    url: str
    code: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    attack: str = ""
    seq: _Count = 0
    bytes_out: _Count = 0
    bytes_in: _Count = 0
    error: str = ""
    body: str | None = None
    headers: dict[str, object] | None = None
    outcome: str = ""
    flags: Annotated[int, msgspec.Meta(ge=0, le=_FLAGS)] = 0
    ready: _Count | None = None
    sent: _Count | None = None
    first_byte: _Count | None = None
    done: _Count | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


def write_hits(
    hits: Hits, targets: tuple[Target, ...], *, wall_zero_ns: int, first_seq: int = 0
) -> bytes:
    """Hits as lines of JSON, in the order they come.

    Args:
        hits: times in ns since a zero.
        targets: which the hits name.
        wall_zero_ns: the wall clock at that zero.
        first_seq: the number of the first line.
    """
    lines = []
    for seq, row in enumerate(hits.rows().tolist(), first_seq):
        intended, ready, sent, first_byte, done, code, outcome, got, gave, index, flags = row
        target = targets[index]
        lines.append(
            _encode(
                _Line(
                    timestamp=_timestamp(wall_zero_ns + intended),
                    latency=max(0, done - intended) if done >= 0 else 0,
                    method=target.method,
                    url=target.url,
                    code=code,
                    seq=seq,
                    bytes_out=gave,
                    bytes_in=got,
                    error=_error(Outcome(outcome), code),
                    outcome=Outcome(outcome).label,
                    flags=flags,
                    ready=_after(intended, ready),
                    sent=_after(intended, sent),
                    first_byte=_after(intended, first_byte),
                    done=_after(intended, done),
                )
            )
        )
    return b"".join(line + b"\n" for line in lines)


def read_hits(lines: Iterable[bytes], *, source: str = "hits") -> tuple[Hits, tuple[Target, ...]]:
    """Read hits back, ours or vegeta's.

    Args:
        lines: with or without their newlines; empty ones are skipped.
        source: where they come from, for messages.

    Returns:
        the hits, times in ns since the earliest timestamp, and one target per method and URL.

    Raises:
        ProfileError: a line is not a hit, or there are none; the message has source and line.
    """
    targets: dict[tuple[str, str], int] = {}
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(line, targets))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProfileError(
                f"{source}:{number}: not a hit", str(error), "hits are lines of JSON"
            ) from None
    if not rows:
        raise ProfileError(f"{source}: no hits in it")
    table = np.array(rows, np.int64)
    stamps = table[:, :5]
    np.subtract(stamps, table[:, 0].min(), out=stamps, where=stamps >= 0)
    return Hits.from_rows(table), tuple(Target(method, url) for method, url in targets)


def plan_of(hits: Hits, targets: tuple[Target, ...]) -> Plan:
    """A plan as it must have been to lead to these hits: for reports on hits that came alone."""
    gaps = len(hits) - 1
    span = int(hits.intended.max() - hits.intended.min())
    rate = Fraction(gaps * NS_PER_S, span) if gaps and span else Fraction(1)
    return Plan(
        targets=targets,
        schedule=ConstantRate.of(rate, round(len(hits) * NS_PER_S / rate)),
        warmup_ns=0,
    )


def _row(line: bytes, targets: dict[tuple[str, str], int]) -> tuple[int, ...]:
    if len(line) > MAX_LINE:
        raise ValueError(f"the line is longer than {MAX_LINE} bytes")
    hit = _decode(line)
    start = _nanoseconds(hit.timestamp)
    target = targets.setdefault((hit.method, hit.url), len(targets))
    stamps: tuple[int | None, ...]
    if hit.outcome:
        if hit.outcome not in _LABELS:
            raise ValueError(f"no such outcome: {hit.outcome!r}")
        outcome = _LABELS[hit.outcome]
        stamps = (hit.ready, hit.sent, hit.first_byte, hit.done)
    else:
        outcome = Outcome.OK if hit.code else _vegeta_outcome(hit.error)
        stamps = (0, 0, None, hit.latency)
    ready, sent, first_byte, done = (-1 if stamp is None else start + stamp for stamp in stamps)
    return (
        start, ready, sent, first_byte, done, hit.code, outcome, hit.bytes_in, hit.bytes_out,
        target, hit.flags,
    )  # fmt: skip


def _vegeta_outcome(error: str) -> Outcome:
    text = error.lower()
    return next((outcome for words, outcome in _VEGETA_ERRORS if words in text), Outcome.OTHER)


def _error(outcome: Outcome, code: int) -> str:
    """What went wrong in words; like vegeta's, empty for a status from 200 to 399."""
    if outcome is not Outcome.OK:
        return outcome.label
    if 200 <= code < 400:
        return ""
    known = code in HTTPStatus.__members__.values()
    return f"{code} {HTTPStatus(code).phrase}" if known else str(code)


def _after(start: int, stamp: int) -> int | None:
    return stamp - start if stamp >= 0 else None


def _timestamp(wall_ns: int) -> str:
    seconds, fraction = divmod(wall_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _nanoseconds(timestamp: str) -> int:
    found = _RFC3339.fullmatch(timestamp)
    if found is None:
        raise ValueError(f"not a time: {timestamp[:60]!r}")
    whole = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    fraction = (found[2] or "").ljust(9, "0")
    wall = int(whole.timestamp()) * NS_PER_S + int(fraction)
    if not _OLDEST <= wall <= _NEWEST:
        raise ValueError(f"not a time of this age: {timestamp!r}")
    return wall
