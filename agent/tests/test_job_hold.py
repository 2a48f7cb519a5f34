"""A program under ``heapwise job`` is held at its first and at its last moment."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import heapwise_agent

BOOTSTRAP = Path(heapwise_agent.__file__).parent / "bootstrap"


def under_agent(hold: str) -> dict[str, str]:
    """The environment of a program that starts the agent, and what HEAPWISE_JOB is there."""
    return {
        **os.environ,
        "PYTHONPATH": str(BOOTSTRAP),
        "HEAPWISE_AGENT_ADDRESS": "127.0.0.1:0",
        "HEAPWISE_JOB": hold,
    }


@contextmanager
def held(source: str) -> Iterator[tuple[socket.socket, subprocess.Popen[str]]]:
    """A program with one end of a socket; the other end, and the program."""
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with (
        ours,
        subprocess.Popen(
            [sys.executable, "-c", source],
            env=under_agent(str(theirs.fileno())),
            pass_fds=(theirs.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as program,
    ):
        theirs.close()
        try:
            yield ours, program
        finally:
            program.kill()


def heard(connection: socket.socket) -> str:
    """The next line of the program; empty once it is gone."""
    return connection.makefile().readline()


def test_it_waits_before_its_first_line_and_after_its_last() -> None:
    """``ready`` with an address that answers, ``go``, ``done``; then it waits to be let go."""
    with held("print('worked')") as (connection, program):
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", heard(connection))
        assert ready
        assert b"memstats" in urlopen(f"{ready[1]}/debug/vars", timeout=10).read()
        connection.sendall(b"go\n")
        assert heard(connection) == "done\n"
        answer = urlopen(f"{ready[1]}/debug/pprof/heap?gc=1", timeout=10).read()
        assert answer.startswith(b"\x1f\x8b")
        assert program.poll() is None
        connection.close()
        assert program.communicate(timeout=20)[0] == "worked\n"


def test_many_can_ask_an_interpreter_that_is_ending() -> None:
    """It can start no thread any more; those that answer were started before."""
    with held("pass") as (connection, _):
        url = heard(connection).split()[1]
        connection.sendall(b"go\n")
        assert heard(connection) == "done\n"
        for _ in range(20):
            assert urlopen(f"{url}/debug/vars", timeout=10).status == 200


def test_what_the_program_does_at_its_exit_comes_before_done() -> None:
    """Buffers that are flushed by `atexit` are part of the work."""
    source = "import atexit; atexit.register(print, 'flushed', flush=True)"
    with held(source) as (connection, program):
        heard(connection)
        connection.sendall(b"go\n")
        assert program.stdout
        assert program.stdout.readline() == "flushed\n"
        assert heard(connection) == "done\n"


def test_a_program_goes_on_when_nobody_holds_it_any_more() -> None:
    """A closed socket is leave to begin, and to end."""
    with held("print('worked')") as (connection, program):
        heard(connection)
        connection.close()
        assert program.communicate(timeout=20)[0] == "worked\n"


def test_children_are_not_held() -> None:
    """A forked child has no part in it, and one that runs another program knows nothing of it."""
    source = (
        "import os, subprocess, sys\n"
        "child = os.fork()\n"
        "if not child: sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
        "print(subprocess.run([sys.executable, '-c', 'import os; print(\"HEAPWISE_JOB\""
        " in os.environ)'], stdout=subprocess.PIPE, text=True).stdout)"
    )
    with held(source) as (connection, program):
        heard(connection)
        connection.sendall(b"go\n")
        assert heard(connection) == "done\n"
        connection.close()
        assert program.communicate(timeout=20)[0].split() == ["False"]


def test_a_number_that_is_no_socket_is_ignored() -> None:
    """The variable comes from outside."""
    for text in ("0", "nonsense", "99999", "-1", ""):
        done = subprocess.run(
            [sys.executable, "-c", "print('worked')"],
            env=under_agent(text),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert done.stdout == "worked\n"
