"""ClickHouse: a server of the system, its engine from PyPI, or SQLite in its place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from importlib import metadata
from pathlib import Path
from xml.sax.saxutils import escape

from heapwise.errors import ToolchainError
from heapwise.lab.components.base import Kind, Provider, Running
from heapwise.lab.components.serving import served
from heapwise.lab.ports import free_ports

_ANSWER_S = 5
_ANSWER_BYTES = 1000
_RELEASE = re.compile(r"[\d.]{1,40}")


class Server:
    """A ``clickhouse`` on PATH, with data and settings of its own; asked over HTTP."""

    kind = Kind.SYSTEM

    def missing(self) -> str:
        """What to install, in a line; empty where it can be started."""
        if _server() is None:
            return "no clickhouse on PATH: apt-get install clickhouse-server"
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Serve a database that lies in the directory.

        Raises:
            ToolchainError: it is not installed, or does not start.
        """
        server = _server()
        if server is None:
            raise ToolchainError("ClickHouse cannot be started", self.missing())
        directory.mkdir(parents=True, exist_ok=True)
        (port,) = free_ports(1)
        settings = directory / "config.xml"
        settings.write_text(_settings(directory, port))
        log = directory / "clickhouse.log"
        words = [*server, f"--config-file={settings}"]
        with served("ClickHouse", words, port, log, ready=lambda: bool(_ask(port, "/ping"))):
            place = f"clickhouse://127.0.0.1:{port}"
            yield Running(place, f"ClickHouse {_release(port)}, {server[0]}", self.kind)


class Chdb:
    """The engine of ClickHouse within the program itself, from PyPI."""

    kind = Kind.PACKAGE

    def missing(self) -> str:
        """What to install, in a line; empty where it can be started."""
        try:
            metadata.version("chdb")
        except metadata.PackageNotFoundError:
            return "chDB is not installed: pip install 'heapwise[labs-clickhouse]'"
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Name a directory: the engine starts where it is used."""
        directory.mkdir(parents=True, exist_ok=True)
        what = f"chDB {metadata.version('chdb')}: ClickHouse within the program"
        yield Running(f"chdb:{directory.absolute()}", what, self.kind)


class Sqlite:
    """The stand-in: a table all the same, with a transaction per statement."""

    kind = Kind.STAND_IN

    def missing(self) -> str:
        """Nothing ever is."""
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Name a file."""
        import sqlite3  # noqa: PLC0415 - only the stand-in needs it

        directory.mkdir(parents=True, exist_ok=True)
        file = directory.absolute() / "alarms.sqlite"
        yield Running(f"sqlite:{file}", f"SQLite {sqlite3.sqlite_version}", self.kind)


PROVIDERS: tuple[Provider, ...] = (Server(), Chdb(), Sqlite())


def _server() -> list[str] | None:
    """The words that start a server: one program has all of ClickHouse, or one is the server."""
    if alone := shutil.which("clickhouse-server"):
        return [alone]
    whole = shutil.which("clickhouse")
    return [whole, "server"] if whole else None


def _settings(directory: Path, port: int) -> str:
    """One port of the loopback, one user without a password, all data in the directory."""
    here = escape(str(directory.absolute()))
    return f"""<clickhouse>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{port}</http_port>
  <path>{here}/data/</path>
  <tmp_path>{here}/scratch/</tmp_path>
  <user_files_path>{here}/files/</user_files_path>
  <format_schema_path>{here}/schemas/</format_schema_path>
  <mark_cache_size>67108864</mark_cache_size>
  <users_config>config.xml</users_config>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users><default>
    <password></password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </default></users>
</clickhouse>
"""


def _ask(port: int, path: str) -> str:
    """The answer to a GET; empty where there is none."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read(_ANSWER_BYTES).decode("ascii", "replace") if answer.status == 200 else ""
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()


def _release(port: int) -> str:
    """As the server tells: not every release has an option for it."""
    told = _ask(port, "/?query=SELECT%20version()").strip()
    return told if _RELEASE.fullmatch(told) else "of unknown release"
