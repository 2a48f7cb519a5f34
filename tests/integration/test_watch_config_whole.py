"""What a configuration says is what `heapwise watch` does, from the command line on."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.goservice import build_and_start
from support.local_http import LocalServer, local_server
from support.pyservice import free_port

CONFIG = """
[watch]
interval = "500ms"
deadline = "400ms"
hour = "1s"

[[service]]
name = "shop"
file_sd = ["*.json"]
metrics_path = "/debug/pprof"
labels = {{ team = "t" }}

[http]
listen = "127.0.0.1:{port}"
token_file = "token"
names = ["watch.example"]

[export.otlp]
url = "{otlp}"
interval = "1s"
"""


def heapwise(*arguments: str | Path) -> list[str]:
    """The command line."""
    return [sys.executable, "-m", "heapwise", *map(str, arguments)]


def write_list(folder: Path, *ports: int) -> None:
    """The list of targets, replaced as a whole."""
    groups = [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
    (folder / "fresh").write_text(json.dumps(groups))
    (folder / "fresh").rename(folder / "targets.json")


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds, thirty seconds at most."""
    end = time.monotonic() + 30
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)
    assert holds()


def instances(server: LocalServer) -> set[str]:
    """Of service shop, that the last message told of."""
    if not server.sent:
        return set()
    found = set()
    for resource in json.loads(server.sent[-1].body)["resourceMetrics"]:
        attributes = {
            each["key"]: each["value"]["stringValue"] for each in resource["resource"]["attributes"]
        }
        if attributes["service.name"] == "shop":
            assert attributes["team"] == "t"
            found.add(attributes["service.instance.id"])
    return found


def status(port: int, host: str, token: str) -> int:
    """What the page answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": host, "Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()


@contextmanager
def watching(config: Path, said: list[str]) -> Iterator[None]:
    """The watcher, until it is told to stop; then what it said, on both streams."""
    with subprocess.Popen(
        heapwise("watch", config), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            said += process.communicate(timeout=20)


@pytest.mark.go
def test_a_watcher_does_what_its_file_says(tmp_path: Path) -> None:
    """Targets follow the list, the page answers to its names and its token, figures are told."""
    (tmp_path / "token").write_text("hunter2hunter2")
    (tmp_path / "token").chmod(0o600)
    port = free_port()
    with local_server() as otlp, build_and_start() as one, build_and_start() as two:
        config = tmp_path / "watch.toml"
        config.write_text(CONFIG.format(port=port, otlp=otlp.url))
        first, second = (f"127.0.0.1:{each.endpoint.port}" for each in (one, two))
        write_list(tmp_path, one.endpoint.port)
        said: list[str] = []
        with watching(config, said):
            until(lambda: instances(otlp) == {first})
            assert status(port, "watch.example", "hunter2hunter2") == 200
            assert status(port, "watch.example", "wrong") == 403
            assert status(port, "evil.example", "hunter2hunter2") == 421
            write_list(tmp_path, one.endpoint.port, two.endpoint.port)
            until(lambda: instances(otlp) == {first, second})
    assert (tmp_path / "heapwise-watch").is_dir()
    assert f"open http://127.0.0.1:{port}/ " in said[1]
    assert "hunter2" not in str(said)


def test_a_file_with_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    """Exit code 2, each mistake with its place, no traceback, and no secret."""
    config = tmp_path / "watch.toml"
    config.write_text(
        '[watch]\nintervals = "5s"\n[[service]]\nname = "a"\ntargets = ["me:hunter2@h:1"]\n'
    )
    done = subprocess.run(
        heapwise("watch", "check", config), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "watch.intervals: no such key; did you mean interval?" in done.stderr
    assert "service[0].targets[0]" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
