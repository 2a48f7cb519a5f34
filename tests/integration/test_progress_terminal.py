"""The progress of a real load as a terminal gets it, at widths from 40 to 200 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress

import pytest

from support.rude_servers import rude_server, stall
from support.targets_server import target_server

HEAPWISE = (sys.executable, "-m", "heapwise")
FIGURE = re.compile(r"load: \d s of 2 s · [\d,]+/s")


def progress_of(columns: int, *arguments: str) -> list[str]:
    """What a load wrote over its line, one text a time, until it took the line away."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    shown = b""
    with subprocess.Popen(
        [*HEAPWISE, "load", *arguments], stdin=end, stdout=end, stderr=end, env=environment
    ) as process:
        os.close(end)
        with suppress(OSError):  # EIO once the command has closed its end
            while data := os.read(terminal, 65536):
                shown += data
        process.wait(30)
    os.close(terminal)
    before, clear, _ = shown.decode().partition("\r\x1b[K")
    assert clear
    _, *lines = before.split("\r")
    return [line.removeprefix("\n").removesuffix("\x1b[K") for line in lines if "\x1b" in line]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_line_fits_the_terminal(columns: int) -> None:
    """It never fills the last column, so that nothing scrolls, and has no newline in it."""
    with target_server() as server:
        lines = progress_of(columns, server.url, "-rate=200", "-duration=2s")
    assert 5 <= len(lines) <= 14
    assert max(map(len, lines)) < columns
    assert not any("\n" in line for line in lines)
    assert all(FIGURE.match(line) for line in lines[1:])
    assert ("p99" in lines[-1], "sent" in lines[-1]) == (columns > 40, columns > 40)


def test_a_service_that_hangs_is_seen_to_hang() -> None:
    """The rate is zero and what is in flight grows, while nothing at all comes back."""
    with rude_server(stall) as url:
        lines = progress_of(100, url, "-rate=100", "-duration=2s", "-timeout=1s")
    assert "0/s" in lines[1]
    assert any("failed" in line for line in lines)


def test_nothing_of_it_is_in_a_pipe() -> None:
    """Neither on standard output nor on standard error."""
    with target_server() as server:
        done = subprocess.run(
            [*HEAPWISE, "load", server.url, "-rate=100", "-duration=500ms", "--json"],
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
    assert b"\r" not in done.stdout + done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
