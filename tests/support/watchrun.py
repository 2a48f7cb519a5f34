"""`heapwise watch` in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Watch:
    """A watcher in a process of its own.

    Attributes:
        store: its directory.
        process: itself.
    """

    def __init__(self, folder: Path, *arguments: str, store: Path | None = None) -> None:
        self.store = store or folder / "store"
        self._errors = (folder / "errors.txt").open("w+")
        self._lines = (folder / "alerts.jsonl").open("w+")
        command = (sys.executable, "-m", "heapwise", "watch", *arguments)
        self.process = subprocess.Popen(
            [*command, "--store", str(self.store), "--json"],
            stdout=self._lines,
            stderr=self._errors,
        )

    def alerts(self) -> list[dict[str, Any]]:
        """What it has told so far, in order."""
        self._lines.seek(0)
        return [json.loads(line)["data"] for line in self._lines if line.endswith("\n")]

    def errors(self) -> str:
        """What it has said on stderr so far."""
        self._errors.seek(0)
        return self._errors.read()

    def wait(self, until: Callable[[], bool], most_s: float = 30.0) -> None:
        """Until something holds."""
        end = time.monotonic() + most_s
        while not until():
            assert self.process.poll() is None, self.errors()
            assert time.monotonic() < end, (self.alerts(), self.errors())
            time.sleep(0.05)

    def stop(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._errors.close()
        self._lines.close()


@contextmanager
def watch(folder: Path, *arguments: str, store: Path | None = None) -> Iterator[Watch]:
    """A watcher that is ended with the block."""
    folder.mkdir(exist_ok=True)
    watching = Watch(folder, *arguments, store=store)
    try:
        yield watching
    finally:
        watching.close()
