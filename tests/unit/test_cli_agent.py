"""``heapwise agent run`` finds the program's interpreter and hands over to it."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from click.testing import CliRunner

from heapwise.cli import agent
from heapwise.cli.agent import command, find_python, require_agent
from heapwise.errors import HeapwiseError, ToolchainError, UsageError


def program(folder: Path, name: str, text: str) -> Path:
    """A program that prints a text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{text}'\n")
    path.chmod(0o755)
    return path


def test_the_named_interpreter_wins(tmp_path: Path) -> None:
    """--python takes a path or a name; one that is missing is an error in words."""
    path = program(tmp_path, "mine", "3 12 1")
    assert find_python(str(path), {"VIRTUAL_ENV": "/elsewhere"}) == str(path)
    with pytest.raises(ToolchainError, match="cannot run /no/python"):
        find_python("/no/python", {})


def test_the_active_environment_comes_before_the_path(tmp_path: Path) -> None:
    """A virtual environment that is gone is passed over."""
    inside = program(tmp_path, "env/bin/python", "")
    on_path = program(tmp_path, "path/python3", "")
    environ = {"VIRTUAL_ENV": str(tmp_path / "env"), "PATH": str(tmp_path / "path")}
    assert find_python(None, environ) == str(inside)
    assert find_python(None, environ | {"VIRTUAL_ENV": "/gone"}) == str(on_path)
    with pytest.raises(ToolchainError, match="no Python was found on PATH"):
        find_python(None, {"PATH": str(tmp_path / "nothing")})


@pytest.mark.parametrize(
    ("text", "said"),
    [("3 10 1", "is Python 3.10"), ("3 12 0", "has no heapwise-agent"), ("hi", "does not work")],
)
def test_an_interpreter_without_the_agent_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Each reason has its own words."""
    with pytest.raises(ToolchainError, match=said):
        require_agent(str(program(tmp_path, "python", text)))


def test_the_pip_line_is_for_that_very_interpreter(tmp_path: Path) -> None:
    """In an empty environment the hint can be pasted into a shell as it is."""
    folder = tmp_path / "an env"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    with pytest.raises(ToolchainError) as refused:
        require_agent(str(python))
    assert refused.value.hint == f"install it: '{python}' -m pip install heapwise-agent"


def test_options_and_program_are_handed_over_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the program's words is read here, whatever they look like."""
    path = program(tmp_path, "python", "3 13 1")
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: seen.append(words))
    words = ["--address", "127.0.0.1:0", "-q", "-m", "app", "--python", "x", "--help", "-rate=1"]
    result = CliRunner().invoke(command, ["run", "--python", str(path), *words])
    assert result.exit_code == 0, result.output
    assert seen == [[str(path), "-m", "heapwise_agent", "run", *words]]


def test_nothing_to_run_is_a_usage_error() -> None:
    """The hint shows a whole command."""
    result = CliRunner().invoke(command, ["run"])
    assert isinstance(result.exception, UsageError)
    assert isinstance(result.exception, HeapwiseError)
    assert "heapwise agent run -m" in result.exception.hint


def test_a_real_program_runs_under_the_agent(tmp_path: Path) -> None:
    """The real interpreter, the real agent: the program finds it started."""
    pytest.importorskip("heapwise_agent", reason="heapwise-agent is not installed here")
    (tmp_path / "script.py").write_text(
        "import heapwise_agent, sys\n"
        "assert heapwise_agent.start('127.0.0.1:1').address.startswith('127.0.0.1:')\n"
        "sys.exit(len(sys.argv))\n"
    )
    code = "from heapwise.cli.agent import command; command()"
    options = ["--python", sys.executable, "--address", "127.0.0.1:0"]
    done = subprocess.run(
        [sys.executable, "-c", code, "run", *options, "script.py", "-x", "y"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("heapwise_agent: http://127.0.0.1:")


def test_the_minimum_is_the_agents_own() -> None:
    """What is checked here is what the agent's distribution asks for."""
    text = (Path(__file__).parents[2] / "agent" / "pyproject.toml").read_text()
    assert f'requires-python = ">={agent.MINIMUM[0]}.{agent.MINIMUM[1]}"' in text
