"""The grammar of budgets: ``METRIC > +5%``, ``METRIC > 12``, ``METRIC < 900/s``."""

from __future__ import annotations

import re

from heapwise.errors import UsageError
from heapwise.model.gate import Budget
from heapwise.model.metrics import CATALOGUE, Metric
from heapwise.units import parse_duration, parse_rate, parse_size

GRAMMAR = (
    "write METRIC > AMOUNT or METRIC < AMOUNT, as 'bytes/req > +5%' (against the base), "
    "'allocs/req > 12', 'latency.p99 > 20ms' or 'rate.achieved < 900/s'"
)

_SHAPE = re.compile(
    r"\s*(?P<metric>[^\s<>=]+)?\s*(?P<sign>[<>])?=?\s*(?P<amount>.*?)\s*", re.DOTALL
)
_RELATIVE = re.compile(r"[+-]\d+(?:\.\d+)?\s*%", re.ASCII)
_NUMBER = re.compile(r"\d[\d_,]*(?:\.\d+)?", re.ASCII)
_WORK = "/work"
_LONGEST = 200


def parse_budget(text: str) -> Budget:
    """Read one budget.

    ``>=`` means ``>``: the limit itself passes, and no measurement ever meets it exactly.

    Raises:
        UsageError: with the column at which the text stops being a budget, and the grammar.
    """
    if len(text) > _LONGEST:
        raise _malformed(text, _LONGEST, "the end")
    found = _SHAPE.fullmatch(text)
    if found is None or not found["metric"]:
        raise _malformed(text, 0, "a metric")
    metric, work_unit = _metric(text, found["metric"], found.start("metric"))
    if not found["sign"]:
        raise _malformed(text, found.end("metric"), "> or <")
    relative = _RELATIVE.fullmatch(found["amount"]) is not None
    amount = (
        float(found["amount"].rstrip("% ")) / 100
        if relative
        else _absolute(text, metric, found["amount"], found.start("amount"))
    )
    return Budget(
        text=" ".join(text.split()),
        metric=metric.id,
        work_unit=work_unit,
        above=found["sign"] == ">",
        relative=relative,
        amount=amount,
    )


def _metric(text: str, name: str, column: int) -> tuple[Metric, str]:
    """The metric of a name or title, and the unit of work that stands in it."""
    for metric in CATALOGUE.values():
        for pattern in (metric.id, metric.title.replace("{work}", "work")):
            before, work, after = pattern.partition(_WORK)
            shape = re.escape(before) + (r"/(?P<unit>[a-z]+)" if work else "") + re.escape(after)
            found = re.fullmatch(shape, name, re.IGNORECASE)
            if found:
                return metric, found["unit"] if work else ""
    known = ", ".join(ident.replace("work", "req") for ident in CATALOGUE)
    raise UsageError(
        f"no such metric: {name!r} in {text!r} at column {column + 1}", hint=f"there are {known}"
    )


def _absolute(text: str, metric: Metric, amount: str, column: int) -> float:
    """An amount in the metric's unit."""
    try:
        return _READ[metric.unit](amount)
    except (UsageError, ValueError):
        raise _malformed(text, column, _EXPECTED[metric.unit]) from None


def _count(amount: str) -> float:
    if _NUMBER.fullmatch(amount) is None:
        raise ValueError(amount)
    return float(amount.replace(",", "").replace("_", ""))


def _share(amount: str) -> float:
    return _count(amount[:-1].rstrip()) / 100 if amount.endswith("%") else _count(amount)


_READ = {
    "B": lambda amount: float(parse_size(amount)),
    "ns": lambda amount: float(parse_duration(amount)),
    "share": _share,
    "/s": lambda amount: float(parse_rate(amount)),
    "count": _count,
}
_EXPECTED = {
    "B": "a size as 64KiB, or a change as +5%",
    "ns": "a duration as 20ms, or a change as +5%",
    "share": "a share as 5% or 0.05, or a change as +5%",
    "/s": "a rate as 900/s, or a change as -5%",
    "count": "a number, or a change as +5%",
}


def _malformed(text: str, column: int, expected: str) -> UsageError:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return UsageError(
        f"not a budget: {shown!r}", f"at column {column + 1} {expected} is expected", GRAMMAR
    )
