"""A PostgreSQL of our own is started, is safe to be near, and never outlives us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components import postgres
from heapwise.lab.components.postgres import PROVIDERS

psycopg = pytest.importorskip("psycopg", reason="psycopg is part of heapwise[labs]")
PROVIDER = next((each for each in PROVIDERS if not each.missing()), None)
if PROVIDER is None:
    pytest.skip(PROVIDERS[0].missing(), allow_module_level=True)

_PARENT = """
import sys, time
from pathlib import Path
from heapwise.lab.components.postgres import PROVIDERS
provider = next(each for each in PROVIDERS if not each.missing())
with provider.start(Path(sys.argv[1])) as running:
    print(running.place, flush=True)
    time.sleep(60)
"""


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def answers(url: str) -> bool:
    """Whether anybody listens where a URL points to."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on a disk that any account may pass through."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def no_data(place: Path) -> bool:
    """Whether no cluster has its data below a directory."""
    return not list(place.glob("heapwise-pg-*")) and not list(place.glob("*/heapwise-pg-*"))


def test_a_cluster_serves_one_user_of_the_loopback_and_is_removed(place: Path) -> None:
    """The whole life: TCP on 127.0.0.1 only, every commit durable, and nothing left behind."""
    assert PROVIDER is not None
    with PROVIDER.start(place / "pg") as running:
        with psycopg.connect(running.place) as connection:
            settings = {
                name: connection.execute(f"SHOW {name}").fetchone()[0]
                for name in (
                    "fsync", "synchronous_commit", "full_page_writes", "server_encoding",
                    "listen_addresses", "unix_socket_directories", "data_directory",
                )
            }  # fmt: skip
            release = connection.info.server_version
        data = Path(settings.pop("data_directory"))
        assert settings == {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "server_encoding": "UTF8",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        assert data.stat().st_mode & 0o077 == 0
        assert not no_data(place)
        assert running.what.startswith(f"PostgreSQL {release // 10000}.{release % 10000}, /")
        assert running.kind is PROVIDER.kind
    assert not data.exists()
    assert not answers(running.place)
    assert no_data(place)


def test_nobody_gets_in_without_the_password(place: Path) -> None:
    """The place names no password; it is in a file that only we can read."""
    assert PROVIDER is not None
    with PROVIDER.start(place / "pg") as running:
        bare, _, query = running.place.partition("?")
        (passfile,) = parse_qs(query)["passfile"]
        assert Path(passfile).stat().st_mode & 0o077 == 0
        assert Path(passfile).read_text().strip().rpartition(":")[2] not in running.place
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"{bare}?passfile=/dev/null")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_us_however_we_end(place: Path, number: signal.Signals) -> None:
    """Ctrl-C and kill -9 of all that belongs to our terminal: no server and no data are left."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(place / "pg")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert answers(url)
        os.killpg(parent.pid, number)
    assert within(15, lambda: not answers(url))
    assert within(15, lambda: no_data(place))


def test_its_data_lie_on_a_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /tmp is memory, a commit would wait for nothing: they are put elsewhere."""
    assert PROVIDER is not None
    if "tmpfs /dev/shm " not in Path("/proc/mounts").read_text():
        pytest.skip("/dev/shm is no memory here")
    monkeypatch.setattr(postgres, "_SHARED", place)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        Path(memory).chmod(0o711)
        with PROVIDER.start(Path(memory)):
            assert not no_data(place)
    assert no_data(place)


def test_it_ends_while_it_works(place: Path) -> None:
    """A statement that runs does not keep the server, nor its data."""
    assert PROVIDER is not None
    with PROVIDER.start(place / "pg") as running:
        connection = psycopg.connect(running.place)
        sent = connection.pgconn
        sent.send_query(b"SELECT pg_sleep(60)")
        sent.flush()
        begin = time.monotonic()
    assert time.monotonic() - begin < 10
    connection.close()
    assert no_data(place)


def test_what_does_not_start_says_why(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own last words are in the error, in one line, and no data stay."""
    assert PROVIDER is not None
    monkeypatch.setattr(postgres, "USER", "pg_lab")  # names that begin so are reserved
    with pytest.raises(ToolchainError) as caught, PROVIDER.start(place / "pg"):
        pass
    assert "pg_lab" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert no_data(place)


def test_a_port_that_is_taken_is_one_clear_line(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should somebody take the port in the moment between, the error says so."""
    assert PROVIDER is not None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(postgres, "free_ports", lambda _: [taken.getsockname()[1]])
        with (
            pytest.raises(ToolchainError, match=r"does not start.*TCP/IP"),
            PROVIDER.start(place / "pg"),
        ):
            pass
