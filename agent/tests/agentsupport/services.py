"""Real programs under the agent, each with a runtime directory of its own, and their clients."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

ANNOUNCED = re.compile(r"heapwise_agent: http://127\.0\.0\.1:(\d+)/debug/pprof/")
PATIENCE_S = 30.0

T = TypeVar("T")


class Service:
    """A program, and the port where its agent answers."""

    def __init__(self, process: subprocess.Popen[str], runtime: Path, port: int) -> None:
        self.process = process
        self.runtime = runtime
        self.port = port
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """What it has printed so far, on both streams."""
        return "".join(self._lines)

    def announced(self) -> int:
        """Wait until it says where its agent answers."""
        found = until(lambda: ANNOUNCED.search(self.output), self)
        self.port = int(found[1])
        return self.port

    def get(self, path: str, *, timeout: float = 20) -> bytes:
        """The body of a page of the agent."""
        return get(self.port, path, timeout=timeout)

    def variables(self) -> dict[str, Any]:
        """``/debug/vars``."""
        found: dict[str, Any] = json.loads(self.get("/debug/vars"))
        return found

    def workers(self) -> dict[int, dict[str, Any]]:
        """The processes behind the endpoint, by their ids."""
        return {each["pid"]: each for each in self.variables()["heapwise"]["workers"]}

    def finish(self, seconds: float = PATIENCE_S) -> int:
        """Wait for its end."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:  # not extend, which would wait for the last line
            self._lines.append(line)


@contextmanager
def service(
    *arguments: str,
    port: int = 0,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Run this interpreter with these arguments, in a process group of its own."""
    with TemporaryDirectory(dir="/tmp", prefix="hw-") as runtime:
        inherited = {name: text for name, text in os.environ.items() if "HEAPWISE" not in name}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd or runtime,
            env={**inherited, "XDG_RUNTIME_DIR": runtime, "PYTHONUNBUFFERED": "1",
                 **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        running = Service(process, Path(runtime), port)
        try:
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            running.finish()
            if process.stdout:
                process.stdout.close()


def run(*options: str) -> list[str]:
    """The arguments that put a program under the agent on a free port."""
    return ["-m", "heapwise_agent", "run", "--address", "127.0.0.1:0", *options]


def get(
    port: int, path: str, *, timeout: float = 20, headers: Mapping[str, str] | None = None
) -> bytes:
    """The body of a page on loopback.

    Raises:
        OSError: nobody listens.
        AssertionError: the answer is an error.
    """
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body)
        return body


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(condition: Callable[[], T | None], running: Service, seconds: float = PATIENCE_S) -> T:
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            found = condition()
            if found:
                return found
        time.sleep(0.05)
    raise AssertionError(f"it did not happen in {seconds} s; the program said: {running.output}")
