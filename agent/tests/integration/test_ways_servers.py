"""The servers that people run: each with its own workers, behind one endpoint."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentsupport.services import Service, free_port, get, run, service, until

WSGI = """
import heapwise_agent
{start}
def compress():
    import zlib
    heapwise_agent.work("page")
    return zlib.compressobj().compress(b"x" * 100)
def app(environ, start_response):
    compress()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""

ASGI = """
import heapwise_agent
{start}
def compress():
    import zlib
    heapwise_agent.work("page")
    return zlib.compressobj().compress(b"x" * 100)
async def app(scope, receive, send):
    if scope["type"] == "http":
        compress()
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": b"hello"}})
    elif scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({{"type": f"{{kind}}.complete"}})
            if kind == "lifespan.shutdown":
                return
"""

PAGES = 40


@contextmanager
def app_server(
    folder: Path, source: str, command: Sequence[str], *, under_run: bool
) -> Iterator[tuple[Service, int]]:
    """A server with the application in ``web.py``, and the port of its pages."""
    pytest.importorskip(command[0], reason=f"{command[0]} is not installed")
    port, agent = free_port(), free_port()
    start = "" if under_run else f"heapwise_agent.start('127.0.0.1:{agent}', interval=4096)"
    (folder / "web.py").write_text(source.format(start=start))
    words = [word.format(port=port) for word in command]
    runner = run("-q", "--interval", "4096") if under_run else []
    if under_run:
        runner[runner.index("127.0.0.1:0")] = f"127.0.0.1:{agent}"
    with service(*runner, "-m", *words, port=agent, cwd=folder) as running:
        until(lambda: get(port, "/"), running)
        yield running, port


def check(running: Service, port: int, workers: int) -> None:
    """All pages are counted, and what they allocate is under its function in one profile."""
    until(lambda: len(running.workers()) >= workers, running)  # or some pages are not counted yet
    before = running.variables()["heapwise"]["work"].get("page", 0)
    for _ in range(PAGES):
        assert get(port, "/") == b"hello"
    after = running.variables()
    assert after["heapwise"]["work"]["page"] - before == PAGES
    assert after["memstats"]["TotalAlloc"] > PAGES * 268_000
    page = running.get("/debug/pprof/heap?gc=1&debug=1").decode()
    assert re.search(r"\bcompress\+0x", page), page[:2000]


@pytest.mark.parametrize("under_run", [True, False], ids=["run", "start"])
@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["lazy", "preload"])
def test_gunicorn_with_sync_workers(tmp_path: Path, preload: list[str], under_run: bool) -> None:
    """Workers that import the application themselves, and workers forked from one that did."""
    command = [*gunicorn(), *preload, "web:app"]
    has_parent = under_run or bool(preload)
    with app_server(tmp_path, WSGI, command, under_run=under_run) as (running, port):
        check(running, port, workers=2 + has_parent)


def test_gunicorn_replaces_workers_and_nothing_is_lost(tmp_path: Path) -> None:
    """With max_requests workers end all the time; totals only grow, and the view goes on."""
    asked, alone = (400, 400) if os.environ.get("HEAPWISE_FULL") == "1" else (45, 45)
    command = [*gunicorn(), "--preload", "--max-requests=15", "web:app"]
    with app_server(tmp_path, WSGI, command, under_run=True) as (running, port):
        until(lambda: len(running.workers()) == 3, running)
        before = work_of(running.variables()).get("page", 0)
        totals: list[int] = []
        for _ in range(asked):
            get(port, "/")
            totals.append(running.variables()["memstats"]["TotalAlloc"])
        for _ in range(alone):  # with nobody who asks in between
            get(port, "/")
        done = until(
            lambda: (
                found
                if work_of(found := running.variables())["page"] >= before + asked + alone
                else None
            ),
            running,
        )
        assert totals == sorted(totals)
        assert work_of(done)["page"] == before + asked + alone
        assert done["memstats"]["TotalAlloc"] - totals[0] > (asked + alone - 1) * 268_000
        page = running.get("/debug/pprof/heap?gc=1&debug=1").decode()
        assert re.search(r"\bcompress\+0x", page)


def test_gunicorn_with_uvicorn_workers(tmp_path: Path) -> None:
    """An event loop in each worker."""
    pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    command = [*gunicorn(), "--worker-class=uvicorn_class.Worker", "web:app"]
    (tmp_path / "uvicorn_class.py").write_text(
        "import warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from uvicorn.workers import UvicornWorker as Worker\n"
    )
    with app_server(tmp_path, ASGI, command, under_run=True) as (running, port):
        check(running, port, workers=3)


@pytest.mark.parametrize("under_run", [True, False], ids=["run", "start"])
@pytest.mark.parametrize("workers", [1, 2])
def test_uvicorn(tmp_path: Path, workers: int, under_run: bool) -> None:
    """One process, and processes that are spawned."""
    command = ["uvicorn", "--port={port}", f"--workers={workers}", "--log-level=warning", "web:app"]
    has_parent = under_run and workers > 1
    with app_server(tmp_path, ASGI, command, under_run=under_run) as (running, port):
        check(running, port, workers=workers + has_parent)


def work_of(found: dict[str, Any]) -> dict[str, int]:
    """Units of work that were counted."""
    work: dict[str, int] = found["heapwise"]["work"]
    return work


def test_the_leader_dies_and_a_worker_takes_over(tmp_path: Path) -> None:
    """Without ``run`` the first worker leads; gunicorn replaces it, another one answers."""
    with app_server(tmp_path, WSGI, [*gunicorn(), "web:app"], under_run=False) as (running, port):
        until(lambda: len(running.workers()) == 2, running)
        leader = running.variables()["heapwise"]["pid"]
        os.kill(leader, signal.SIGKILL)
        until(lambda: running.variables()["heapwise"]["pid"] != leader, running)
        until(lambda: len(running.workers()) == 2, running)
        assert leader not in running.workers()
        check(running, port, workers=2)


def test_one_worker_can_be_asked_alone(tmp_path: Path) -> None:
    """``?pid=`` shows one process, and refuses one that is not of the service."""
    with app_server(tmp_path, WSGI, [*gunicorn(), "web:app"], under_run=True) as (running, _):
        until(lambda: len(running.workers()) == 3, running)
        for pid in running.workers():
            found = json.loads(running.get(f"/debug/vars?pid={pid}"))
            assert found["heapwise"]["pid"] == pid
            assert running.get(f"/debug/pprof/heap?pid={pid}").startswith(b"\x1f\x8b")
            assert running.get(f"/debug/pprof/threads?pid={pid}").startswith(b"\x1f\x8b")
        with pytest.raises(AssertionError, match="404"):
            running.get("/debug/vars?pid=1")


def test_a_cpu_profile_covers_all_workers(tmp_path: Path) -> None:
    """Each looks at its own threads at the same time, and the sum takes as long as one."""
    source = (
        "import multiprocessing, os\n"
        "def spin():\n"
        "    while True: sum(range(1000))\n"
        "for _ in range(2): multiprocessing.get_context('fork').Process(target=spin).start()\n"
        "spin()\n"
    )
    (tmp_path / "spin.py").write_text(source)
    with service(*run(), "spin.py", cwd=tmp_path) as running:
        running.announced()
        until(lambda: len(running.workers()) == 3, running)
        page = running.get("/debug/pprof/profile?seconds=1&mode=wall")
        assert page.startswith(b"\x1f\x8b")
        threads = running.get("/debug/pprof/threads?debug=1").decode()
        assert threads.count("spin.spin") + threads.count("__main__.spin") == 3


def gunicorn() -> list[str]:
    """Its words; new versions would also listen for a control program of theirs."""
    module = pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    control = ["--no-control-socket"] if module.version_info >= (25,) else []
    return ["gunicorn", "--bind=127.0.0.1:{port}", "--workers=2", *control]
