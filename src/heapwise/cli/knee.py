"""``heapwise load --find-knee``: from which rate on a service answers late."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

from heapwise.analysis.knee import KneeSearch
from heapwise.cli.output import write_data
from heapwise.cli.rates import duration_given
from heapwise.errors import HeapwiseError, Inconclusive, Interrupted, UsageError
from heapwise.load.driver import LoadDriver
from heapwise.load.trials import Trials
from heapwise.model.envelope import envelope
from heapwise.model.knee import Ended, Knee, KneeStep
from heapwise.model.load import ConstantRate, Hits, Plan
from heapwise.record.interrupt import stop_on_signal
from heapwise.report.knee_text import render_knee
from heapwise.units import NS_PER_S, format_rate

Show = Callable[[str, Hits | None], None]

_LENGTH_NS = 2 * NS_PER_S
"""Of a step, where no -duration was given."""

_EXIT_CODES = {
    Ended.FOUND: 0,
    Ended.GENERATOR: Inconclusive.exit_code,
    Ended.OUT_OF_STEPS: Inconclusive.exit_code,
    Ended.NO_RATE_HELD: HeapwiseError.exit_code,
    Ended.INTERRUPTED: Interrupted.exit_code,
}


def search_knee(plan: Plan, p99_limit: int | None, show: Show) -> Knee:
    """Search from the plan's rate upwards.

    Raises:
        UsageError: the plan's rate is not constant.
    """
    if not isinstance(plan.schedule, ConstantRate):
        raise UsageError(
            "--find-knee chooses the rates itself", hint="give it the lowest as -rate, as 50/s"
        )
    length = plan.schedule.duration_ns if duration_given() else _LENGTH_NS
    search = KneeSearch(plan.schedule.rate, p99_limit)
    with (
        stop_on_signal(lambda text: show(text, None)) as stop,
        LoadDriver(plan, zero_ns=time.monotonic_ns()) as driver,
    ):
        trials = Trials(driver, plan, length, stop, show)

        def try_rate(rate: Fraction) -> KneeStep | None:
            step = f"knee: {format_rate(float(rate))}"
            return trials.drive(rate, search.p99_limit, step)

        return search.run(try_rate)


def tell_knee(knee: Knee, *, as_json: bool) -> int:
    """Print it; return the exit code."""
    write_data(envelope(knee) if as_json else render_knee(knee))
    return _EXIT_CODES[knee.ended]
