"""The modules that a Go service is made of: as its executable says, and what is newest of them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from heapwise.errors import ToolchainError
from heapwise.runtimes.go.buildinfo import build_info
from heapwise.runtimes.go.toolchain import Go

_ASK_S = 60
"""For a question to a module proxy on a slow line."""


class BuiltModule(NamedTuple):
    """A module as it was built in.

    Attributes:
        path: of the module, as code imports it.
        version: ``v1.2.3``; ``(devel)`` for what was built from a checkout without a version.
        replaced_by: ``path@version`` of the module, or the directory, that it was built from
            instead; empty for none.
    """

    path: str
    version: str
    replaced_by: str = ""

    @property
    def built_from(self) -> str:
        """``path@version`` of what it really was built from; empty for a directory."""
        if not self.replaced_by:
            return f"{self.path}@{self.version}"
        return self.replaced_by if "@" in self.replaced_by else ""


class _Update(msgspec.Struct, rename="pascal"):
    version: str = ""


class _Listed(msgspec.Struct, rename="pascal"):
    """What we read of an answer of ``go list -m -json``."""

    update: _Update | None = None


def modules_of(executable: Path) -> tuple[BuiltModule, ...]:
    """The dependencies that an executable says it was built from, by path.

    Empty where it is no Go program, cannot be read, or was built without modules. No toolchain is
    needed: this is what ``go version -m`` prints.
    """
    found: list[BuiltModule] = []
    for line in build_info(executable).text.splitlines():
        kind, *words = line.split("\t")
        if kind == "dep" and len(words) >= 2:
            found.append(BuiltModule(words[0], words[1]))
        elif kind == "=>" and words and found:
            by = "@".join(word for word in words[:2] if word)
            found[-1] = found[-1]._replace(replaced_by=by)
    return tuple(sorted(found))


def newest(module: str, version: str, go: Go, *, env: Mapping[str, str] | None = None) -> str:
    """The newest release of a module, of the same major version, for information only.

    The newest is not what anybody should be told to take: whether it has a fix is another matter.

    Args:
        module: its path.
        version: that is in use.
        go: asks the proxies that its environment names.
        env: variables on top of the toolchain's, as GOPROXY.

    Returns:
        A version; empty where the one in use is the newest, or nobody answered.

    Raises:
        ToolchainError: the toolchain cannot be run.
    """
    with tempfile.TemporaryDirectory(prefix="heapwise-") as folder:
        try:
            done = subprocess.run(
                [go.path, "list", "-m", "-u", "-json", f"{module}@{version}"],
                cwd=folder,
                env={**go.env, "GOFLAGS": "-mod=mod", **(env or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ASK_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
        except OSError as error:
            raise ToolchainError(f"{go.path} cannot be run", error.strerror or "") from error
    if done.returncode != 0:
        return ""
    try:
        listed = msgspec.json.decode(done.stdout, type=_Listed)
    except msgspec.DecodeError:
        return ""
    return listed.update.version if listed.update is not None else ""
