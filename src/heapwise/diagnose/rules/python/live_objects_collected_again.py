"""The collector walks through objects that stay, again and again.

What it finds:
    A service of Python whose collector takes at least a tenth of its CPU time. The rate of
    garbage is another diagnosis: what nothing refers to any more is freed at once, without the
    collector, and a service that frees all it makes never collects, however much that is.

Why it allocates:
    A collection begins when so many more containers (dicts, lists, objects) were made than freed:
    batches that are kept for a while do that. It walks through its generation to find cycles, and
    the oldest holds all that stays: with 400,000 dicts one walk stops every thread for 57 to
    94 ms. Numbers, strings and tuples of them are not walked through.

Example:
    ```python
    users = load_users()  # stays
    serve(users)
    ```

Use instead:
    ```python
    users = load_users()
    gc.collect()
    gc.freeze()  # what is there now is never walked through again
    gc.set_threshold(50_000, 20, 100)
    serve(users)
    ```

    As an experiment: one change at a time, under the same load, with the largest pause, p99.9 and
    memory compared. Cycles live longer with higher thresholds, and what is frozen is never found
    to be garbage. msgspec.Struct with ``gc=False`` is not walked through at all, where no cycles
    are made of it.

When it does not help:
    What stays is made while the service runs and not before; batches are so large that every
    threshold is met; or the time goes into making objects, which these settings do not change.

Measured:
    CPython 3.11 to 3.13, 400,000 live dicts, batches of 10,000: the run takes 175 to 254 ms, with
    freeze 80 to 109 ms and pauses of 1 ms, with the thresholds 46 to 74 ms and no collection in
    it. A consumer with 800,000 live objects went from 143,000 to 173,000 messages/s with freeze
    and 164,000 with thresholds, its largest pause from 89 to 7 ms and to none in that run.
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.diagnose.case import Case
from heapwise.diagnose.measured import nearest
from heapwise.model.finding import Confidence, Finding
from heapwise.units import format_share, format_size

CODE = "HW912"
NAME = "live-objects-collected-again"
HOLDS_FOR = "CPython 3.11 to 3.13, state that is loaded before the service answers"
REFERENCES = ("https://docs.python.org/3/library/gc.html#gc.freeze",)

_MIN_SHARE = 0.1
"""Of the CPU time: below that the settings change less than runs differ."""


def find(case: Case) -> Iterable[Finding]:
    """One finding for the process, whatever its code."""
    if case.runtime != "python" or case.gc_share is None or case.gc_share < _MIN_SHARE:
        return
    measured = nearest(CODE, "", case.runtime, case.version)
    offered = measured is None or measured.gains
    live = sum(case.live.values())
    share = format_share(case.gc_share)
    yield Finding(
        code=CODE,
        rule=NAME,
        title=f"The collector takes {share} of the CPU time to walk through live objects",
        where="the service's collector",
        module="",
        evidence=None,
        why=f"Objects that are kept for a while start collections, and each walks through what"
        f" stays; {format_size(live)} were live at the end. What is freed at once starts none.",
        remedy="Try gc.freeze() after what stays is loaded, then gc.set_threshold(50_000, 20, 100):"
        " one at a time, under the same load, and compare the largest pause, p99.9 and memory."
        if offered
        else "",
        gain_bytes_per_work=None,
        gain_allocs_per_work=None,
        holds_for=HOLDS_FOR,
        references=REFERENCES,
        confidence=Confidence.MEDIUM,
        withheld=measured.withheld if measured is not None else "",
    )
