"""Ten patterns, one after another, in a service that does other work as well.

The service is tests/data/patterns/go. Under load are the mended endpoints of all ten patterns and,
of one, the sick one: it has to be among the first three findings. Then, where there is a patch,
``heapwise fix --apply --verify`` applies it to a copy of the source and drives the same load
against both builds: what it gains is held against what was foretold.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from table import Row, report

from heapwise.runtimes.go.toolchain import find_go

SOURCE = Path(__file__).parents[2] / "tests" / "data" / "patterns" / "go"
HEAPWISE = str(Path(sys.executable).with_name("heapwise"))
CODES = (
    "HW401", "HW402", "HW403", "HW501", "HW502", "HW302", "HW102", "HW701", "HW705", "HW601",
)  # fmt: skip
RATE, SECONDS = "40", "4s"
METHOD = (
    f"{RATE} requests/s for {SECONDS} over eleven endpoints, heapwise run, then heapwise diagnose "
    "with the source"
)


def main() -> None:
    """Seed, record, diagnose, mend and verify each pattern, and report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = []
        ranks = {}
        for code in CODES:
            source = folder / code
            shutil.copytree(SOURCE, source)
            ranks[code] = rank(code, source)
            rows.append(Row(f"rank of {code}", ranks[code], "", "<= 3", ranks[code] <= 3, METHOD))
            rows += mended(code, source)
        found = sum(rank <= 3 for rank in ranks.values())
        rows.append(Row("found in the top 3", found, "of 10", ">= 9", found >= 9, METHOD))
        report("diagnose", rows)


def rank(code: str, source: Path) -> int:
    """Which finding, from 1, the seeded pattern is; 99 where it is none."""
    find_go().build(source, source / "service")
    with served(source) as origin:
        paths = [f"/{each}/after" for each in CODES] + [f"/{code}/before"]
        targets = "\n\n".join(f"GET {origin}{path}" for path in paths)
        (source / "targets").write_text(targets + "\n")
    recording = source / "run.hw"
    command = f"./service -addr {origin.removeprefix('http://')}"
    heapwise(
        source, "run", "-targets", "targets", "-rate", RATE, "-d", SECONDS, "--service", origin,
        "--exec", command, "-o", str(recording), "-q", codes=(0, 4),
    )  # fmt: skip
    findings = heapwise(source, "diagnose", str(recording), ".", "--json")["data"]["findings"]
    codes = [finding["code"] for finding in findings]
    return codes.index(code) + 1 if code in codes else 99


def mended(code: str, source: Path) -> Iterator[Row]:
    """Measured gain over predicted gain, where there is a patch."""
    result = heapwise(
        source, "fix", "run.hw", ".", "--only", code, "--apply", "--verify", "--force", "--json",
        "-q", codes=(0, 1, 4),
    )  # fmt: skip
    for each in result["data"]["patches"]:
        ratio = each.get("ratio")
        if ratio is not None:
            yield Row(
                f"{code}: measured over predicted gain", ratio, "", "0.75-1.25",
                0.75 <= ratio <= 1.25, "heapwise fix --apply --verify with the recording's load",
            )  # fmt: skip


@contextmanager
def served(source: Path) -> Iterator[str]:
    """A free address of the service."""
    with subprocess.Popen([source / "service"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[1]
        process.kill()
    yield f"http://{address}"


def heapwise(folder: Path, *args: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """Run a command of ours; its JSON, if it prints any."""
    done = subprocess.run(
        [HEAPWISE, *args], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode not in codes:
        raise SystemExit(f"heapwise {' '.join(args)}:\n{done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return found


if __name__ == "__main__":
    main()
