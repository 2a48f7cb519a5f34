"""An execution trace on its way to the disk, piece by piece, with an end to what it may take."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from heapwise.units import format_size

MAGIC = b"go 1."
"""What every execution trace begins with."""

_KEPT_FREE = 64 << 20
"""Bytes of the disk that a trace leaves to the rest of the recording, or a quarter of what is free
where that is less."""

_LOOK_EVERY = 1 << 20


class TraceFile:
    """A trace being written; what is there after a kill or a full disk can be read.

    Args:
        path: of the recording.
        name: relative to it.
        most: bytes it may take.
    """

    def __init__(self, path: Path, name: str, most: int) -> None:
        self.name = name
        self.size = 0
        self._most = most
        self._path = path / name
        self._folder = path
        self._kept_free = min(_KEPT_FREE, shutil.disk_usage(path).free // 4)
        self._looked_at = -_LOOK_EVERY
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o644)

    def take(self, piece: bytes) -> str:
        """Write a piece, and say why no more is taken; empty to go on."""
        if not self.size and not piece.startswith(MAGIC):
            return "what came is no execution trace"
        room = self._most - self.size
        try:
            self._write(piece[:room])
        except OSError as error:
            os.ftruncate(self._file, self.size)
            return error.strerror or str(error)
        if len(piece) > room:
            return f"it is larger than {format_size(self._most)}; raise --max-trace-size"
        return self._disk_is_full()

    def close(self) -> bool:
        """Let go of it; False where nothing came, and no file is left."""
        os.close(self._file)
        if not self.size:
            self._path.unlink(missing_ok=True)
        return bool(self.size)

    def _write(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            left = left[os.write(self._file, left) :]
        self.size += len(piece)

    def _disk_is_full(self) -> str:
        if self.size - self._looked_at < _LOOK_EVERY:
            return ""
        self._looked_at = self.size
        free = shutil.disk_usage(self._folder).free
        return f"the disk has only {format_size(free)} left" if free < self._kept_free else ""
