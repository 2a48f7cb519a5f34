"""Ten patterns, one after another, in a service that does other work as well.

The service is tests/data/patterns/go. Under load are the mended endpoints of all patterns below
and, of one, the sick one, each with the same share of the requests. The seeded pattern has to be
among the first three findings. Then, where there is a patch, ``heapwise fix --apply --verify``
applies it to a copy of the source and drives the same load against both builds: what it gains is
held against what was foretold.

Bytes are what is judged. Objects below 16 bytes share blocks, and Go samples a block as one object:
fewer are foretold than go.

    python benchmarks/diagnose/bench.py                 all of them, and the table is kept
    python benchmarks/diagnose/bench.py HW308 HW502     only these, and nothing is kept

The Go toolchain is the first on PATH.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

from heapwise.lab.ports import free_ports
from heapwise.runtimes.go.toolchain import find_go

SOURCE = Path(__file__).parents[2] / "tests" / "data" / "patterns" / "go"
MECHANICAL = ("HW101", "HW308", "HW401", "HW501", "HW705", "HW808")
BY_HAND = ("HW302", "HW601", "HW701", "HW704")
"""What to do instead takes a decision, so these have no patch."""
TEN = (*MECHANICAL, *BY_HAND)
"""One of each family that this service can show without a database and in so short a time:
compression, reading, text, growth, files, calls, encoding, pools, network, concurrency."""
ALSO = ("HW402", "HW403")
"""More of the family of text, whose rewrites are common: what they gain is told as well."""
CODES = (*TEN, *ALSO)
NOWHERE = 99
LOAD = ("-rate", "260", "-duration", "8s", "-warmup", "300ms")
ROUNDS = ("--rounds", "5", "--cooldown", "0s", "--duration", "1500ms")
OFTEN, GOS_OWN = 8 << 10, 512 << 10
"""Bytes between two samples of the heap profile. At Go's own distance, what is foretold would need
nine minutes of load to be as exact."""
LIVE = """package main

// kept is what a service holds while it works: caches, tables, connections.
var kept = make([]byte, 32<<20)
"""
"""With nothing to keep Go collects whenever 4 MiB were made, at every fourth request of an
endpoint. That empties every pool, so that what a patch saves is saved again in pools that it never
touched: HW401 gained 1.45 times what its own lines had cost."""


def main() -> None:
    """Seed, record, diagnose, mend and verify each pattern, and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("codes", nargs="*", metavar="CODE", help="seed these; default: all")
    chosen = arguments.parse_args().codes
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="heapwise-seeded-") as name:
        for code in chosen or CODES:
            for row in seeded(code, Path(name) / code):
                print(f"{row.row:<40} {row.value:>10,.2f} {row.unit}", flush=True)
                rows.append(row)
        if not chosen:
            report("diagnose", [*summary(rows), together(Path(name) / "together"), *rows])


def seeded(code: str, source: Path) -> Iterator[Row]:
    """What becomes of one pattern: its rank, and what its patch gains."""
    paths = [*(f"{each}/after" for each in CODES), f"{code}/before"]
    recording = recorded(source, paths, OFTEN)
    yield ranked(code, source, recording)
    yield from mended(code, source, recording)


def together(source: Path) -> Row:
    """How many of the ten are found while all of them are sick."""
    recording = recorded(source, [f"{code}/before" for code in TEN], GOS_OWN)
    codes = codes_found(source, recording)
    method = (
        f"{' '.join(LOAD)} over the ten sick endpoints at Go's own sampling, then heapwise diagnose"
        f" with the source: {', '.join(codes)}"
    )
    found = len({*codes} & {*TEN})
    return Row("found while all ten are sick", found, f"of {len(TEN)}", "", None, method)


def recorded(source: Path, paths: Sequence[str], distance: int) -> Path:
    """A recording of the service under load at some endpoints.

    Args:
        source: to copy it to, and to build it in.
        paths: of the endpoints.
        distance: mean bytes between two samples of its heap profile.
    """
    shutil.copytree(SOURCE, source)
    (source / "kept.go").write_text(LIVE)
    go = find_go()
    go.build(source, source / "service")
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    targets = source / "targets"
    targets.write_text("".join(f"GET http://{address}/{path}\n\n" for path in paths))
    recording = source / "run.hw"
    heapwise(
        source, "run", "-targets", targets.name, *LOAD, "--service", f"http://{address}",
        "--exec", f"./service -addr {address} -memprofilerate {distance}", "-o", recording.name,
        "-q",
    )  # fmt: skip
    return recording


def codes_found(source: Path, recording: Path) -> list[str]:
    """The codes of all findings, the most worthwhile first."""
    found = heapwise(source, "diagnose", recording.name, ".", "--json")["findings"]
    return [finding["code"] for finding in found]


def ranked(code: str, source: Path, recording: Path) -> Row:
    """Which finding, from 1, the seeded pattern is."""
    codes = codes_found(source, recording)
    rank = codes.index(code) + 1 if code in codes else NOWHERE
    method = (
        f"{' '.join(LOAD)} over {len(CODES) + 1} endpoints, one of them sick: heapwise run, then "
        f"heapwise diagnose with the source: {', '.join(codes)}"
    )
    return Row(f"{code}: rank", rank, "", "<= 3", rank <= 3, method)


def mended(code: str, source: Path, recording: Path) -> Iterator[Row]:
    """Bytes a request that the pattern's patch gains, foretold and measured."""
    result = heapwise(
        source, "fix", recording.name, ".", "--only", code, "--apply", "--verify", "--force",
        *ROUNDS, "--json", "-q",
    )  # fmt: skip
    method = f"heapwise fix --apply --verify {' '.join(ROUNDS)}, the recording's load"
    for proof in result["proofs"]:
        for gain in proof["gains"]:
            goal = gain["metric"] == "bytes/work"
            unit = gain["name"]
            yield from (
                Row(f"{code}: {unit} {what}", gain[what], unit, "", None, method)
                for what in ("before", "predicted", "measured")
                if gain[what] is not None
            )
            if (ratio := gain["ratio"]) is not None:
                yield Row(f"{code}: {unit} measured over predicted", ratio, "",
                          "0.75-1.25" if goal else "", 0.75 <= ratio <= 1.25 if goal else None,
                          f"{method}: {proof['why']}")  # fmt: skip


def summary(rows: list[Row]) -> Iterator[Row]:
    """What the rows come to."""
    method = "the rows below"
    ranks = [row for row in rows if row.row in {f"{code}: rank" for code in TEN}]
    found = sum(bool(row.ok) for row in ranks)
    yield Row("found in the top 3", found, f"of {len(ranks)}", ">= 9", found >= 9, method)
    ratios = {row.row[:5]: row for row in rows if row.goal == "0.75-1.25"}
    kept = sum(bool(row.ok) for row in ratios.values())
    of = len((*MECHANICAL, *ALSO))
    yield Row("gained as foretold", kept, f"of {of}", f"{of}", kept == of, method)


def heapwise(folder: Path, *words: str) -> dict[str, Any]:
    """The data of a command of ours; a verdict is no failure of it, and 4 is about latency here."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", *words],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = "--json" in words
    if not done.stdout if told else done.returncode not in (0, 4):
        raise SystemExit(f"heapwise {' '.join(words)}:\n{done.stdout}{done.stderr}")
    data: dict[str, Any] = json.loads(done.stdout)["data"] if told else {}
    return data


if __name__ == "__main__":
    main()
