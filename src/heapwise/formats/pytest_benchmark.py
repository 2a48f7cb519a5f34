"""Reads the JSON of pytest-benchmark: ``pytest --benchmark-json=FILE``.

Parameters of a test become ``/key=value`` in its name, so that ``-col /size`` works on them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from heapwise.formats.bench_json import config_pairs, decode, one_sample, word
from heapwise.model.bench import Benchmarks, Result


class _Stats(msgspec.Struct):
    median: float
    rounds: int = 0
    iterations: int = 1


class _Benchmark(msgspec.Struct):
    name: str
    stats: _Stats
    fullname: str = ""
    group: str | None = None
    params: dict[str, Any] | None = None


class _Cpu(msgspec.Struct):
    brand_raw: str = ""


class _Machine(msgspec.Struct):
    system: str = ""
    machine: str = ""
    python_implementation: str = ""
    python_version: str = ""
    cpu: _Cpu = msgspec.field(default_factory=_Cpu)


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    machine_info: _Machine = msgspec.field(default_factory=_Machine)


def read_pytest_benchmark(data: bytes, source: str) -> Benchmarks:
    """One result a benchmark: the median of its rounds, in ``sec/op``.

    Raises:
        ProfileError: it is another format.
    """
    file = decode(data, _File, "file of pytest-benchmark", source)
    machine = file.machine_info
    shared = {
        "python": f"{machine.python_implementation} {machine.python_version}",
        "os": machine.system,
        "arch": machine.machine,
        "cpu": machine.cpu.brand_raw,
    }
    results, damaged = [], []
    for number, benchmark in enumerate(file.benchmarks, 1):
        module = benchmark.fullname.rpartition("::")[0]
        stats = benchmark.stats
        empty = Result(
            name=_name(benchmark),
            iterations=max(stats.rounds, 1) * max(stats.iterations, 1),
            values=(),
            config=config_pairs({**shared, "pkg": module, "group": benchmark.group or ""}),
            source=source,
            line=number,
        )
        result, remark = one_sample([stats.median], empty, "sec/op")
        results += [result] if result else []
        damaged += [remark] if remark else []
    return Benchmarks(results=tuple(results), damaged=tuple(damaged))


def _name(benchmark: _Benchmark) -> str:
    base, bracket, _ = benchmark.name.partition("[")
    if not bracket or not benchmark.params:
        return word(benchmark.name)
    parts = (f"/{word(key)}={word(str(value))}" for key, value in benchmark.params.items())
    return word(base) + "".join(parts)
