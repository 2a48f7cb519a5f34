"""``heapwise load`` as a user meets it: a filter, a report, exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from heapwise.formats.hits import read_hits
from heapwise.model.load import HitFlag, Outcome
from support.rude_servers import reset, rude_server
from support.targets_server import target_server

HEAPWISE = [sys.executable, "-m", "heapwise"]


def heapwise(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*HEAPWISE, *map(str, arguments)],
        input=stdin, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def total_of(text: str) -> dict[str, Any]:
    """The total of a --json report."""
    total: dict[str, Any] = json.loads(text)["data"]["total"]
    return total


def test_in_a_pipe_targets_go_in_and_hits_come_out(tmp_path: Path) -> None:
    """Targets on stdin with a body file, hits on stdout, the resolved address on stderr."""
    body = tmp_path / "b.json"
    body.write_bytes(b"[1]")
    with target_server() as server:
        done = heapwise(
            "attack", "-rate=100", "-duration=200ms", "-header", "X-All: 1",
            stdin=f"GET {server.url}/a\n\nPOST {server.url}/b\nX: y\n@{body}\n",
        )  # fmt: skip
        last = server.stats().last
    assert done.returncode in (0, 4), done.stderr
    hits, targets = read_hits(done.stdout.encode().splitlines())
    assert len(hits) == 20
    assert [target.method for target in targets] == ["GET", "POST"]
    assert set(hits.outcome.tolist()) == {Outcome.OK}
    assert f"127.0.0.1:{server.port} is 127.0.0.1" in done.stderr
    assert last.endswith("[1]")
    assert "X-All: 1" in last


def test_json_prints_the_report_and_output_takes_the_hits(tmp_path: Path) -> None:
    """Both at once; warm-up hits are in the file and in no figure."""
    out = tmp_path / "hits.ndjson"
    arguments = ["-rate=50", "-duration=200ms", "-warmup=100ms", "--json", "-o", out]
    with target_server() as server:
        done = heapwise("load", server.url, *arguments)
        again = heapwise("load", server.url, *arguments)
    assert total_of(done.stdout)["statuses"] == {"200": 10}
    with out.open("rb") as lines:
        hits, _ = read_hits(lines)
    assert len(hits) == 15
    assert ((hits.flags & HitFlag.WARMUP) > 0).sum() == 5
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_failed_load_exits_1() -> None:
    """When nothing succeeds the report says why, and the exit code says so too."""
    with rude_server(reset) as url:
        done = heapwise("load", url, "-rate=50", "-duration=100ms", "--json")
    assert done.returncode == 1
    assert total_of(done.stdout)["errors"] == {"reset": 5}


def test_bad_input_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """No traceback: what, why, what to do."""
    targets = tmp_path / "targets.txt"
    targets.write_text("GET http://localhost/\nGET http://127.1/\n")
    for arguments, stdin, words in (
        (["http://1.94/"], "", "not a full address: '1.94'"),
        (["-targets", targets], "", "targets.txt:2: not a full address: '127.1'"),
        ([], "", "standard input: no targets"),
        ([], "\udcff", "not UTF-8"),
        (["http://8.8.8.8/"], "", "--allow-remote"),
        (["http://no-such-host.invalid/"], "", "cannot resolve no-such-host.invalid"),
        (["http://localhost/", "-rate=1", "-duration=1ms"], "", "makes 0 requests"),
        (["http://localhost/", "-o", tmp_path / "no" / "dir"], "", "cannot write"),
    ):
        done = subprocess.run(
            [*HEAPWISE, "load", *map(str, arguments)],
            input=stdin.encode(errors="surrogateescape"), capture_output=True, check=False,
            timeout=60,
        )  # fmt: skip
        errors = done.stderr.decode()
        assert (done.returncode, words in errors) == (2, True), errors
        assert "Traceback" not in errors


def test_ctrl_c_once_finishes_and_reports() -> None:
    """The report of what was sent is printed, and the exit code is 130."""
    with target_server() as server:
        process = subprocess.Popen(
            [*HEAPWISE, "load", server.url, "-rate=100", "-duration=60s", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while server.stats().requests < 20:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    total = total_of(out)
    assert 20 <= total["succeeded"] == total["sent"] <= total["scheduled"] < 1000


def test_ctrl_c_twice_quits() -> None:
    """The second one does not wait for hits in flight."""
    with target_server() as server:
        process = subprocess.Popen(
            [*HEAPWISE, "load", server.url, "-rate=100", "-duration=60s", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while server.stats().requests < 20:
            time.sleep(0.05)
        os.kill(server.process.pid, signal.SIGSTOP)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - started < 5
    assert "Traceback" not in errors


def test_on_a_terminal_a_report_is_printed_and_progress_shown() -> None:
    """The table stands on the terminal, after a line of progress that took itself away."""
    with target_server() as server:
        shown = _on_a_terminal("load", server.url, "-rate=50", "-duration=1s")
    assert "load: 0 s of 1 s" in shown
    assert "\r\x1b[K" in shown
    report = shown.rpartition("\x1b[K")[2]
    assert "50 scheduled · 50 sent · 50 succeeded (100.0 %)" in report
    assert "latency" in report
    assert "timestamp" not in report


def _on_a_terminal(*arguments: str) -> str:
    """What a command shows where both its outputs are one terminal."""
    terminal, end = pty.openpty()
    shown = b""
    with subprocess.Popen([*HEAPWISE, *arguments], stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        with suppress(OSError):  # EIO once the command has closed its end
            while data := os.read(terminal, 65536):
                shown += data
        process.wait(30)
    os.close(terminal)
    return shown.decode()


def test_a_warm_up_too_short_for_one_hit_is_none() -> None:
    """`-rate=2 -warmup=100ms` sends the load and no warm-up, as `heapwise run` does."""
    with target_server() as server:
        done = heapwise("load", server.url, "-rate=2", "-duration=500ms", "-warmup=100ms")
    assert done.returncode in (0, 4), done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_load_without_one_success_says_so_in_a_pipe() -> None:
    """Exit code 1 comes with a reason even where only hits are printed."""
    done = heapwise("load", "http://127.0.0.1:1/", "-rate=10", "-duration=200ms")
    assert done.returncode == 1
    assert "none of 2 requests succeeded: 2 × refused" in done.stderr
