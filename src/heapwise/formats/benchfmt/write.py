"""Writes results in Go's benchmark format, so that benchstat and `heapwise bench` read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.formats.benchfmt.numbers import format_float
from heapwise.model.bench import Result, UnitFact


def write_benchmarks(results: Iterable[Result], units: Sequence[UnitFact] = ()) -> str:
    """The text of a file; configuration is written where it changes."""
    lines = [f"Unit {fact.unit} {fact.key}={fact.value}" for fact in units]
    config: dict[str, str] = {}
    for result in results:
        now = dict(result.config)
        lines += [f"{key}:" for key in config if key not in now]
        lines += [f"{key}: {value}" for key, value in now.items() if config.get(key) != value]
        config = now
        values = " ".join(f"{format_float(value.value)} {value.unit}" for value in result.values)
        lines.append(f"Benchmark{result.name} {result.iterations} {values}")
    return "".join(f"{line}\n" for line in lines)
