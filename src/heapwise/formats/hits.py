"""Hits: ours as lines of JSON, and any tool's as columns.

``vegeta report`` and ``vegeta plot`` read what we write; `heapwise.formats.hit_line` has its
fields. What we read is in that format or in vegeta's, as JSON or as CSV.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from http import HTTPStatus

import numpy as np
from msgspec import UNSET, UnsetType

from heapwise.errors import ProfileError
from heapwise.formats.hit_line import Hit, WallTime, encode_line
from heapwise.formats.hit_records import read_records
from heapwise.model.load import ConstantRate, HitFlag, Hits, Outcome, Plan, Target
from heapwise.model.profile import Int64s
from heapwise.units import NS_PER_S

Targets = Sequence[Target] | Mapping[int, Target]
"""Targets by their number."""

_LABELS = {outcome.label: outcome for outcome in Outcome}
_COLUMNS = len(Hits.columns()) + 1  # and the name of the load

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


def write_hits(
    hits: Hits,
    targets: Targets,
    *,
    wall_zero_ns: int,
    first_seq: int = 0,
    attack: str = "",
) -> bytes:
    """Hits as lines of JSON, in the order they come.

    As with vegeta ``seq`` counts in the order of the schedule: its plot takes it for that of time.
    As with vegeta ``code`` is 0 unless the response was complete: its reports take any other for
    one that was.

    Args:
        hits: times in ns since a zero.
        targets: which the hits name.
        wall_zero_ns: the wall clock at that zero.
        first_seq: the number of the first hit of their phase, or of the first line where nobody
            knows which hits they are.
        attack: name of the load.
    """
    lines = []
    numbers = np.arange(len(hits)) if hits.number is None else hits.number
    for seq, row in zip((first_seq + numbers).tolist(), hits.rows().tolist(), strict=True):
        intended, ready, sent, first_byte, done, code, outcome, got, gave, index, flags = row
        target = targets[index]
        lines.append(
            encode_line(
                Hit(
                    attack=attack,
                    seq=seq,
                    code=code if outcome == Outcome.OK else 0,
                    timestamp=WallTime(wall_zero_ns + intended),
                    latency=max(0, done - intended) if done >= 0 else 0,
                    bytes_out=gave,
                    bytes_in=got,
                    error=error_text(Outcome(outcome), code),
                    method=target.method,
                    url=target.url,
                    outcome=Outcome(outcome).label,
                    flags=flags,
                    ready=_after(intended, ready),
                    sent=_after(intended, sent),
                    first_byte=_after(intended, first_byte),
                    done=_after(intended, done),
                )
            )
        )
    return b"".join(lines)


class HitStore:
    """Hits that come one by one: 96 bytes each, so that a report of all of them is exact.

    Attributes:
        errors: what went wrong, in the hits' own words, each once; not in the warm-up.
    """

    def __init__(self) -> None:
        self.errors: dict[str, None] = {}
        self._rows = array("q")
        self._targets: dict[tuple[str, str], int] = {}
        self._names: dict[str, int] = {}

    def add(self, hit: Hit) -> None:
        """Take one.

        Raises:
            ValueError: it has an outcome that there is not.
        """
        target = self._targets.setdefault((hit.method, hit.url), len(self._targets))
        name = self._names.setdefault(hit.attack, len(self._names))
        outcome = _outcome(hit)
        flags = 0 if hit.flags is UNSET else hit.flags
        self._rows.extend(
            (hit.timestamp, *_stamps(hit, outcome), hit.code, outcome, hit.bytes_in,
             hit.bytes_out, target, flags, name)
        )  # fmt: skip
        if hit.error and not flags & HitFlag.WARMUP:
            self.errors.setdefault(hit.error)

    def __len__(self) -> int:
        return len(self._rows) // _COLUMNS

    @property
    def targets(self) -> tuple[Target, ...]:
        """One per method and URL, in the order they came."""
        return tuple(Target(method, url) for method, url in self._targets)

    @property
    def zero_ns(self) -> int:
        """The earliest timestamp, ns since 1970; there must be one."""
        return int(self._table()[:, 0].min())

    def hits(self) -> Hits:
        """All so far, times in ns since the earliest timestamp."""
        return Hits.from_rows(self._since_zero()[:, :-1])

    def loads(self) -> Mapping[str, Hits]:
        """The same by the name of their load, in the order the names came."""
        table = self._since_zero()
        return {
            name: Hits.from_rows(table[table[:, -1] == index, :-1])
            for name, index in self._names.items()
        }

    def _since_zero(self) -> Int64s:
        table = self._table().copy()
        if len(table):
            stamps = table[:, :5]
            np.subtract(stamps, table[:, 0].min(), out=stamps, where=stamps >= 0)
        return table

    def _table(self) -> Int64s:
        return np.frombuffer(self._rows, np.int64).reshape(-1, _COLUMNS)


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
    store = HitStore()
    for hit in read_records(lines, source=source):
        store.add(hit)
    if not len(store):
        raise ProfileError(f"{source}: no hits in it")
    return store.hits(), store.targets


def plan_of(hits: Hits, targets: tuple[Target, ...]) -> Plan:
    """A plan as it must have been to lead to these hits: for reports on hits that came alone."""
    gaps = len(hits) - 1
    span = int(hits.intended.max() - hits.intended.min())
    rate = Fraction(gaps * NS_PER_S, span) if gaps and span else Fraction(1)
    return Plan(
        targets=targets,
        schedule=ConstantRate.of(rate, round(len(hits) * NS_PER_S / rate)),
        warmup_ns=0,
        engine="",
    )


def _outcome(hit: Hit) -> Outcome:
    """Its outcome: said in our lines, in the error's words where our lines became CSV."""
    if hit.outcome is not UNSET and hit.outcome:
        return _LABELS[hit.outcome]
    if hit.code:
        return Outcome.OK
    return _LABELS.get(hit.error) or _vegeta_outcome(hit.error)


def _stamps(hit: Hit, outcome: Outcome) -> Iterable[int]:
    """Ready, sent, first byte and done; -1 for what never happened, or is not told."""
    stamps: tuple[int | UnsetType | None, ...] = (None, 0, None, hit.latency)
    if hit.outcome:
        stamps = (hit.ready, hit.sent, hit.first_byte, hit.done)
    elif outcome is Outcome.NEVER_SENT:
        stamps = (None,) * 4
    start = int(hit.timestamp)
    return [-1 if stamp is None or stamp is UNSET else start + stamp for stamp in stamps]


def _vegeta_outcome(error: str) -> Outcome:
    text = error.lower()
    return next((outcome for words, outcome in _VEGETA_ERRORS if words in text), Outcome.OTHER)


def error_text(outcome: Outcome, code: int) -> str:
    """What went wrong in words; like vegeta's, empty for a status from 200 to 399."""
    if outcome is not Outcome.OK:
        return outcome.label
    if 200 <= code < 400:
        return ""
    known = code in HTTPStatus.__members__.values()
    return f"{code} {HTTPStatus(code).phrase}" if known else str(code)


def _after(start: int, stamp: int) -> int | None:
    return stamp - start if stamp >= 0 else None
