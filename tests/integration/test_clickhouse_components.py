"""ClickHouse of the stream lab, server or within the program: rows once, whatever they hold."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components.base import Kind, Provider
from heapwise.lab.components.clickhouse import PROVIDERS, Server
from support.stream_lab import DIRECTORY

# Text that ends a literal, a statement or a line where it is not escaped.
HOSTILE = ["eu-north", "a'b", "c\\", "d\\'), (1", "e\tf\ng", "h; DROP TABLE alarms", "ü–☃", ""]

# Every region twice by itself, and all of them at once again: by their keys they are the same.
_STORE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from contextlib import closing
from sinks import open_sink
insert = "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
rows = [(2**60 + key, "2023-11-14 22:13:20", 3, region, "pro", 2, 0, 1001, -key)
        for key, region in enumerate(json.loads(sys.argv[3]))]
with closing(open_sink(sys.argv[2])) as sink:
    found = [sink.totals()]
    for row in rows + rows:
        sink.execute(insert, row)
    sink.executemany(insert, rows)
    found.append(sink.totals())
with closing(open_sink(sys.argv[2])) as sink:
    found.append(sink.totals())
    sink.empty()
    found.append(sink.totals())
print(json.dumps(found))
"""


@pytest.fixture(params=PROVIDERS, ids=lambda each: type(each).__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each kind of table that can be had here."""
    provider: Provider = request.param
    if reason := provider.missing():
        pytest.skip(reason)
    with provider.start(tmp_path / "data") as running:
        assert running.kind is provider.kind
        yield running.place


def test_a_row_is_stored_once_whatever_it_holds(place: str) -> None:
    """Hostile text comes back as it was, keys absorb what comes again, and a restart keeps it."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", _STORE, DIRECTORY, place, json.dumps(HOSTILE)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fresh, stored, kept, emptied = json.loads(done.stdout)
    assert stored == kept == {region: [1, -key] for key, region in enumerate(HOSTILE)}
    assert fresh == emptied == {}


def test_the_real_ones_come_first() -> None:
    """A server of the system, then its engine from PyPI, and SQLite where there is neither."""
    assert [each.kind for each in PROVIDERS] == [Kind.SYSTEM, Kind.PACKAGE, Kind.STAND_IN]


def test_a_server_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last words of a server that does not start are in the error."""
    program = tmp_path / "clickhouse"
    program.write_text('#!/bin/sh\necho "cannot $1: no memory"; exit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Server().missing() == ""
    with (
        pytest.raises(ToolchainError, match=r"ClickHouse .*cannot server: no memory"),
        Server().start(tmp_path / "data"),
    ):
        pass
    program.unlink()
    assert "apt-get install clickhouse-server" in Server().missing()
