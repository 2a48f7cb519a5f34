"""The command line of ``python -m heapwise_agent run``."""

from __future__ import annotations

import os

import pytest

from heapwise_agent.__main__ import main, split
from heapwise_agent.run import BOOTSTRAP, environment, interpreter_options


@pytest.mark.parametrize(
    ("words", "ours", "program"),
    [
        ("run app.py --address x", "run", "app.py --address x"),
        ("run -q --interval 1 app.py -q", "run -q --interval 1", "app.py -q"),
        ("run --oom-dir /x -m uvicorn app:app -m y", "run --oom-dir /x", "-m uvicorn app:app -m y"),
        ("run --interval=1 -- -m", "run --interval=1", "-m"),
        ("run --address 127.0.0.1:0", "run --address 127.0.0.1:0", ""),
        ("run -muvicorn x", "run", "-muvicorn x"),
        ("", "", ""),
    ],
)
def test_our_options_end_where_the_program_begins(words: str, ours: str, program: str) -> None:
    """What stands behind the program's name is the program's, whatever it looks like."""
    assert split(words.split()) == (ours.split(), program.split())


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("python -m heapwise_agent run x", ""),
        ("python -X dev -W error -m heapwise_agent run -m y", "-X dev -W error"),
        ("python -Oum heapwise_agent run x", "-Ou"),
        ("python -bmheapwise_agent run x", "-b"),
        ("/bin/heapwise-agent run -m other", ""),
    ],
)
def test_the_interpreters_own_options_are_kept(command: str, options: str) -> None:
    """``-X dev`` in front of us holds for the program."""
    assert interpreter_options(command.split()) == options.split()


def test_the_bootstrap_stands_first_and_once() -> None:
    """Paths of the user stay behind it, in their order."""
    environ = environment({"PYTHONPATH": f"/a{os.pathsep}{BOOTSTRAP}{os.pathsep}/b", "X": "1"}, {})
    assert environ == {"PYTHONPATH": os.pathsep.join([str(BOOTSTRAP), "/a", "/b"]), "X": "1"}
    again = environment({}, {"INTERVAL": "1"})
    assert again == {"PYTHONPATH": str(BOOTSTRAP), "HEAPWISE_AGENT_INTERVAL": "1"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("run", "run what?"),
        ("run --address 1.94:80 x.py", "not an address"),
        ("run --address :6060 x.py", "no token is set"),
        ("run --interval 512k x.py", "not a number of bytes"),
    ],
)
def test_wrong_command_lines_are_one_line_and_two(
    words: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and what to do, before anything was started."""
    assert main(words.split()) == 2
    err = capsys.readouterr().err
    assert complaint in err
    assert err.count("\n") == 1


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to do is a usage error."""
    assert main([]) == 2
    assert "run" in capsys.readouterr().err
