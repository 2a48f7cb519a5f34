"""Programs that patches are made and judged by, run to their end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from heapwise.errors import ToolchainError

SECONDS = 900.0
"""A cold build with its modules, or a package's tests, on a slow machine."""

_MOST = 32 << 20
_LINES, _LONGEST = 4, 200
_SAYS_NOTHING = ("# ", "--- ", "=== ", "FAIL", "ok ", "PASS")


@dataclass(frozen=True, slots=True)
class Said:
    """What a program said, and whether it was content.

    Attributes:
        out: its standard output.
        err: its standard error.
    """

    ok: bool
    out: bytes
    err: bytes

    @property
    def gist(self) -> str:
        """The first lines that tell anything; compilers and go test begin with the cause."""
        return first_lines(self._text)

    @property
    def ending(self) -> str:
        """The last lines that tell anything: a traceback's error, a test runner's summary."""
        return "; ".join(_telling(self._text)[-_LINES:])

    @property
    def _text(self) -> str:
        return (self.err + b"\n" + self.out).decode("utf-8", "replace")


def run(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    *,
    given: bytes = b"",
    seconds: float = SECONDS,
) -> Said:
    """Run a program to its end and keep the beginning of what it says.

    It has a process group of its own: what it started ends with it, and Ctrl-C reaches heapwise
    alone, which then knows what to undo.

    Args:
        command: the program and its arguments.
        folder: to run it in.
        env: the whole environment.
        given: to its standard input.
        seconds: that it may take.

    Raises:
        ToolchainError: it cannot be run, or does not end.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise ToolchainError(
                f"{command[0]!r} cannot be run", error.strerror or str(error)
            ) from None
        try:
            process.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ToolchainError(
                f"{' '.join(command[:2])} did not end within {seconds:g} seconds"
            ) from None
        finally:
            _end(process)
        out.seek(0)
        err.seek(0)
        return Said(process.returncode == 0, out.read(_MOST), err.read(_MOST))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that has not ended, and all that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def first_lines(text: str) -> str:
    """The first lines of a program's words as one."""
    return "; ".join(_telling(text)[:_LINES])


def _telling(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line[:_LONGEST] for line in lines if line and not line.startswith(_SAYS_NOTHING)]
