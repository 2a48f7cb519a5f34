"""Go's own programs over a source directory, with the settings that the user builds with."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.fix.programs import SECONDS, Said, run
from heapwise.runtimes.go.toolchain import Go, find_go

_ANALYZER = re.compile(r"^    ([a-z]\w*) +\S", re.MULTILINE)
"""A row of what ``go tool fix help`` lists."""


@dataclass(frozen=True, eq=False)
class GoTools:
    """A toolchain, for one source directory.

    Attributes:
        go: the toolchain.
        seconds: that one of its programs may take.
    """

    go: Go
    seconds: float = SECONDS
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
        command = [str(self.go.path), *arguments]
        return run(command, folder, {**self.env, **(env or {})}, seconds=self.seconds)

    @cached_property
    def analyzers(self) -> frozenset[str]:
        """The names that ``go fix`` knows; none before Go 1.26, where it did other things."""
        said = self.run(Path("/"), "tool", "fix", "help")
        listed = said.out.decode("utf-8", "replace").partition("Registered analyzers:")[2]
        return frozenset(_ANALYZER.findall(listed.partition("\n\nBy default")[0]))

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
