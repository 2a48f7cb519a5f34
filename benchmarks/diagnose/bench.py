"""Ten patterns, one after another, in a service that does other work as well.

The service is tests/data/patterns/go. Under load are the mended endpoints of all ten patterns and,
of one, the sick one, each with an eleventh of the requests. The seeded pattern has to be among the
first three findings. Then, where there is a patch, ``heapwise fix --apply --verify`` applies it to
a copy of the source and drives the same load against both builds: what it gains is held against
what was foretold.

    python benchmarks/diagnose/bench.py                 all ten, and the table is kept
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

from heapwise.lab.runner import free_ports
from heapwise.runtimes.go.toolchain import find_go

SOURCE = Path(__file__).parents[2] / "tests" / "data" / "patterns" / "go"
MECHANICAL = ("HW101", "HW401", "HW402", "HW403", "HW501", "HW705")
BY_HAND = ("HW302", "HW601", "HW604", "HW703")
"""What to do instead takes a decision, so these have no patch."""
CODES = (*MECHANICAL, *BY_HAND)
NOWHERE = 99
LOAD = ("-rate", "100", "-duration", "5s", "-warmup", "500ms")
ROUNDS = ("--rounds", "6", "--cooldown", "200ms")


def main() -> None:
    """Seed, record, diagnose, mend and verify each pattern, and report."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("codes", nargs="*", metavar="CODE", help="seed these; default: all ten")
    chosen = arguments.parse_args().codes
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="heapwise-seeded-") as name:
        for code in chosen or CODES:
            for row in seeded(code, Path(name) / code):
                print(f"{row.row:<40} {row.value:>10,.2f} {row.unit}", flush=True)
                rows.append(row)
    if not chosen:
        report("diagnose", [*summary(rows), *rows])


def seeded(code: str, source: Path) -> Iterator[Row]:
    """What becomes of one pattern: its rank, and what its patch gains."""
    shutil.copytree(SOURCE, source)
    recording = recorded(code, source)
    yield ranked(code, source, recording)
    yield from mended(code, source, recording)


def recorded(code: str, source: Path) -> Path:
    """A recording of the service with one sick endpoint beside all the mended ones."""
    go = find_go()
    go.build(source, source / "service")
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    paths = [f"{each}/after" for each in CODES] + [f"{code}/before"]
    targets = source / "targets"
    targets.write_text("".join(f"GET http://{address}/{path}\n\n" for path in paths))
    recording = source / f"{code}.hw"
    heapwise(
        source, "run", "-targets", str(targets), *LOAD, "--service", f"http://{address}",
        "--exec", f"./service -addr {address}", "-o", recording.name, "-q",
    )  # fmt: skip
    return recording


def ranked(code: str, source: Path, recording: Path) -> Row:
    """Which finding, from 1, the seeded pattern is."""
    findings = heapwise(source, "diagnose", recording.name, ".", "--json")["findings"]
    codes = [finding["code"] for finding in findings]
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
    ranks = [row for row in rows if row.row.endswith(": rank")]
    found = sum(bool(row.ok) for row in ranks)
    yield Row("found in the top 3", found, f"of {len(ranks)}", ">= 9", found >= 9, method)
    ratios = {row.row[:5]: row for row in rows if row.goal == "0.75-1.25"}
    kept = sum(bool(row.ok) for row in ratios.values())
    of = len(MECHANICAL)
    yield Row("gained as foretold", kept, f"of {of}", f"{of}", kept == of, method)


def heapwise(folder: Path, *words: str) -> dict[str, Any]:
    """The data of a command of ours; 1 and 4 are verdicts, and not failures of the command."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", *words],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = "--json" in words
    if done.returncode not in (0, 1, 4) or (told and not done.stdout):
        raise SystemExit(f"heapwise {' '.join(words)}:\n{done.stdout}{done.stderr}")
    data: dict[str, Any] = json.loads(done.stdout)["data"] if told else {}
    return data


if __name__ == "__main__":
    main()
