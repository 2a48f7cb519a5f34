"""The manual's commands do what it says, on a real service."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from heapwise.lab.library import find_case
from heapwise.lab.prepare import prepare
from support.pyservice import free_port

pytestmark = [pytest.mark.go, pytest.mark.load]

DOCS = Path(__file__).parents[2] / "docs"
CASE = find_case("chi-compress")
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
MEASURED = {0, 4}
"""Done; on a busy machine with latencies that are rightly called invalid."""


@pytest.fixture
def service() -> Iterator[int]:
    """The port of a running chi-compress."""
    port = free_port()
    (program,) = prepare(CASE, ["before"], announce=lambda _text: None).starts["before"]
    with subprocess.Popen([program, "-addr", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL) as go:
        try:
            for _ in range(100):
                try:
                    urlopen(f"http://127.0.0.1:{port}/stats").close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            go.kill()


@pytest.mark.parametrize("page", ["tutorial.md", "howto/own-load.md", "howto/enable-go.md"])
def test_a_page_runs_from_top_to_bottom(page: str, service: int, tmp_path: Path) -> None:
    """Each command of a page, in order, in one folder: only place and duration are changed."""
    shutil.copyfile(CASE.directory / "evaluate.json", tmp_path / "evaluate.json")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = 0
    for line in lines(DOCS / page, service):
        done = subprocess.run(
            shlex.split(line), cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode in MEASURED, f"{line}\n{done.stderr}"
        assert done.stdout or "report in" in done.stderr
        ran += 1
    assert ran


def test_a_hint_can_be_pasted(service: int, tmp_path: Path) -> None:
    """From doctor to the page: each command is the one that the last one told to type next."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    body = CASE.directory / "evaluate.json"
    line = (
        f"heapwise doctor 'POST http://127.0.0.1:{service}/api/v1/evaluate' -body {body} "
        "-rate=100 -duration=2s -warmup=1s -H 'Content-Type: application/json'"
    )
    typed = []
    for _ in range(3):
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode in MEASURED, f"{line}\n{done.stderr}"
        typed.append(" ".join(line.split()[:2]))
        following = re.findall(r"^next: (.*)$", done.stderr, re.MULTILINE)
        if not following:
            break
        line = following[-1]
    assert typed == ["heapwise doctor", "heapwise run", "heapwise explain"]


def lines(page: Path, port: int) -> list[str]:
    """The page's heapwise commands, aimed at the service and cut short."""
    text = "\n".join(BLOCK.findall(page.read_text("utf-8"))).replace("\\\n", " ")
    text = re.sub(r"(localhost:8080|127\.0\.0\.1:6060)", f"127.0.0.1:{port}", text)
    text = text.replace(f":{port}/'", f":{port}/stats'")  # this service has no front page
    text = re.sub(r"(-duration[= ])(1m|60s|10s)", r"\g<1>2s", text).replace(
        "-rate=1000", "-rate=100"
    )
    return [line.partition(" | ")[0] for line in text.splitlines() if line.startswith("heapwise ")]
