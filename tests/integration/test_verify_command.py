"""Rounds of real services: a verdict, runs made again, and going on after Ctrl-C."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from heapwise.lab.ports import free_ports
from heapwise.model.recording import Scope
from heapwise.model.verify import Attempt, VerifyState
from heapwise.verify.journal import read_state

pytest.importorskip("heapwise_agent", reason="heapwise_agent is part of heapwise[demo]")

SERVICE = Path(__file__).parents[1] / "data" / "verify" / "service.py"
LOAD = ["-rate", "100", "-duration", "500ms", "-warmup", "200ms"]
ROUNDS = ["--cooldown", "0", "--max-repeats", "0"]


class Bench:
    """Two ports, and the commands that verify rounds on them.

    Attributes:
        folder: to work in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.agent_port = free_ports(2)

    def command(self, *options: str) -> str:
        """What starts the service."""
        ports = ["--port", str(self.port), "--agent-port", str(self.agent_port)]
        return shlex.join([sys.executable, str(SERVICE), *ports, *options])

    def verify(self, base: str, new: str, *options: str) -> list[str]:
        """A verification of two commands."""
        return [
            sys.executable, "-m", "heapwise", "verify", f"http://127.0.0.1:{self.port}/",
            "--service", f"127.0.0.1:{self.agent_port}", *LOAD, *ROUNDS, "--base", base,
            "--new", new, *options,
        ]  # fmt: skip

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=240
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A bench in a folder of its own."""
    return Bench(tmp_path)


def counted(state: VerifyState) -> list[Attempt]:
    """The attempts that were not interrupted."""
    return [attempt for attempt in state.attempts if not attempt.interrupted]


@pytest.mark.load
def test_less_garbage_is_proved(bench: Bench) -> None:
    """Six rounds say better on bytes and the same on what is answered, and leave a notebook."""
    base, new = bench.command("--garbage", "65536"), bench.command("--garbage", "1024")
    done = bench.run(bench.verify(
        base, new, "-o", "less.verify", "--json", "--log", "--hypothesis", "the buffer is it",
        "--predict", "bytes/req -80%",
    ))  # fmt: skip
    assert done.returncode == 0, done.stderr
    verification = json.loads(done.stdout)["data"]
    rows = {row["metric"]: row for row in verification["comparison"]["rows"]}
    assert rows["bytes/work"]["verdict"] == "better"
    assert rows["bytes/work"]["p_adjusted"] < 0.05
    assert rows["bytes/work"]["predicted"] == pytest.approx(-0.8)
    assert rows["response.bytes/work"]["verdict"] == "same"
    order = [each.side for each in counted(read_state(bench.folder / "less.verify"))]
    assert len(order) >= 12
    assert "next: heapwise gate less.verify" in done.stderr

    shown = bench.run([sys.executable, "-m", "heapwise", "log", "--json"])
    (entry,) = json.loads(shown.stdout)["data"]["entries"]
    assert entry["hypothesis"] == "the buffer is it"
    assert entry["directory"] == "less.verify"
    assert "B/req" in entry["result"]
    assert "the buffer is it" in (bench.folder / "heapwise-log.md").read_text()


@pytest.mark.load
def test_a_run_whose_service_died_is_made_again(bench: Bench) -> None:
    """The spoiled run is listed with its reason, and the one made instead counts."""
    crashing = bench.command("--crash-once", str(bench.folder / "crashed"))
    done = bench.run(bench.verify(
        crashing, bench.command(), "--rounds", "2", "-o", "again.verify", "--max-repeats", "1",
        "-duration", "1s",
    ))  # fmt: skip
    assert done.returncode == 4, "two rounds of each decide nothing"
    state = read_state(bench.folder / "again.verify")
    first, second, *_ = [each for each in state.attempts if each.side == "base"]
    assert first.scope is Scope.ALL
    assert "exited with code 3" in "; ".join(first.spoiled)
    assert second.recording == "round-01-base.2.hw"
    assert "round 1 base is made again: " in done.stderr
    assert "Spoiled runs" in done.stdout


@pytest.mark.load
def test_an_interrupted_verification_goes_on_where_it_stopped(bench: Bench) -> None:
    """After Ctrl-C in the second round the first one stays, and --resume makes what is missing."""
    command = bench.verify(
        bench.command(), bench.command("--garbage", "4096"), "--rounds", "2", "-o", "on.verify",
        "--keep", "summary",
    )  # fmt: skip
    directory = bench.folder / "on.verify"
    with subprocess.Popen(
        command, cwd=bench.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        _await_attempts(directory, 2)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert "heapwise verify --resume on.verify" in complaint
    before = [each for each in counted(read_state(directory)) if each.round == 1]

    done = bench.run([sys.executable, "-m", "heapwise", "verify", "--resume", "on.verify"])
    assert done.returncode == 4, done.stderr
    state = read_state(directory)
    assert counted(state)[: len(before)] == before
    assert {(each.round, each.side) for each in counted(state)} == {
        (1, "base"), (1, "new"), (2, "base"), (2, "new"),
    }  # fmt: skip
    assert state.stopped == "all rounds made"
    kept = [each.recording for each in counted(state)]
    assert all((directory / name).with_suffix(".json").is_file() for name in kept)
    assert not any((directory / name).exists() for name in kept)

    again = bench.run([*command, "--quiet"])
    assert again.returncode == 2, "nothing is overwritten without --force"
    assert "on.verify exists already" in again.stderr


@pytest.mark.load
def test_a_recording_is_verified_against_a_change(bench: Bench) -> None:
    """With --like the load, the debug endpoint and the old command come from a recording."""
    run = [
        sys.executable, "-m", "heapwise", "run", f"http://127.0.0.1:{bench.port}/", *LOAD,
        "--service", f"127.0.0.1:{bench.agent_port}", "--exec", bench.command(), "-o", "before.hw",
        "-H", "Authorization: Bearer 5ecret",
    ]  # fmt: skip
    recorded = bench.run(run)
    assert recorded.returncode in (0, 4), recorded.stderr
    verify = [
        sys.executable, "-m", "heapwise", "verify", "--like", "before.hw", "--rounds", "2",
        "--new", bench.command("--garbage", "9000"), "--cooldown", "0",
    ]  # fmt: skip
    refused = bench.run(verify)
    assert refused.returncode == 2
    assert "was kept without its secrets: header Authorization" in refused.stderr
    assert "-H 'Authorization: …'" in refused.stderr
    assert not (bench.folder / "before.verify").exists()

    done = bench.run([*verify, "-H", "Authorization: Bearer 5ecret"])
    assert done.returncode == 4, done.stderr
    directory = bench.folder / "before.verify"
    assert read_state(directory).sides[0].command == bench.command()
    assert "5ecret" not in (directory / "plan.json").read_text()
    assert "5ecret" not in (directory / "verify.json").read_text()


def _await_attempts(directory: Path, count: int) -> None:
    """Wait until so many runs are in the journal."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if (directory / "verify.json").exists():
            state = msgspec.json.decode((directory / "verify.json").read_bytes(), type=VerifyState)
            if len(state.attempts) >= count:
                return
        time.sleep(0.05)
    raise AssertionError(f"no {count} runs in {directory} after two minutes")
