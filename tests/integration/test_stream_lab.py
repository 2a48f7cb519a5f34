"""The stream lab: three defects found with their lines, removed one by one, and proved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from heapwise.lab.library import CASES, find_case
from heapwise.lab.spec import JobLab
from support.stream_lab import programs, run

for needed in ("heapwise_agent", "google.protobuf", "chdb"):
    pytest.importorskip(needed, reason=f"the lab needs {needed}")


def test_every_variant_is_one_change_that_its_programs_know() -> None:
    """The arguments of all variants are the programs' own, and a step changes one word or two."""
    lab = find_case("stream").lab
    assert isinstance(lab, JobLab)
    with programs() as modules:
        parser = modules.consumer.arguments()
        told = {}
        for name in lab.ladder:
            words = [*lab.job.args, *lab.variants[name].args]
            if name == "broker":
                words = [word for word in words if word not in {"--logs", "{input}"}]
            told[name] = vars(parser.parse_args(words))
    for below, above in zip(lab.ladder, (*lab.steps, "after"), strict=False):
        changed = {key for key, was in told[below].items() if told[above][key] != was}
        assert len(changed) == 1, (below, above)


def test_a_broker_gets_the_log_as_often_as_it_is_read_over(tmp_path: Path) -> None:
    """Fed by a broker, the consumer deals with as many messages as out of the log itself."""
    with programs() as modules:
        modules.generate.generate(seed=1, count=50, directory=tmp_path / "logs")
    reports = []
    for program, more in (
        ("consumer.py", ["--source", f"file:{tmp_path}/logs"]),
        ("replay.py", ["--source", f"file:{tmp_path}/broker", "--logs", tmp_path / "logs"]),
    ):
        table = f"sqlite:{tmp_path}/{program}"
        done = run(program, *more, "--sink", table, "--rounds", 3, "--seconds", 0, "--drain")
        assert done.returncode == 0, done.stderr
        reports.append(json.loads(done.stdout.splitlines()[-1]))
    assert reports[0]["work"] == reports[1]["work"] == 150
    assert reports[0]["result"] == reports[1]["result"]


@pytest.mark.load
def test_the_stream_lab_shows_what_it_must(tmp_path: Path) -> None:
    """`lab check` at reduced scale: found before, gone step by step, the same table at the end."""
    shipped = sorted(CASES.rglob("*"))
    ladder = ["before", "batches", "typed", "thin", "after"]
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", "lab", "check", "stream", "-o", "out", "--json",
         *(f"--only={name}" for name in ladder)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["data"]
    variants = {variant["name"]: variant for variant in data["variants"]}
    assert list(variants) == ladder
    places = {
        name: {
            finding["code"]: finding["place"] and Path(finding["place"]["file"]).name
            for finding in variants[name]["report"]["findings"][:3]
        }
        for name in ("before", "batches")
    }
    assert places["before"].items() >= {"HW902": "decoders.py", "HW907": "consumer.py"}.items()
    assert places["batches"].items() >= {"HW902": "decoders.py", "HW912": None}.items()
    assert variants["after"]["report"]["findings"] == []
    rows = {row["metric"]: row for row in variants["after"]["comparison"]["rows"]}
    assert rows["bytes/work"]["delta"] <= -0.75
    assert {part.partition(":")[0] for part in data["components"]} == {"broker", "clickhouse"}
    assert sorted(CASES.rglob("*")) == shipped  # nothing is written beside the sources
