"""What the changes to the lab's gateway are worth where it is driven hard: knee, tail, pauses.

    python benchmarks/labs/gateway.py

Every variant of the lab runs alone, without the agent, beside the service that it asks; generator
and services share the machine, so that only ratios say anything. It takes about five minutes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from table import Row, report  # noqa: E402 - a file beside us

from heapwise.lab.library import find_case  # noqa: E402 - after its neighbour
from heapwise.lab.ports import free_ports  # noqa: E402 - the same
from heapwise.lab.spec import ServiceLab  # noqa: E402 - the same

CASE = find_case("gateway")
assert isinstance(CASE.lab, ServiceLab)
LOAD = CASE.lab.load
LIMIT = "200ms"
"""p99 from which on the gateway answers late, the same for both. A full collection of `before`
alone takes 70 ms and more; with a lower limit chance decides, which has one in a step or not."""

ROUNDS = 3
SECONDS = 6
CLOSED_SECONDS = 3
CONNECTIONS = 16
PATIENCE = 2
"""How often a run is made whose generator was late itself, since others had the machine."""

START_S = 30.0
_LATE = 4
"""The exit code that says so, beside its figures."""

_FAILED = 3
"""That of a lab which does not show what it must."""


class Answered(NamedTuple):
    """What a gateway did under one load.

    Attributes:
        rate: successes per second.
        p99: from the time a request was due, ms.
        collections: of its collector.
        paused: by them together, ms.
        longest: the longest, since the gateway started, ms.
        late: the generator was, every time that it was tried.
    """

    rate: float
    p99: float
    collections: int
    paused: float
    longest: float
    late: bool


class Gateway:
    """One variant that runs, and the service behind it."""

    def __init__(self, port: int) -> None:
        self._origin = f"http://127.0.0.1:{port}"

    def warm(self, rate: int) -> None:
        """Let it fill its caches, and have the first full collection behind it."""
        self._attack(f"-rate={rate}", "-duration=4s")

    def knee(self, start: int) -> float:
        """The highest rate that it holds, per second."""
        for _ in range(PATIENCE):
            _, found = self._attack(f"-rate={start}", "--find-knee", f"--knee-p99={LIMIT}")
            if found["low"] is not None:
                return float(found["low"])
        raise SystemExit(f"no knee: {found['ended']}")

    def closed(self) -> Answered:
        """As fast as it answers, on a few connections."""
        return self._measured("-rate=0", f"--max-connections={CONNECTIONS}",
                              f"-duration={CLOSED_SECONDS}s", "--warmup=1s")  # fmt: skip

    def at(self, rate: float) -> Answered:
        """Under a rate that it does not choose."""
        return self._measured(f"-rate={rate:.0f}", f"-duration={SECONDS}s", "--warmup=2s")

    def _measured(self, *options: str) -> Answered:
        for _ in range(PATIENCE):
            before = self._stats()
            code, found = self._attack(*options)
            after = self._stats()
            if not code:
                break
        total = found["total"]
        if total["succeeded"] != total["sent"]:
            raise SystemExit(f"only {total['succeeded']} of {total['sent']} requests succeeded")
        return Answered(
            rate=total["throughput"],
            p99=total["latency"]["p99"] / 1e6,
            collections=after["num_gc"] - before["num_gc"],
            paused=(after["paused_ns"] - before["paused_ns"]) / 1e6,
            longest=after["longest_ns"] / 1e6,
            late=code == _LATE,
        )

    def _stats(self) -> dict[str, int]:
        with urlopen(f"{self._origin}/stats", timeout=10) as answer:  # noqa: S310 - our own
            found: dict[str, int] = json.load(answer)
        return found

    def _attack(self, *options: str) -> tuple[int, dict[str, Any]]:
        """The exit code, and what was measured."""
        path = LOAD.target.partition(" ")[2]
        headers = [f"-header={header}" for header in LOAD.headers]
        done = subprocess.run(
            [sys.executable, "-m", "heapwise", "attack", *headers, *options, "--json", "--quiet",
             f"{self._origin}{path}"],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if not done.stdout:
            raise SystemExit(f"{' '.join(options)}: {done.stderr.strip()}")
        found: dict[str, Any] = json.loads(done.stdout)["data"]
        return done.returncode, found


@contextmanager
def gateway(variant: str) -> Iterator[Gateway]:
    """A variant of the lab, as `lab.toml` has it, with the service behind it."""
    behind, own = free_ports(2)
    origin = f"http://127.0.0.1:{behind}"
    with (
        program("downstream.py", behind),
        program("service.py", own, "--downstream", origin, *CASE.lab.variants[variant].args),
    ):
        yield Gateway(own)


@contextmanager
def program(script: str, port: int, *arguments: str) -> Iterator[None]:
    """A program of the lab, from when it answers until we need it no longer."""
    command = [sys.executable, "-B", script, "--port", str(port), *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with subprocess.Popen(command, cwd=CASE.directory, env=environment) as process:
        try:
            end = time.monotonic() + START_S
            while not answers(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{script} does not answer at port {port}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def answers(port: int) -> bool:
    """Whether anything but silence comes from a port."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=1):
            return True
    except HTTPError:
        return True  # a 404 is an answer
    except OSError:
        return False


def knees() -> tuple[dict[str, float], list[Row]]:
    """Where `before` and `after` begin to answer late."""
    found = {}
    for variant, start in (("before", 200), ("after", 1000)):
        with gateway(variant) as running:
            running.warm(start)
            found[variant] = running.knee(start)
    method = f"heapwise attack --find-knee --knee-p99={LIMIT}, the highest rate that held each time"
    rows = [Row(f"knee, {name}", rate, "req/s", "", None, method) for name, rate in found.items()]
    ratio = found["after"] / found["before"]
    return found, [*rows, Row("knee, ratio", ratio, "×", ">= 4", ratio >= 4, method)]


def tail(rate: float) -> Iterator[Row]:
    """Latency and collections of both at the rate that `before` just holds."""
    runs: dict[str, list[Answered]] = {"before": [], "after": []}
    for number in range(ROUNDS):
        for variant in sorted(runs, reverse=number % 2 == 0):
            with gateway(variant) as running:
                runs[variant].append(running.at(rate))
    late = sum(run.late for each in runs.values() for run in each)
    method = (
        f"median of {ROUNDS} runs of {SECONDS} s each, in turn, at {rate:.0f}/s, open loop;"
        f" generator late in {late} of all"
    )
    p99 = {name: statistics.median(run.p99 for run in each) for name, each in runs.items()}
    for name, value in p99.items():
        yield Row(f"p99 at equal rate, {name}", value, "ms", "", None, method)
    change = (p99["after"] / p99["before"] - 1) * 100
    yield Row("p99 at equal rate, change", change, "%", "<= -90", change <= -90, method)
    counted = f"gc.callbacks of the gateway itself, sum of {ROUNDS} runs of {SECONDS} s"
    for name, each in runs.items():
        count, paused = sum(run.collections for run in each), sum(run.paused for run in each)
        gone = count == 0 if name == "after" else None
        yield Row(f"collections, {name}", count, "", "" if gone is None else "0", gone, counted)
        yield Row(f"GC pauses together, {name}", paused, "ms", "", None, counted)
        if gone is None:
            longest = max(run.longest for run in each)
            yield Row(f"GC pause, longest, {name}", longest, "ms", "", None, counted)


def ladder() -> Iterator[Row]:
    """What every rung answers when it is asked as fast as it can."""
    method = f"closed loop, {CONNECTIONS} connections, {CLOSED_SECONDS} s, one run each"
    last = 0.0
    for variant in CASE.lab.ladder:
        with gateway(variant) as running:
            rate = running.closed().rate
        yield Row(f"closed loop, {variant}", rate, "req/s", "", None, method)
        if last:
            yield Row(f"closed loop, {variant}, against the rung before", rate / last, "×", "",
                      None, method)  # fmt: skip
        last = rate


def garbage() -> Iterator[Row]:
    """What the lab itself says of every rung, under the agent: its checks, findings and gains."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", "lab", "check", "gateway", "--json", "--quiet"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode not in {0, _FAILED}:
        raise SystemExit(f"heapwise lab check gateway: {done.stderr.strip()}")
    variants = {each["name"]: each for each in json.loads(done.stdout)["data"]["variants"]}
    how = "heapwise lab check gateway: counters for bytes, the lab's own expectations for verdicts"
    missed = sum(not check["passed"] for each in variants.values() for check in each["checks"])
    yield Row("checks of the lab that do not hold", missed, "", "0", not missed, how)
    codes = [finding["code"] for finding in variants["before"]["report"]["findings"][:3]]
    planted = sorted(codes) == ["HW101", "HW902", "HW903"]
    yield Row("the three planted defects are the top three", float(planted), "", "1", planted, how)
    quiet = not variants["after"]["report"]["findings"]
    yield Row("no finding on after", float(quiet), "", "1", quiet, how)
    # Of a client most of the gain is time, and a part of the bytes the event loop's: no goal.
    for code, rung, next_, promised in (
        ("HW902", "shared-session", "typed", True),
        ("HW101", "gzip-1", "kept", True),
        ("HW903", "before", "shared-session", False),
    ):
        report_, then = variants[rung]["report"], variants[next_]["report"]
        (finding,) = (each for each in report_["findings"] if each["code"] == code)
        gone = report_["per_work"]["bytes"] - then["per_work"]["bytes"]
        ratio = finding["gain_bytes_per_work"] / gone
        goal, fits = ("0.7 .. 1.3", 0.7 <= ratio <= 1.3) if promised else ("", None)
        yield Row(f"predicted gain / measured, {code}", ratio, "×", goal, fits, how)


def main() -> None:
    """Print the table and keep it."""
    (HERE / "gateway").mkdir(exist_ok=True)
    found, told = knees()
    report("labs/gateway", [*told, *tail(found["before"]), *ladder(), *garbage()])


if __name__ == "__main__":
    main()
