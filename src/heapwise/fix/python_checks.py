"""Whether a Python service is still whole: its files compile, and the user's tests pass."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from heapwise.errors import UsageError
from heapwise.fix.checks import Failure, Rest, user_test
from heapwise.fix.place import read


@dataclass(frozen=True, slots=True)
class PythonChecks:
    """Checks of a source directory.

    Attributes:
        root: the source directory, resolved.
        test: the user's command, run there; empty for none.
    """

    root: Path
    test: str = ""

    def prepare(self, files: Iterable[str]) -> None:
        """Refuse source that cannot be compiled as it is.

        Raises:
            UsageError: it cannot.
        """
        if broken := self._broken(files):
            raise UsageError(f"no patch of broken source can be judged: {broken}")

    def failure(self, files: Iterable[str], rest: Rest) -> Failure | None:
        """What is wrong after some files changed; see `heapwise.fix.checks.Checks`."""
        if broken := self._broken(files):
            return Failure("it does not compile", broken)
        return user_test(self.test, self.root, rest) if self.test else None

    def _broken(self, files: Iterable[str]) -> str:
        """The first file that does not compile, and why; empty for none."""
        for path in sorted(files):
            try:
                with warnings.catch_warnings(action="ignore"):
                    compile(read(self.root, path), path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError) as error:
                return f"{path}: {error}"
        return ""
