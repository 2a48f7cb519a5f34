"""Allocation budgets for tests: the marker, the fixture and the table behind them.

Counted is what the test's function allocates while it runs, fixtures apart, in every thread of the
process. The first run of any code also pays for imports, caches and compiled patterns.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pytest

from heapwise_agent.meter import Line, Meter, Usage

PROPERTY = "heapwise_allocs"
"""Name of the property of a test's report; the counts travel in it to the process that prints."""

_LIMITS = {"max", "max_bytes"}
_TOP_LINES = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be allocated.

    Attributes:
        max: allocations; None for any number.
        max_bytes: bytes; None for any number.
    """

    max: int | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("max", self.max), ("max_bytes", self.max_bytes)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise TypeError(f"allocs({name}={value!r}): not a whole number")
            if value is not None and value < 0:
                raise ValueError(f"allocs({name}={value}): below 0")

    @property
    def limits(self) -> bool:
        """True where there is anything to hold to."""
        return self.max is not None or self.max_bytes is not None

    def excess(self, used: Usage) -> str:
        """What is above it, in words; empty where nothing is."""
        over = []
        if self.max is not None and used.allocs > self.max:
            over.append(f"{used.allocs:,} allocations, {self.max:,} allowed")
        if self.max_bytes is not None and used.bytes > self.max_bytes:
            over.append(f"{used.bytes:,} bytes, {self.max_bytes:,} allowed")
        return "; ".join(over)


class Used:
    """What a block allocated, once it has ended.

    Attributes:
        allocs: allocations.
        bytes: that they asked for.
    """

    allocs: int = 0
    bytes: int = 0


class Allocs:
    """The fixture: called with a budget, or with none to only count."""

    @contextmanager
    def __call__(self, *, max: int | None = None, max_bytes: int | None = None) -> Iterator[Used]:  # noqa: A002 - the marker's word
        """Count a block, and fail the test if it is over the budget."""
        __tracebackhide__ = True
        used, budget = Used(), Budget(max, max_bytes)
        meter = _started(lines=budget.limits)
        try:
            yield used
        finally:
            usage = meter.stop()
            used.allocs, used.bytes = usage
        _hold("the block", budget, usage, meter)


@contextmanager
def metered(item: pytest.Item) -> Iterator[None]:
    """Count the function of a test while it is called, and hold it to its marker's budget."""
    function = getattr(item, "obj", None)
    if not callable(function):  # a doctest, a file
        yield
        return
    budget = _budget(item)
    counted: list[tuple[Usage, Meter]] = []
    item.obj = _counting(function, budget, counted)  # type: ignore[attr-defined] # Function has it
    try:
        yield
    finally:
        item.obj = function  # type: ignore[attr-defined] # see above
        for usage, _ in counted:
            item.user_properties.append((PROPERTY, list(usage)))
    for usage, meter in counted:
        _hold("the test", budget, usage, meter)


def show_table(reporter: pytest.TerminalReporter, most: int) -> None:
    """Print the tests that allocated most often; 0 prints all."""
    rows = sorted(
        (
            (Usage(*value), report.nodeid)
            for reports in reporter.stats.values()
            for report in reports
            if getattr(report, "when", "") == "call"
            for name, value in report.user_properties
            if name == PROPERTY
        ),
        key=lambda row: (-row[0].allocs, -row[0].bytes, row[1]),
    )
    if not rows:
        return
    reporter.section("allocations, counted exactly", sep="=")
    reporter.write_line(f"{'allocs':>12}  {'bytes':>14}  test")
    for usage, name in rows[: most or None]:
        reporter.write_line(f"{usage.allocs:>12,}  {usage.bytes:>14,}  {name}")
    if most and len(rows) > most:
        reporter.write_line(f"and {len(rows) - most} more: --allocs-top 0 shows all")


def _budget(item: pytest.Item) -> Budget:
    """The budget of the nearest marker; one without limits where there is none."""
    marker = item.get_closest_marker("allocs")
    if marker is None:
        return Budget()
    wrong = "name what is limited, as allocs(max=100)"
    if not marker.args and marker.kwargs and marker.kwargs.keys() <= _LIMITS:
        try:
            return Budget(**marker.kwargs)
        except (TypeError, ValueError) as error:
            wrong = str(error)
    pytest.fail(f"the marker of {item.name}: {wrong}", pytrace=False)


def _counting(
    function: Callable[..., Any], budget: Budget, counted: list[tuple[Usage, Meter]]
) -> Callable[..., Any]:
    """The function with a meter around it, as a coroutine where it is one."""

    @contextmanager
    def measured() -> Iterator[None]:
        meter = _started(lines=budget.limits)
        try:
            yield
        finally:
            counted.append((meter.stop(), meter))

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        positional, named = _without_names(function, args, kwargs)
        with measured():
            return function(*positional, **named) if named else function(*positional)

    @wraps(function)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        made = function(*args, **kwargs)
        with measured():
            return await made

    return call_async if inspect.iscoroutinefunction(function) else call


def _without_names(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments by position as far as that goes: to pass them by name allocates a dict."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):  # the call itself says best what is wrong
        return args, kwargs
    return bound.args, bound.kwargs


def _started(*, lines: bool) -> Meter:
    meter = Meter(lines=lines)
    why = ""
    try:
        meter.start()
    except RuntimeError as error:
        why = str(error)
    if why:
        pytest.fail(f"allocations cannot be counted: {why}", pytrace=False)
    return meter


def _hold(what: str, budget: Budget, usage: Usage, meter: Meter) -> None:
    __tracebackhide__ = True
    excess = budget.excess(usage)
    if excess:
        lines = [f"{what} is over its budget: {excess}", *_lines(meter.top_lines(_TOP_LINES))]
        pytest.fail("\n".join(lines), pytrace=False)


def _lines(top: list[Line]) -> list[str]:
    return [
        f"  {line.usage.allocs:>9,} allocations {line.usage.bytes:>12,} bytes  "
        f"{line.filename}:{line.line}"
        for line in top
    ]
