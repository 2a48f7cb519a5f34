"""Go's own programs over a source directory, with the settings that the user builds with."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.runtimes.go.toolchain import Go, find_go

_SECONDS = 900
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


@dataclass(frozen=True, eq=False)
class GoTools:
    """A toolchain, for one source directory.

    Attributes:
        go: the toolchain.
    """

    go: Go
    _rewrites: dict[tuple[Path, str], bytes] = field(default_factory=dict)

    @classmethod
    def find(cls) -> GoTools | None:
        """The installed toolchain; None without one."""
        try:
            return cls(find_go())
        except ToolchainError:
            return None

    @cached_property
    def env(self) -> dict[str, str]:
        """The environment: the user's own flags and workspace hold, as they do in his build."""
        kept = {name: os.environ.get(name, "") for name in ("GOFLAGS", "GOWORK")}
        toolchain = os.environ.get("GOTOOLCHAIN", "local")
        return {**self.go.env, **kept, "GOTOOLCHAIN": toolchain, "GO111MODULE": "on"}

    def run(self, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Said:
        """Run ``go`` in a folder.

        Raises:
            ToolchainError: it cannot be run, or does not end.
        """
        return run([str(self.go.path), *arguments], folder, {**self.env, **(env or {})})

    @cached_property
    def analyzers(self) -> frozenset[str]:
        """The names that ``go fix`` knows; none before Go 1.26, where it did other things."""
        said = self.run(Path("/"), "tool", "fix", "help")
        rows = (line.split() for line in said.out.decode("utf-8", "replace").splitlines())
        return frozenset(row[0] for row in rows if len(row) > 1)

    def rewrites(self, folder: Path, analyzer: str) -> bytes:
        """What an analyzer of ``go fix`` would change in the package of a folder, as a diff.

        Empty where the package does not compile; worked out once.
        """
        if (folder, analyzer) not in self._rewrites:
            try:
                said = self.run(folder, "fix", f"-{analyzer}", "-diff", ".").out
            except ToolchainError:
                said = b""
            self._rewrites[folder, analyzer] = said
        return self._rewrites[folder, analyzer]

    @cached_property
    def _gofmt(self) -> Path | None:
        said = self.run(Path("/"), "env", "GOROOT")
        path = Path(said.out.decode("utf-8", "replace").strip()) / "bin" / "gofmt"
        return path if said.ok and path.is_file() else None

    def formatted(self, data: bytes) -> Said | None:
        """What gofmt makes of a file; None where the toolchain has none."""
        if self._gofmt is None:
            return None
        return run([str(self._gofmt)], Path("/"), self.env, given=data)


def run(command: list[str], folder: Path, env: dict[str, str], *, given: bytes = b"") -> Said:
    """Run a program to its end and keep the beginning of what it says.

    Raises:
        ToolchainError: it cannot be run, or does not end.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            done = subprocess.run(
                command, cwd=folder, env=env, input=given, stdout=out, stderr=err,
                timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ToolchainError(
                f"{' '.join(command[:2])} took more than {_SECONDS // 60} minutes"
            ) from None
        except OSError as error:
            raise ToolchainError(
                f"{command[0]!r} cannot be run", error.strerror or str(error)
            ) from None
        out.seek(0)
        err.seek(0)
        return Said(done.returncode == 0, out.read(_MOST), err.read(_MOST))


def first_lines(text: str) -> str:
    """The first lines of a program's words as one."""
    return "; ".join(_telling(text)[:_LINES])


def _telling(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line[:_LONGEST] for line in lines if line and not line.startswith(_SAYS_NOTHING)]
