"""Whether a Go module is still whole: it builds, vet says nothing new, its tests pass."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from heapwise.errors import ToolchainError, UsageError
from heapwise.fix.checks import Failure, Rest, user_test
from heapwise.fix.go_tools import GoTools
from heapwise.fix.programs import Said, first_lines

_PLACE = re.compile(r"^(?:vet: )?(\S+\.go):\d+(?::\d+)?: ", re.MULTILINE)


@dataclass(eq=False)
class GoChecks:
    """Checks of the modules in a source directory.

    Attributes:
        root: the source directory, resolved.
        tools: Go's.
        test: the user's own command instead of ``go test``; empty for that.
    """

    root: Path
    tools: GoTools
    test: str = ""
    _complaints: dict[Path, Counter[str]] = field(default_factory=dict)

    def prepare(self, files: Iterable[str]) -> None:
        """Refuse source that is broken before any patch, and note what vet says of it now.

        Raises:
            ToolchainError: it does not build as it is.
        """
        for module in sorted({self._module(path) for path in files}):
            said = self._build(module)
            if not said.ok:
                raise ToolchainError(
                    f"{module} does not build as it is, so no patch can be judged", said.gist
                )
        for folder in self._folders(files):
            self._complaints[folder] = _complaints(self._vet(folder))

    def failure(self, files: Iterable[str], rest: Rest) -> Failure | None:
        """What is wrong with the source after some of its files changed; None for nothing.

        Args:
            files: that a patch changed.
            rest: takes the patch out for a moment, to tell its failures from earlier ones.
        """
        files = sorted(files)
        for module in sorted({self._module(path) for path in files}):
            said = self._build(module)
            if not said.ok:
                return Failure("it does not build", said.gist)
        for folder in self._folders(files):
            new = _complaints(self._vet(folder)) - self._complaints[folder]
            if new:
                return Failure("go vet complains", first_lines("\n".join(new)))
        return self._tests(files, rest)

    def _tests(self, files: Iterable[str], rest: Rest) -> Failure | None:
        if self.test:
            return user_test(self.test, self.root, rest)
        earlier = None
        for folder, scope in sorted(self._tested(files)):
            said = self._run_tests(folder, scope)
            if said.ok:
                continue
            with rest():
                before = self._run_tests(folder, scope)
            if before.ok:
                return Failure("its tests fail", said.gist)
            earlier = Failure("its tests fail", before.gist, earlier=True)
        return earlier

    def _tested(self, files: Iterable[str]) -> set[tuple[Path, str]]:
        """Folders and patterns: the package of each file, everything for go.mod."""
        return {
            (self._module(path), "./...")
            if path.endswith((".mod", ".sum"))
            else (self._folder(path), ".")
            for path in files
        }

    def _run_tests(self, folder: Path, scope: str) -> Said:
        return self.tools.run(folder, "test", scope)

    def _build(self, module: Path) -> Said:
        # Without -o, a module of one program would leave it lying about.
        return self.tools.run(module, "build", "-o", os.devnull, "./...")

    def _vet(self, folder: Path) -> Said:
        return self.tools.run(folder, "vet", ".")

    def _folders(self, files: Iterable[str]) -> list[Path]:
        return sorted({self._folder(path) for path in files if path.endswith(".go")})

    def _folder(self, path: str) -> Path:
        return self.root / PurePosixPath(path).parent

    def _module(self, path: str) -> Path:
        """The folder of the go.mod that a file is under, which may lie above the directory."""
        folder = self._folder(path)
        for each in (folder, *folder.parents):
            if (each / "go.mod").is_file():
                return each
        raise UsageError(f"{folder} is in no Go module", hint="run `go mod init` there")


def _complaints(said: Said) -> Counter[str]:
    """What vet says, without the lines that a patch moves."""
    rows = said.err.decode("utf-8", "replace").splitlines()
    return Counter(_PLACE.sub(r"\1: ", row) for row in rows if _PLACE.match(row))
