"""A module proxy in a folder, with tiny modules: what ``go get`` finds where it asks."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from heapwise.runtimes.go.toolchain import find_go


class GoProxy:
    """The proxy.

    Args:
        folder: to make it in, and a module cache beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "proxy"
        self.env = {
            **find_go().env,
            "GOPROXY": self._folder.as_uri(),
            "GOSUMDB": "off",
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOMODCACHE": str(folder / "modcache"),
        }

    def add(
        self, module: str, version: str, files: Mapping[str, str], *, time: str = "2019-01-01"
    ) -> None:
        """Release a version; a pseudo-version is known, and in no list."""
        where = self._folder / module / "@v"
        where.mkdir(parents=True, exist_ok=True)
        if not version.partition("-")[2]:
            with (where / "list").open("a") as listed:
                listed.write(f"{version}\n")
        info = {"Version": version, "Time": f"{time}T00:00:00Z"}
        mod = f"module {module}\n"
        (where / f"{version}.info").write_text(json.dumps(info))
        (where / f"{version}.mod").write_text(mod)
        with zipfile.ZipFile(where / f"{version}.zip", "w") as packed:
            for name, content in {"go.mod": mod, **files}.items():
                packed.writestr(f"{module}@{version}/{name}", content)

    def go(self, directory: Path, *arguments: str) -> str:
        """Run ``go`` with this proxy and no other."""
        done = subprocess.run(
            [find_go().path, *arguments],
            cwd=directory, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout
