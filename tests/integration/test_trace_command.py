"""``heapwise trace`` as a user meets it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from heapwise.cli.main import app
from heapwise.errors import HeapwiseError, RecordingError, ServiceError, UsageError
from heapwise.model.envelope import schema
from heapwise.model.recording import Capture
from heapwise.record.writer import RecordingWriter
from support.goservice import build_and_start
from support.recordings import make_recording, manifest
from support.traceevents import check_events

TRACES = Path(__file__).parent.parent / "data" / "exectrace"
VERSION = "go1.25.5"
COUNTS: dict[str, int] = json.loads((TRACES / f"{VERSION}.json").read_text())
ASSISTS, COLLECTIONS = COUNTS["end GC mark assist"], COUNTS["end GC concurrent mark phase"]


def heapwise(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ``heapwise trace`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", "trace", *map(str, arguments)],
        input=stdin, capture_output=True, check=False, timeout=120,
    )  # fmt: skip


def invoke(*arguments: str | Path) -> Result:
    """The same in this process, which is quicker."""
    return CliRunner().invoke(app, ["trace", *map(str, arguments)])


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A real trace of Go 1.25."""
    path = tmp_path / "trace.out"
    with gzip.open(TRACES / f"{VERSION}.trace.gz") as packed, path.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return path


def test_a_file_is_summed_up_and_the_next_step_leads_to_the_heap_profile(trace: Path) -> None:
    """The verdict on the collector comes first, data goes to stdout, hints to stderr."""
    done = invoke(trace)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{trace}: ")
    assert "Is the collector in the way?" in done.stdout
    assert "main.allocate.func1" in done.stdout
    assert done.stderr == "next: heapwise top -alloc_space http://localhost:6060\n"


def test_standard_input_says_the_same(trace: Path) -> None:
    """A pipe need not be seekable, and -quiet is quiet."""
    piped = heapwise("-", "-quiet", stdin=trace.read_bytes())
    named = invoke(trace, "-quiet")
    title, _, body = piped.stdout.decode().partition("\n\n")
    assert title.startswith("standard input: go 1.25 trace of ")
    assert named.stdout.partition("\n\n")[2] == body
    assert piped.stderr == b""


def test_json_keeps_to_its_schema(trace: Path) -> None:
    """The kind is trace, and collections, stops and assists are listed one by one."""
    document = json.loads(invoke(trace, "--json").stdout)
    jsonschema.validate(document, schema("trace"))
    assert document["kind"] == "trace"
    gc = document["data"]["gc"]
    assert gc["clock"] == "trace"
    assert (len(gc["collections"]), len(gc["assists"])) == (COLLECTIONS, ASSISTS)


def test_perfetto_writes_a_file_that_keeps_to_the_format(trace: Path, tmp_path: Path) -> None:
    """It holds what the summary counts, and is not overwritten unasked."""
    out = tmp_path / "trace.json"
    done = invoke(trace, "--perfetto", out)
    document: dict[str, Any] = json.loads(out.read_text())
    check_events(document)
    names = [event["name"] for event in document["traceEvents"] if event["ph"] == "X"]
    assert names.count("mark assist") == ASSISTS
    assert sum(name.startswith("GC ") for name in names) == COLLECTIONS
    assert "https://ui.perfetto.dev" in done.stderr
    assert isinstance(invoke(trace, "--perfetto", out).exception, UsageError)
    assert invoke(trace, "--perfetto", out, "--force").exit_code == 0


def test_a_cut_trace_is_read_up_to_the_cut(trace: Path) -> None:
    """What is there is summed up, a warning names the byte, and that is no failure."""
    whole = trace.read_bytes()
    trace.write_bytes(whole[: len(whole) * 3 // 4])
    done = heapwise(trace)
    assert done.returncode == 0
    assert "CUT " in done.stdout.decode()
    (warning,) = (line for line in done.stderr.decode().splitlines() if "warning" in line)
    assert "was read up to byte " in warning
    data = json.loads(invoke(trace, "--json").stdout)["data"]
    assert 0 < data["damage"]["offset"] <= len(whole)
    assert data["events"] > 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"go 1.99 trace\0\0\0" + bytes(50), "heapwise knows"),
        (b"go 1.26 trace\0\0\0", "holds no events"),
        (b"\x1f\x8b\x08", "not as an execution trace"),
        (b"", "it is empty"),
    ],
)
def test_what_is_no_trace_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """What and why in one line, exit code 1, and no half-written drawing."""
    path, drawing = tmp_path / "t", tmp_path / "t.json"
    path.write_bytes(content)
    done = invoke(path, "--perfetto", drawing)
    assert isinstance(done.exception, HeapwiseError)
    assert done.exception.exit_code == 1
    assert said in done.exception.why + done.exception.what
    assert done.stdout == ""
    assert not drawing.exists()


def test_a_refusal_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    """The user sees what, why and what to do."""
    done = heapwise(tmp_path / "nothing.out")
    first, hint = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert first == f"heapwise: cannot read {tmp_path / 'nothing.out'}: No such file or directory"
    assert "give a file" in hint


def test_a_recording_without_a_trace_says_how_to_take_one(tmp_path: Path) -> None:
    """It is not mistaken for a file."""
    done = invoke(make_recording(tmp_path / "a.hw"))
    assert isinstance(done.exception, RecordingError)
    assert "holds no execution trace" in done.exception.what


def recorded(path: Path, trace: Path, count: int) -> Path:
    """A recording that holds a trace so many times."""
    with RecordingWriter.create(path, manifest()) as writer:
        for number in range(count):
            file = f"trace-{number:04}.out"
            shutil.copy(trace, path / file)
            writer.capture(
                Capture(kind="trace", file=file, began_ns=number, ended_ns=number + 1, asked_ns=1)
            )
        writer.finish()
    return path


def test_a_recording_shows_every_trace_in_it(trace: Path, tmp_path: Path) -> None:
    """All as text; as data or as a drawing one has to be named."""
    several = recorded(tmp_path / "a.hw", trace, 2)
    done = invoke(several)
    assert done.stdout.count("Is the collector in the way?") == 2
    assert f"{several / 'trace-0001.out'}: " in done.stdout
    assert done.stderr == f"next: heapwise top -alloc_space {several}\n"
    refused = invoke(several, "--json").exception
    assert isinstance(refused, UsageError)
    assert f"heapwise trace {several / 'trace-0000.out'}" in refused.hint


def test_the_only_trace_of_a_recording_is_data_and_drawing(trace: Path, tmp_path: Path) -> None:
    """No name is needed where there is only one."""
    single, out = recorded(tmp_path / "a.hw", trace, 1), tmp_path / "out.json"
    assert json.loads(invoke(single, "--json").stdout)["data"]["events"] > 0
    assert invoke(single, "--perfetto", out).exit_code == 0
    check_events(json.loads(out.read_text()))


@contextmanager
def serving(body: bytes) -> Iterator[tuple[str, list[str]]]:
    """A debug endpoint that answers everything with ``body``; its address and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep stderr for what fails."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("path", "options", "asked"),
    [
        ("", [], "/debug/pprof/trace?seconds=5"),
        ("", ["-seconds=1"], "/debug/pprof/trace?seconds=1"),
        ("/debug/pprof/trace?seconds=2", [], "/debug/pprof/trace?seconds=2"),
        ("/own/flight?x=1", [], "/own/flight?x=1&seconds=5"),
    ],
)
def test_a_service_is_asked_for_its_trace(
    trace: Path, path: str, options: list[str], asked: str
) -> None:
    """host:port means its /debug/pprof/trace; a path and a number of seconds in it are kept."""
    with serving(trace.read_bytes()) as (address, requests):
        done = invoke(f"{address}{path}", *options)
    assert done.exit_code == 0
    assert requests == [asked]
    assert done.stderr.startswith(f"next: heapwise top -alloc_space {address}")


def test_a_password_is_not_repeated(trace: Path) -> None:
    """Neither the title nor the next step shows what opens the service."""
    with serving(trace.read_bytes()) as (address, _):
        done = invoke(f"http://me:secret@{address}")
    assert done.exit_code == 0
    assert "secret" not in done.stdout + done.stderr


def test_an_answer_beyond_the_limit_is_refused(trace: Path) -> None:
    """A service cannot fill our memory."""
    with serving(trace.read_bytes()) as (address, _):
        done = invoke(f"http://{address}", "-max_profile_size=1KiB")
    assert isinstance(done.exception, ServiceError)


@pytest.mark.go
def test_a_real_service_under_load_is_traced_and_its_collections_counted() -> None:
    """The collections in the trace are those that the service counted meanwhile."""
    with build_and_start("-objects=400", "-size=4096", "-live=4") as service:
        address = service.endpoint.authority
        with ThreadPoolExecutor(2) as pool:
            before = service.counters()["num_gc"]
            tracing = pool.submit(heapwise, address, "-seconds=1", "--json")
            while not tracing.done():
                service.call("/work")
            after = service.counters()["num_gc"]
        done = tracing.result()
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["data"]
    assert 0 < len(data["gc"]["collections"]) <= after - before
    assert {stop["reason"] for stop in data["gc"]["stops"]} >= {
        "sweep termination", "mark termination",
    }  # fmt: skip
