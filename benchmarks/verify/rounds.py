"""Real rounds of one binary: recorded once, kept as figures, resampled ever after."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from heapwise.lab.library import find_case
from heapwise.lab.prepare import prepare
from heapwise.lab.service_bench import ServiceBench
from heapwise.lab.spec import Scale, ServiceLab
from heapwise.model.metrics import MetricValue

SHAPES = {
    "chi-compress": Scale(rate="300", duration="4s", warmup="1s"),
    "py-compress": Scale(rate="200", duration="4s", warmup="1s"),
}
"""The labs and their load, low enough for the generator to be on time on two cores."""

VARIANT = "before"

Round = dict[str, MetricValue]
"""The figures of one round by metric."""


def kept(folder: Path, lab: str) -> list[Round]:
    """The rounds that were recorded before, none where there are none."""
    file = folder / f"{lab}.json"
    if not file.exists():
        return []
    data = json.loads(file.read_text())
    return [
        {
            metric: MetricValue(metric=metric, value=value, invalid=invalid)
            for metric, (value, invalid) in figures.items()
        }
        for figures in data["rounds"]
    ]


def record(folder: Path, lab: str, count: int) -> list[Round]:
    """Record rounds of a lab's first variant one after another, and keep their figures."""
    case, scale = find_case(lab), SHAPES[lab]
    assert isinstance(case.lab, ServiceLab)
    bench = ServiceBench(case, case.lab, prepare(case, [VARIANT], announce=print), scale, {}, print)
    made: list[Round] = []
    machine = ""
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            path = Path(place) / f"round-{number}.hw"
            report = bench.record(VARIANT, path, force=False, notify=lambda *_: None).report
            machine = report.machine
            made.append({value.metric: value for value in report.metrics})
            spoiled = sum(bool(value.invalid) for value in report.metrics)
            print(f"{lab} round {number + 1} of {count}: {spoiled} figures invalid", flush=True)
    data = {
        "lab": lab,
        "variant": VARIANT,
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "rate": scale.rate,
        "duration": scale.duration,
        "rounds": [
            {metric: (value.value, value.invalid) for metric, value in figures.items()}
            for figures in made
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{lab}.json").write_text(json.dumps(data, indent=1) + "\n")
    return made
