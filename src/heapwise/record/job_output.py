"""What a job prints: kept, and passed on."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Self

KEPT_BYTES = 64 << 20
"""Of the output that is kept; all of it is passed on."""


class Output:
    """Takes a program's standard output over; use as a context manager around the program.

    Args:
        file: keeps it.
        echo: also print it, on standard error: standard output is for the report.
    """

    def __init__(self, file: Path, *, echo: bool) -> None:
        self._file = file
        self._echo = echo
        self._reads, self.writes = os.pipe()
        self._thread = threading.Thread(target=self._copy, name="heapwise-job-output", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.handed_over()
        self._thread.join(timeout=1)  # somebody whom the program left behind may still hold it

    def handed_over(self) -> None:
        """Forget our own end, once the program has it."""
        if self.writes >= 0:
            os.close(self.writes)
            self.writes = -1

    def _copy(self) -> None:
        left = KEPT_BYTES
        with open(self._reads, "rb", buffering=0) as source, self._file.open("wb", 0) as file:  # noqa: PTH123 - a descriptor
            while data := source.read(1 << 16):
                file.write(data[:left])
                left -= len(data[:left])
                if self._echo:
                    sys.stderr.buffer.write(data)
                    sys.stderr.buffer.flush()
