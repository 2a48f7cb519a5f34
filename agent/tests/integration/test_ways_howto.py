"""The programs and commands of the how-to do what it says."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import pytest

from agentsupport.services import free_port, get, service, until
from heapwise_agent import config, start

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "profile-python.md"
TEXT = PAGE.read_text()


def section(title: str) -> tuple[str, list[str]]:
    """The program and the words of the command below a heading."""
    body = TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    program = re.search(r"```python\n(# app\.py\n.*?)```", body, re.DOTALL)
    command = re.search(r"```sh\npython (.*)\n```", body)
    assert program
    assert command
    return program[1], shlex.split(command[1])


def prepared(folder: Path, title: str) -> tuple[list[str], int]:
    """Write the program; the command with a port of its own for the pages."""
    program, words = section(title)
    (folder / "app.py").write_text(program)
    port = free_port()
    return [word.replace("8000", str(port)) for word in words], port


@pytest.mark.parametrize(
    ("title", "package", "processes"),
    [("uvicorn", "uvicorn", 3), ("gunicorn", "gunicorn", 3), ("Flask", "flask", 1),
     ("Django", "django", 2)],
)  # fmt: skip
def test_web_servers(tmp_path: Path, title: str, package: str, processes: int) -> None:
    """The page is served, every process is in the view, and the heap profile names the program."""
    pytest.importorskip(package, reason=f"{package} is not installed")
    words, port = prepared(tmp_path, title)
    agent = free_port()
    environ = {"HEAPWISE_AGENT_ADDRESS": f"127.0.0.1:{agent}", "HEAPWISE_AGENT_INTERVAL": "65536"}
    with service(*words, port=agent, cwd=tmp_path, environ=environ) as running:
        until(lambda: get(port, "/"), running)
        until(lambda: len(running.workers()) == processes, running)
        for _ in range(10):
            get(port, "/")
        page = running.get("/debug/pprof/heap?gc=1&debug=1").decode()
        assert re.search(r"/app\.py:\d+", page)


def test_mounted(tmp_path: Path) -> None:
    """With the token the agent's pages are there, beside those of the application; else not."""
    pytest.importorskip("starlette", reason="starlette is not installed")
    pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    words, port = prepared(tmp_path, "As a part of the application")
    environ = {"HEAPWISE_AGENT_TOKEN": "secret", "HEAPWISE_AGENT_INTERVAL": "65536"}
    with service(*words, port=port, cwd=tmp_path, environ=environ) as running:
        assert until(lambda: get(port, "/"), running) == b"hello"
        with pytest.raises(AssertionError, match="401"):
            running.get("/debug/vars")
        headers = {"Authorization": "Bearer secret"}
        page = get(port, "/debug/pprof/heap?gc=1&debug=1", headers=headers)
        assert b"/app.py:" in page


def test_celery(tmp_path: Path) -> None:
    """Rows are counted in the children that do the tasks."""
    pytest.importorskip("celery", reason="celery is not installed")
    words, _ = prepared(tmp_path, "Celery")
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    agent = free_port()
    environ = {"HEAPWISE_AGENT_ADDRESS": f"127.0.0.1:{agent}"}
    with service(*words, port=agent, cwd=tmp_path, environ=environ) as running:
        send = "import app\nfor _ in range(10): app.resize.delay(50)\n"
        with service("-c", send, cwd=tmp_path) as sender:
            assert sender.finish() == 0, sender.output
        until(lambda: running.variables()["heapwise"]["work"] == {"row": 500}, running)
        assert len(running.workers()) == 3


def test_every_setting_is_in_the_table() -> None:
    """Environment and arguments are those of the code."""
    named = set(re.findall(r"`(HEAPWISE_AGENT\w*)`", TEXT))
    assert named == set(re.findall(r"``(HEAPWISE_AGENT\w*)``", config.__doc__ or ""))
    for argument in inspect.signature(start).parameters:
        assert f"`{argument}`" in TEXT
