"""Starts the service under test, watches it, and ends it; it never outlives us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from heapwise.errors import RecordingError, ServiceError, ToolchainError
from heapwise.model.memory import ProcessSample
from heapwise.record import procfs
from heapwise.record.command import split_command
from heapwise.runtimes import local
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.registry import SETTINGS
from heapwise.runtimes.wire import Deadline, connect

TRACING = "gctrace=1"
"""Added to GODEBUG of every service that we start."""

GRACE_S = 5.0
"""From the polite signal to the other one."""

_POLL_S = 0.02
_TO_FAIL_S = 2.0
"""A service that finds its port taken says so within this time."""

_TAIL_BYTES = 8192
_TAIL_LINES = 5

# PR_SET_PDEATHSIG would spare this process, but it reaches neither what the command forks (`go
# run`, scripts) nor lets a thread start the service: it fires when that thread ends.
_GUARD = """
import os, signal, sys
sys.stdin.buffer.read()
try:
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
except ProcessLookupError:
    pass
"""


class Service:
    """A service that we started, with everything it forked, in a session of its own.

    Use as a context manager; leaving it ends the service.

    Attributes:
        command: as started, without the assignments in front.
        settings: the variables of its environment that change how it uses memory, whatever its
            runtime may be.
    """

    def __init__(
        self,
        command: tuple[str, ...],
        settings: dict[str, str],
        process: subprocess.Popen[bytes],
        output: Path,
    ) -> None:
        self.command = command
        self.settings = settings
        self._process = process
        self._output = output
        self._guard = _guard(process.pid)

    @classmethod
    def start(
        cls,
        command: str,
        *,
        stderr: Path,
        env_extra: Mapping[str, str] | None = None,
        stdout: int = subprocess.STDOUT,
        inherited: Sequence[int] = (),
    ) -> Service:
        """Start a command without a shell; ``GOGC=50 ./service`` sets a variable, as in one.

        Args:
            command: split as a shell would.
            stderr: file for standard output and standard error; overwritten.
            env_extra: variables on top of our own. ``gctrace=1`` is added to GODEBUG.
            stdout: descriptor for standard output alone, in the place of the file.
            inherited: more descriptors that the program gets.

        Raises:
            UsageError: the command cannot be split, or is empty.
            ToolchainError: the program cannot be run.
            RecordingError: the file cannot be written.
        """
        assigned, words = split_command(command)
        env = {**os.environ, **(env_extra or {}), **assigned}
        env["GODEBUG"] = ",".join(filter(None, [env.get("GODEBUG", ""), TRACING]))
        try:
            output = stderr.open("wb")
        except OSError as error:
            raise RecordingError(f"{stderr} cannot be written", error.strerror or "") from error
        with output:
            try:
                process = subprocess.Popen(
                    words,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output if stdout == subprocess.STDOUT else stdout,
                    stderr=output,
                    start_new_session=True,
                    pass_fds=inherited,
                )
            except (OSError, ValueError) as error:
                raise ToolchainError(
                    f"{words[0]!r} cannot be run",
                    getattr(error, "strerror", None) or str(error),
                    "it is started without a shell; for one, write sh -c '…'",
                ) from error
        known = sorted(frozenset().union(*SETTINGS.values()))
        settings = {name: env[name] for name in known if name in env}
        return cls(tuple(words), settings, process, stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of the command; also the number of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def cgroup_limit(self) -> int:
        """Memory limit, bytes; -1 for none or unknown."""
        return procfs.cgroup_limit(self.pid)

    def alive(self) -> bool:
        """True while the command runs."""
        return self.exit_code is None

    def family(self) -> set[int]:
        """The command, and the processes that it has forked and that live."""
        return {self.pid, *procfs.descendants(self.pid)}

    def await_port(self, endpoint: Endpoint, timeout_s: float = 30.0) -> None:
        """Wait until the service accepts connections at the endpoint.

        Raises:
            ServiceError: the service exited, or the time is up, with its last lines; or somebody
                else has the port.
        """
        end = time.monotonic() + timeout_s
        while not _accepts(endpoint):
            self._must_live(endpoint)
            if time.monotonic() > end:
                raise ServiceError(
                    f"{self.command[0]} does not listen at {endpoint.origin} "
                    f"after {timeout_s:.0f} s",
                    self.last_lines(),
                    "does it listen on the port of the target, or of --service?",
                )
            time.sleep(_POLL_S)
        self.must_own(endpoint)

    def must_own(self, endpoint: Endpoint) -> None:
        """Refuse an endpoint that another process answers, whose figures would pass for ours.

        Raises:
            ServiceError: the process that listens there is neither the command nor a descendant
                of it. Where the system does not tell who listens, nobody is accused.
        """
        pid = local.listener(endpoint)
        if pid is None or pid in self.family():
            return
        if self._gone_within(1.0):  # it mostly dies of the port being taken, and says so itself
            self._must_live(endpoint)
        raise ServiceError(
            f"{endpoint.origin} is served by process {pid}, not by {self.command[0]}",
            hint="end that process, or give the service a port of its own",
        )

    def sample(self, zero_ns: int) -> ProcessSample | None:
        """What the operating system says now of the command and all it forked.

        Args:
            zero_ns: the run's zero on the monotonic clock.

        Returns:
            None once the command has ended.
        """
        return procfs.sample(self.pid, zero_ns) if self.alive() else None

    def stop(self) -> None:
        """Ask the whole group to end, wait `GRACE_S`, then end it. May be called again."""
        for polite_or_not in (signal.SIGTERM, signal.SIGKILL):
            self._signal(polite_or_not)
            if self._gone_within(GRACE_S):
                break
        self._guard.kill()
        self._guard.communicate()

    def _signal(self, number: int) -> bool:
        """Send to the group; False where nobody is left in it."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def _gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.alive() or self._signal(0):
            if time.monotonic() > end:
                return False
            time.sleep(_POLL_S)
        return True

    def _must_live(self, endpoint: Endpoint) -> None:
        if not self.alive():
            raise ServiceError(
                f"{self.command[0]} exited with code {self.exit_code} "
                f"before it listened at {endpoint.origin}",
                self.last_lines(),
            )

    def keep_output(self, path: Path) -> None:
        """Move the file that takes its output; the program goes on writing to it.

        Raises:
            OSError: as renaming does.
        """
        self._output.rename(path)
        self._output = path

    def last_lines(self) -> str:
        """What the program said last, in a line."""
        return last_lines(self._output)


def last_lines(log: Path, most: int = _TAIL_LINES) -> str:
    """What stands at the end of a program's log, in a line; nothing where it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(repr(line[:200])[1:-1] for line in lines[-most:])


def _guard(group: int) -> subprocess.Popen[bytes]:
    """A process that ends the group once our end of its standard input is closed.

    The kernel closes it however we end, be it by SIGKILL.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _GUARD, str(group)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _accepts(endpoint: Endpoint) -> bool:
    try:
        with closing(connect(endpoint, Deadline(1.0))):
            return True
    except OSError:
        return False
