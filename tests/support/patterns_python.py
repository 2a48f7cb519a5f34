"""The Python service of tests/data/patterns: every endpoint once with a pattern, once without.

with python_service() as service:
    case = python_case(service, ["/HW904/before"])
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from heapwise.analysis.diff import subtract
from heapwise.analysis.size_classes import aligned
from heapwise.diagnose.case import Case
from heapwise.diagnose.source.tree import SourceTree
from heapwise.formats import pprof
from heapwise.model.work import PerWork, Work
from heapwise.record.procfs import tree_usage
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.python.service import PythonRuntime
from support.pyservice import PyService, _await, _end, free_port, interpreter, require_agent

PYTHON = Path(__file__).parents[1] / "data" / "patterns" / "python"
INTERVAL = 16 << 10
"""Bytes between two samples: few requests give every line enough of them."""


def python_codes() -> tuple[str, ...]:
    """The patterns that the Python service has."""
    return tuple(sorted(path.name[:5].upper() for path in PYTHON.glob("hw*.py")))


@contextmanager
def python_service() -> Iterator[PyService]:
    """Start the service under the agent; it is gone afterwards."""
    require_agent("requests", "msgspec")
    port, agent_port = free_port(), free_port()
    with TemporaryDirectory(prefix="heapwise-patterns-") as folder:
        environ = {"HEAPWISE_AGENT_INTERVAL": str(INTERVAL), "TMPDIR": folder, "no_proxy": "*"}
        process = subprocess.Popen(
            [
                interpreter(), "-m", "heapwise_agent", "run",
                "--address", f"127.0.0.1:{agent_port}",
                "-m", "uvicorn", "service:app", "--app-dir", str(PYTHON), "--port", str(port),
                "--log-level", "warning",
            ],
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            for each in (port, agent_port):
                _await(process, each)
            endpoint = Endpoint.parse(f"127.0.0.1:{agent_port}")
            yield PyService(f"http://127.0.0.1:{port}", endpoint, process)
        finally:
            _end(process)


def collecting(service: PyService, path: str, *, requests: int = 60) -> float:
    """The share of the service's CPU time that its collector takes under such requests."""
    runtime = PythonRuntime()
    runtime.read(service.endpoint)
    before = tree_usage(service.pid)
    for _ in range(requests):
        service.call(path)
    after = tree_usage(service.pid)
    assert before is not None
    assert after is not None
    spent = after.cpu_user_ns + after.cpu_system_ns - before.cpu_user_ns - before.cpu_system_ns
    pauses = runtime.read(service.endpoint).pauses
    return sum(each.pause_ns for each in pauses if not each.forced) / spent


def python_case(service: PyService, paths: Sequence[str], *, requests: int = 20) -> Case:
    """What so many requests of each path allocate, as rules see it, with the service's source."""
    runtime = PythonRuntime()
    for path in paths:
        service.call(path)  # what is made once is no cost of a request
    earlier = pprof.decode(runtime.fence(service.endpoint).data)
    before = runtime.read(service.endpoint).counters
    for _ in range(requests):
        for path in paths:
            service.call(path)
    after = runtime.read(service.endpoint).counters
    later = pprof.decode(runtime.fence(service.endpoint).data)
    work = Work("req", requests * len(paths))
    costs = PerWork(
        work,
        (after.total_alloc - before.total_alloc) / work.count,
        (after.mallocs - before.mallocs) / work.count,
        0.0,
        0.0,
    )
    return Case.of(
        subtract(*aligned(earlier, later)), later, costs, runtime="python",
        version=platform.python_version(), source=SourceTree(PYTHON, "python"),
    )  # fmt: skip
