"""Reads the JSON of pyperf: ``python -m pyperf timeit -o FILE``."""

from __future__ import annotations

from typing import Any

import msgspec

from heapwise.formats.bench_json import config_pairs, decode, one_sample, word
from heapwise.model.bench import Benchmarks, Result

_UNITS = {"second": "sec/op", "byte": "B/op", "integer": "value/op"}

_CONFIG = {
    "python": ("python_implementation", "python_version"),
    "os": ("platform",),
    "cpu": ("cpu_model_name",),
}
"""Configuration keys, and the metadata that each is made of."""


class _Run(msgspec.Struct):
    values: list[float] = []
    metadata: dict[str, Any] = {}


class _Benchmark(msgspec.Struct):
    runs: list[_Run]
    metadata: dict[str, Any] = {}


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    version: str
    metadata: dict[str, Any] = {}


def read_pyperf(data: bytes, source: str) -> Benchmarks:
    """One result a process: the median of its values. Calibration and warm-up are left out.

    Raises:
        ProfileError: it is another format.
    """
    file = decode(data, _File, "file of pyperf", source)
    results, damaged = [], []
    for number, benchmark in enumerate(file.benchmarks, 1):
        for run in benchmark.runs:
            if not run.values:
                continue
            metadata = {**file.metadata, **benchmark.metadata, **run.metadata}
            unit = str(metadata.get("unit", "second"))
            empty = Result(
                name=word(str(metadata.get("name", f"benchmark {number}"))),
                iterations=_count(metadata.get("loops")) * _count(metadata.get("inner_loops")),
                values=(),
                config=config_pairs(
                    {key: _joined(metadata, names) for key, names in _CONFIG.items()}
                ),
                source=source,
                line=number,
            )
            result, remark = one_sample(run.values, empty, _UNITS.get(unit, word(unit)))
            results += [result] if result else []
            damaged += [remark] if remark else []
    return Benchmarks(results=tuple(results), damaged=tuple(damaged))


def _joined(metadata: dict[str, Any], names: tuple[str, ...]) -> str:
    return " ".join(str(metadata[name]) for name in names if name in metadata)


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 1
