"""How much work a program says it has done, as expvar, the agent and Prometheus pages carry it.

A page comes from outside and may be anything. What is read is one number: of JSON by a path of
names, of the Prometheus text format by the name of a metric, with its labels where those matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import msgspec

from heapwise.errors import ProfileError

ANNOUNCED = "heapwise_work"
"""The expvar map in which a Go program counts: ``{"row": 200000}``."""

MAX_UNITS = 64
MAX_NAME = 64
_LARGEST = 2**53

_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]{0,200})(?P<labels>\{[^{}\n]{0,4096}\})?"
    r"[ \t]+(?P<value>[0-9a-zA-Z.+-]{1,40})(?:[ \t]+[^ \t\n]{1,40})?[ \t]*",
    re.ASCII,
)


def announced(values: object) -> dict[str, int]:
    """The counts of a map of units; what is no count is left out.

    Args:
        values: as decoded from JSON.
    """
    if not isinstance(values, Mapping) or len(values) > MAX_UNITS:
        return {}
    return {
        unit: count
        for unit, count in values.items()
        if isinstance(unit, str) and 0 < len(unit) <= MAX_NAME and unit.isprintable()
        and type(count) is int and 0 <= count <= _LARGEST
    }  # fmt: skip


def announced_on(page: bytes) -> dict[str, int]:
    """The counts that an expvar page announces under `ANNOUNCED`; none where it has no such map."""
    try:
        return announced(msgspec.json.decode(page, type=_Expvar).heapwise_work)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}


def count_at(page: bytes, key: str) -> int:
    """The count under a key of a page.

    Args:
        page: JSON, or the Prometheus text format.
        key: for JSON the path to a number, ``consumer.messages``; a name may hold dots itself. For
            Prometheus the name of a metric, whose samples are added up, or one sample with its
            labels as the page has them: ``messages_total{topic="orders"}``.

    Raises:
        ProfileError: there is no such key, or no count under it.
    """
    text = page.lstrip()
    if text.startswith(b"{"):
        return _whole(_walk(_decoded(text), key), key)
    return _whole(_summed(page.decode("utf-8", "replace"), key), key)


class _Expvar(msgspec.Struct):
    heapwise_work: object = None


def _decoded(text: bytes) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ProfileError("the page of the work counter is damaged", str(error)[:200]) from None


def _walk(value: object, key: str) -> object:
    """The value at a path, trying the longest names first."""
    if not key:
        return value
    if not isinstance(value, dict):
        raise _missing(key)
    names = key.split(".")
    for length in range(len(names), 0, -1):
        name = ".".join(names[:length])
        if name in value:
            return _walk(value[name], ".".join(names[length:]))
    known = ", ".join(sorted(str(name)[:40] for name in value)[:10])
    raise _missing(key, f"there are {known}" if known else "")


def _summed(text: str, key: str) -> float:
    found = [
        float(sample["value"])
        for line in text.split("\n")
        if not line.startswith("#")
        and (sample := _SAMPLE.fullmatch(line.rstrip("\r")))
        and key in (sample["name"], sample["name"] + (sample["labels"] or ""))
        and _is_number(sample["value"])
    ]
    if not found:
        raise _missing(key)
    return sum(found)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _whole(value: object, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProfileError(f"the work counter {key!r} is no number", repr(value)[:60])
    if not 0 <= value <= _LARGEST or value != int(value):
        raise ProfileError(f"the work counter {key!r} is no count", repr(value)[:60])
    return int(value)


def _missing(key: str, why: str = "") -> ProfileError:
    return ProfileError(
        f"the page of the work counter has no {key[:80]!r}", why,
        "name it as URL#KEY: a path of names in JSON, or the name of a Prometheus metric",
    )  # fmt: skip
