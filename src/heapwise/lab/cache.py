"""Where labs are built and run: in the user's cache, never beside the sources that are shipped.

Profiles name the files that a program was made of. In the cache these are the service's own; in an
installed package they would look like part of a dependency.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.library import Case

SOURCES = "src"
"""Of a place, where its sources lie."""


def cache_root() -> Path:
    """Where they are kept: ``$XDG_CACHE_HOME/heapwise/labs``, by default below ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG_CACHE_HOME has relative paths ignored.
    cache = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return cache / "heapwise" / "labs"


class Place:
    """The directory of one build, named after a hash of everything that decides what comes out.

    Two processes may fill it at once: whatever has its final name is complete.

    Attributes:
        home: the directory.
        sources: of it, with the files of the case.
    """

    def __init__(self, case: Case, suffixes: Iterable[str], parts: Iterable[str]) -> None:
        """Name a place; nothing is written yet.

        Args:
            case: the lab.
            suffixes: of the files that are its sources; ``lab.toml`` and bodies are not.
            parts: what decides beside them: flags, the toolchain's release.
        """
        kinds = set(suffixes)
        self._directory = case.directory
        self._files = sorted(file for file in case.directory.rglob("*") if file.suffix in kinds)
        self.home = cache_root() / case.name / self._key(parts)
        self.sources = self.home / SOURCES

    def copy(self, scratch: Path) -> Path:
        """Copy the sources to where profiles will name them.

        Args:
            scratch: a directory within `home`.
        """
        if self.sources.is_dir():
            return self.sources
        for file in self._files:
            copy = scratch / SOURCES / file.relative_to(self._directory)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        try:
            (scratch / SOURCES).rename(self.sources)
        except OSError:
            if not self.sources.is_dir():  # else another process was first
                raise
        return self.sources

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory in `home` for what is not complete yet.

        Raises:
            ToolchainError: it cannot be written.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.home) as directory:
                yield Path(directory)
        except OSError as error:
            raise ToolchainError(
                f"cannot build in {cache_root()}",
                error.strerror or str(error),
                "set XDG_CACHE_HOME to a directory that can be written",
            ) from None

    def _key(self, parts: Iterable[str]) -> str:
        digest = sha256()
        for part in parts:
            digest.update(part.encode() + b"\0")
        for file in self._files:
            name = file.relative_to(self._directory)
            digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()[:16]
