"""Sealing days beside a watcher: reading a day of profiles must not hold up its scrapes.

It is a process of its own, of low priority, because decoding holds Python's lock and sorting takes
memory that the watcher shall not need.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from heapwise.errors import HeapwiseError
from heapwise.units import NS_PER_S
from heapwise.watch.store.archive.days import seal_days
from heapwise.watch.store.reads import StoreView

_EVERY_NS = 3600 * NS_PER_S
_STOP_S = 5.0
_NICE = 10


class Sealer:
    """Has days sealed that are over, looking once an hour.

    Args:
        store: directory of the store.
        archive: where files go.
        tell: takes what an operator has to know.
    """

    def __init__(self, store: Path, archive: Path, tell: Callable[[str], None]) -> None:
        self._command = [sys.executable, "-m", __name__, str(store), str(archive)]
        self._tell = tell
        self._due_ns = 0
        self._process: subprocess.Popen[str] | None = None

    def step(self, now_ns: int) -> None:
        """Begin where it is time to, and hear how it went; never waits."""
        if self._process is not None:
            if self._process.poll() is not None:
                self._ended(self._process)
        elif now_ns >= self._due_ns:
            self._due_ns = now_ns + _EVERY_NS
            self._begin(now_ns)

    def _begin(self, now_ns: int) -> None:
        try:
            self._process = subprocess.Popen(
                [*self._command, str(now_ns)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True, errors="replace",
            )  # fmt: skip
        except OSError as error:  # no memory for it, or Python was upgraded meanwhile
            self._tell(f"no day is sealed: {self._command[0]}: {error.strerror}")

    def _ended(self, process: subprocess.Popen[str]) -> None:
        self._process = None
        assert process.stderr is not None  # noqa: S101 - it is piped
        with process.stderr as said:
            words = said.read(2000).strip().splitlines()
        if process.returncode:
            why = words[-1] if words else f"it ended with {process.returncode}"
            self._tell(f"a day is not sealed: {why}")

    def close(self) -> None:
        """End it: what is half done is done again another time."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stderr is not None  # noqa: S101 - it is piped
        self._process.stderr.close()
        self._process = None


def main(store: str, archive: str, now_ns: str) -> int:
    """Seal what is over; the exit code says whether that went well."""
    os.nice(_NICE)
    try:
        with StoreView.open(Path(store)) as view:
            seal_days(view, Path(archive), int(now_ns))
    except HeapwiseError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
