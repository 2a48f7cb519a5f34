"""What every remedy gains, on every runtime there is: writes the table that advice is held against.

Go: each ``BenchmarkHWnnn`` of ``go/`` has sub-benchmarks ``before`` and ``after``, perhaps below
the name of a case. Python: each ``python/hwnnn.py`` has ``CASES``, a pair of functions by case.
Rounds of all of them take turns; a figure is the median of its rounds. Bytes and objects hardly
vary, time does, so only ratios of times from one run mean anything.

Written are ``latest.json`` here and the same measurements in the package, as data: a remedy that
gains less than `MIN_GAIN` in bytes, objects and time on a release is not offered there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from heapwise.diagnose.measured import Cost, Measurement
from heapwise.formats.bench_files import Named, read_benchmarks
from heapwise.verify.python_bench import PythonBenchmark, run_python_benchmark

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "src" / "heapwise" / "diagnose" / "measured" / "remedies.json"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = float(os.environ.get("SECONDS_EACH", "0.2"))
ONLY = os.environ.get("ONLY", "")
"""A regular expression of codes; the figures of all others are kept as they are."""

_BENCHMARK = re.compile(r"(HW\d{3})(?:/(\S+?))?/(before|after)(?:-\d+)?$")
_WHAT = re.compile(
    r"^// what: (?P<what>.+)\n(?://.*\n)*func Benchmark(?P<code>HW\d{3})\(", re.MULTILINE
)


class Key(NamedTuple):
    """One side of one remedy on one runtime."""

    code: str
    case: str
    runtime: str
    version: str
    side: str


Samples = dict[Key, list[Cost]]


def main() -> None:
    """Measure everything and write it."""
    samples: Samples = defaultdict(list)
    words: dict[tuple[str, str], str] = {}
    for round_ in range(ROUNDS):
        for toolchain in toolchains():
            for key, cost in go_round(toolchain):
                samples[key].append(cost)
        for key, cost in python_round(words):
            samples[key].append(cost)
        print(f"round {round_ + 1} of {ROUNDS} done", file=sys.stderr)
    words |= {(code, "go"): what for code, what in go_words().items()}
    kept = [each for each in shipped() if ONLY and not re.search(ONLY, each.code)]
    measured = sorted([*kept, *together(samples, words)], key=order)
    text = msgspec.json.format(msgspec.json.encode(measured), indent=1).decode() + "\n"
    SHIPPED.write_text(text)
    (HERE / "latest.json").write_text(text)
    print(table(measured))


def shipped() -> tuple[Measurement, ...]:
    """What the package has now."""
    return msgspec.json.decode(SHIPPED.read_bytes(), type=tuple[Measurement, ...])


def order(each: Measurement) -> tuple[str, str, str, list[int]]:
    """By rule, case, runtime and release."""
    return each.code, each.case, each.runtime, [int(n) for n in re.findall(r"\d+", each.version)]


def toolchains() -> list[Path]:
    """Every ``go`` there is: on PATH, and the one from PyPI."""
    found = [Path(each) for each in {shutil.which("go"), str(Path(sys.executable).parent / "go")}
             if each and Path(each).exists()]  # fmt: skip
    return sorted(found)


def go_words() -> Mapping[str, str]:
    """What each benchmark of Go does, in words, by code."""
    return {
        found["code"]: found["what"]
        for file in sorted(HERE.glob("*/hw*_test.go"))
        for found in _WHAT.finditer(file.read_text())
    }


def go_round(go: Path) -> Iterator[tuple[Key, Cost]]:
    """One round of all Go benchmarks with one toolchain."""
    env = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOWORK": "off"}
    version = subprocess.run(
        [go, "env", "GOVERSION"], env=env, capture_output=True, text=True, check=True
    ).stdout.strip()
    for module in sorted(HERE.glob("*/go.mod")):
        done = subprocess.run(
            [go, "test", "-run", "^$", "-bench", ONLY or ".", "-benchtime", f"{SECONDS}s",
             "-benchmem", "./..."],
            cwd=module.parent, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(f"{module.parent.name} with {version}:\n{done.stdout}{done.stderr}")
        results = read_benchmarks([(Named("go", "go"), done.stdout.encode())]).results
        for result in results:
            if found := _BENCHMARK.match(result.name.removeprefix("Benchmark")):
                units = {value.unit: value.value for value in result.values}
                cost = Cost(units["B/op"], units["allocs/op"], units["sec/op"] * 1e9)
                yield Key(found[1], found[2] or "", "go", version, found[3]), cost


def python_round(words: dict[tuple[str, str], str]) -> Iterator[tuple[Key, Cost]]:
    """One round of all Python benchmarks with this interpreter, each side in its own process."""
    sys.path.insert(0, str(HERE / "python"))
    for file in sorted((HERE / "python").glob("hw*.py")):
        code = file.stem.upper()
        if ONLY and not re.search(ONLY, code):
            continue
        module = __import__(file.stem)
        for case in module.CASES:
            words[code, case] = module.WHAT[case]
            for side in ("before", "after"):
                yield python_side(code, case, side)


def python_side(code: str, case: str, side: str) -> tuple[Key, Cost]:
    """One process."""
    os.environ |= {"REMEDY_CODE": code.lower(), "REMEDY_CASE": case, "REMEDY_SIDE": side}
    benchmark = PythonBenchmark(
        target="side:run", folder=HERE / "python", python=sys.executable, count=1, seconds=SECONDS
    )
    (result,) = run_python_benchmark(benchmark, "python", lambda _: None).results
    units = {value.unit: value.value for value in result.values}
    cost = Cost(units["B/op"], units["allocs/op"], units["sec/op"] * 1e9)
    version = ".".join(map(str, sys.version_info[:3]))
    return Key(code, case, "python", version, side), cost


def together(samples: Samples, words: Mapping[tuple[str, str], str]) -> Iterator[Measurement]:
    """Before and after of each remedy, as medians."""
    for key in sorted(samples):
        if key.side == "before":
            yield Measurement(
                code=key.code,
                case=key.case,
                what=words.get((key.code, "go" if key.runtime == "go" else key.case), ""),
                runtime=key.runtime,
                version=key.version,
                before=middle(samples[key]),
                after=middle(samples[key._replace(side="after")]),
            )


def middle(costs: list[Cost]) -> Cost:
    """The median of each figure, with three digits: more is noise."""
    return Cost(*(rounded(median(column)) for column in zip(*map(astuple, costs), strict=True)))


def astuple(cost: Cost) -> tuple[float, float, float]:
    """The three figures."""
    return cost.bytes, cost.allocs, cost.ns


def rounded(value: float) -> float:
    """A figure with three digits."""
    return float(f"{value:.3g}")


def table(measured: list[Measurement]) -> str:
    """For people: a line each."""
    return "\n".join(
        f"{each.code} {each.case or '-':16} {each.version:10} "
        f"{each.before.bytes:>11,.0f} B {each.before.allocs:>8,.1f} {each.before.ns:>13,.0f} ns   "
        f"{each.after.bytes:>11,.0f} B {each.after.allocs:>8,.1f} {each.after.ns:>13,.0f} ns   "
        f"{'gains' if each.gains else 'GAINS NOTHING'}"
        for each in measured
    )


if __name__ == "__main__":
    main()
