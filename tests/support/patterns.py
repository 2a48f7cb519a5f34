"""The services of tests/data/patterns: every endpoint once with a pattern, once without.

A rule is proven there. On a real profile of the real service it points at the pattern's lines,
and it is silent where the same endpoint does without.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from heapwise.analysis.diff import subtract
from heapwise.diagnose.case import Case
from heapwise.diagnose.found import Found
from heapwise.diagnose.source.examine import in_run
from heapwise.diagnose.source.heat import HotLines
from heapwise.diagnose.source.tree import SourceTree
from heapwise.formats.memstats import parse_memstats
from heapwise.formats.pprof import decode
from heapwise.model.profile import Profile
from heapwise.model.work import PerWork, Work
from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.go.buildinfo import go_version
from heapwise.runtimes.go.toolchain import find_go

GO = Path(__file__).parents[1] / "data" / "patterns" / "go"


@cache
def go_binary() -> Path:
    """The built service; deleted when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-patterns-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    find_go().build(GO, folder / "patterns")
    return folder / "patterns"


@cache
def go_codes() -> tuple[str, ...]:
    """The patterns that the Go service has."""
    done = subprocess.run([go_binary(), "-list"], capture_output=True, text=True, check=True)
    return tuple(done.stdout.split())


@contextmanager
def go_service(
    *flags: str, env: Mapping[str, str] | None = None, binary: Path | None = None
) -> Iterator[Endpoint]:
    """Start the service, or another build of it; it is killed at the end."""
    process = subprocess.Popen(
        [binary or go_binary(), *flags],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    with process:
        try:
            assert process.stdout is not None
            yield Endpoint.parse(process.stdout.readline().split()[1])
        finally:
            process.kill()


def go_case(
    paths: Sequence[str], *, requests: int = 20, flags: Sequence[str] = (), source: Path = GO
) -> Case:
    """What so many requests of each path allocate, as rules see it, with the service's source."""
    with go_service(*flags) as service:
        for path in paths:
            get(service, path)
        before = _heap(service)
        counters = parse_memstats(get(service, "/debug/pprof/heap?debug=1").body).counters
        for _ in range(requests):
            for path in paths:
                get(service, path)
        spent = parse_memstats(get(service, "/debug/pprof/heap?debug=1").body).counters
        after = _heap(service)
    work = Work("req", requests * len(paths))
    costs = PerWork(
        work,
        (spent.total_alloc - counters.total_alloc) / work.count,
        (spent.mallocs - counters.mallocs) / work.count,
        0.0,
        0.0,
    )
    return Case.of(
        subtract(before, after), after, costs, runtime="go", version=go_version(go_binary()),
        source=SourceTree(source, "go"),
    )  # fmt: skip


def found_in(case: Case) -> tuple[Found, ...]:
    """What the source rules find on the lines that the run passed through."""
    assert case.source is not None
    return tuple(in_run(case, HotLines(case.source, case.spent.sites, case.frames)))


def _heap(service: Endpoint) -> Profile:
    """Twice: what was allocated is published up to two collections late."""
    get(service, "/debug/pprof/heap?gc=1")
    return decode(get(service, "/debug/pprof/heap?gc=1").body)
