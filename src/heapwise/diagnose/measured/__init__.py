"""What each remedy gained where it was measured; a remedy that gained nothing is not offered.

The figures are written by ``make bench-remedies`` and are data: which advice holds for which
release of a runtime is read from them and stands in no prose.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from heapwise.units import format_count, format_duration, format_size

MIN_GAIN = 0.1
"""Share of bytes, objects or time that has to go for a remedy to be worth anybody's while."""

_MINOR = re.compile(r"(?:go)?(\d+)\.(\d+)")


class Cost(msgspec.Struct, frozen=True):
    """What one operation costs.

    Attributes:
        bytes: allocated, B/op.
        allocs: objects, allocs/op.
        ns: it takes, ns/op.
    """

    bytes: float
    allocs: float
    ns: float


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One remedy, before and after, on one release of a runtime.

    Attributes:
        code: of the rule.
        case: which of its remedies, or which size; empty for the main one.
        what: the operation, in words.
        runtime: ``go``, ``python``.
        version: as ``go1.27.3``, ``3.11.7``.
    """

    code: str
    what: str
    runtime: str
    version: str
    before: Cost
    after: Cost
    case: str = ""

    @property
    def gains(self) -> bool:
        """Whether bytes, objects or time go down by `MIN_GAIN`."""
        pairs = (
            (self.before.bytes, self.after.bytes),
            (self.before.allocs, self.after.allocs),
            (self.before.ns, self.after.ns),
        )
        return any(before > 0 and after <= before * (1 - MIN_GAIN) for before, after in pairs)

    @property
    def withheld(self) -> str:
        """Why the remedy is not offered where it was measured; empty where it gains."""
        if self.gains:
            return ""
        release = self.version if self.runtime == "go" else f"CPython {self.version}"
        return f"none offered: on {release} it gains nothing ({_told(self.before, self.after)})"


def _told(before: Cost, after: Cost) -> str:
    sizes = f"{format_size(before.bytes)} before, {format_size(after.bytes)} after"
    counts = f"{format_count(before.allocs)} and {format_count(after.allocs)} allocs"
    times = f"{format_duration(round(before.ns))} and {format_duration(round(after.ns))}"
    return f"{sizes}; {counts}; {times}"


@cache
def measurements() -> tuple[Measurement, ...]:
    """Every measurement we ship."""
    data = (files(__name__) / "remedies.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[Measurement, ...])


def of_rule(code: str, runtime: str = "") -> tuple[Measurement, ...]:
    """The measurements of a rule, of one runtime or of all."""
    return tuple(
        each
        for each in measurements()
        if each.code == code and (not runtime or each.runtime == runtime)
    )


def nearest(code: str, case: str, runtime: str, version: str) -> Measurement | None:
    """The measurement on the release nearest to a version, the older where two are as near."""
    known = [each for each in of_rule(code, runtime) if each.case == case]
    wanted = _minor(version)
    if wanted is None:
        return known[-1] if known else None
    return min(known, key=lambda each: (_distance(each, wanted), each.version), default=None)


def _distance(measurement: Measurement, wanted: tuple[int, int]) -> int:
    minor = _minor(measurement.version) or (0, 0)
    return abs((minor[0] - wanted[0]) * 1000 + minor[1] - wanted[1])


def _minor(version: str) -> tuple[int, int] | None:
    found = _MINOR.match(version)
    return (int(found[1]), int(found[2])) if found else None
