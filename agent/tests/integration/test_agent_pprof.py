"""`go tool pprof` reads every endpoint of a real service."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsupport import oracle
from agentsupport.serving import Place, ask, service

pytestmark = pytest.mark.go

PROFILES = [
    "heap",
    "heap?gc=1",
    "heap?seconds=1",
    "allocs",
    "profile?seconds=1",
    "profile?seconds=1&mode=wall",
    "threads",
    "goroutine",
    "gc",
]
TEXTS = ["heap?debug=1", "threads?debug=1", "goroutine?debug=1", "gc?debug=1"]


@pytest.fixture(scope="module")
def server() -> Iterator[Place]:
    """A service of its own, which has something to show."""
    with service(interval=4096) as found:
        ask(found, "/debug/pprof/heap?gc=1")
        yield found


def fetch(server: Place, target: str, folder: Path) -> Path:
    """What the endpoint serves, in a file."""
    answer = ask(server, f"/debug/pprof/{target}")
    assert answer.status == 200, answer.text
    path = folder / re.sub(r"\W", "-", target)
    path.write_bytes(answer.body)
    return path


def totals(raw: str) -> list[int]:
    """Sums of the values that ``-raw`` lists."""
    lines = raw.partition("Samples:\n")[2].partition("Locations\n")[0].splitlines()
    columns = [
        [int(value) for value in found[1].split()]
        for line in lines[1:]
        if (found := re.fullmatch(r"((?:\s+-?\d+)+):(?: \d+)+\s*", line))
    ]
    return [sum(column) for column in zip(*columns, strict=True)]


@pytest.mark.parametrize("target", PROFILES)
def test_pprof_reads_every_profile_to_the_last_number(
    server: Place, target: str, tmp_path: Path
) -> None:
    """Its sums are those of protobuf's own parser; all three views open."""
    path = fetch(server, target, tmp_path)
    rows = oracle.rows(path.read_bytes())
    expected = [sum(column) for column in zip(*(values for _, values, _ in rows), strict=True)]
    assert totals(oracle.goheap.pprof(path, "-raw")) == expected
    assert oracle.goheap.pprof(path, "-traces").startswith("File: python")
    assert "flat%" in oracle.goheap.pprof(path, "-top")


@pytest.mark.parametrize("target", TEXTS)
def test_pprof_reads_the_text_forms(server: Place, target: str, tmp_path: Path) -> None:
    """As those of Go, though without names, which it would look for in a program."""
    path = fetch(server, target, tmp_path)
    first = path.read_text().splitlines()[0]
    raw = oracle.goheap.pprof(path, "-raw")
    if target.startswith("heap"):
        assert "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes" in raw
    else:
        assert sum(totals(raw)) == int(first.rsplit(" ", 1)[1])


def test_pprof_scales_the_text_up_to_what_the_profile_says(server: Place, tmp_path: Path) -> None:
    """Raw counts and the estimate agree within what rounding to whole events loses."""
    # Both within the second for which a snapshot is kept.
    text, ready = (fetch(server, target, tmp_path) for target in ("heap?debug=1", "heap"))
    scaled = totals(oracle.goheap.pprof(text, "-raw"))
    expected = totals(oracle.goheap.pprof(ready, "-raw"))
    assert scaled[1] == pytest.approx(expected[1], rel=0.02)
    assert scaled[3] == pytest.approx(expected[3], rel=0.02)


def test_the_code_of_a_module_has_a_name(server: Place, tmp_path: Path) -> None:
    """The bare brackets would be taken for a C++ template by pprof, and not shown."""
    top = oracle.goheap.pprof(fetch(server, "allocs", tmp_path), "-top", "-nodefraction=0")
    assert re.search(r" [\w.]+\.<module>$", top, re.MULTILINE)
    assert "<unknown>" not in top


def test_pprof_fetches_with_the_token_as_password(tmp_path: Path) -> None:
    """Over HTTP, as its users do; without the token it shows the agent's words."""
    with service(token="s3cret") as server:
        place = f"127.0.0.1:{server.port}/debug/pprof/heap"
        good = fetch_with_pprof(f"http://x:s3cret@{place}", tmp_path)
        bad = fetch_with_pprof(f"http://{place}", tmp_path)
    assert good.returncode == 0, good.stderr
    assert "inuse_space" in good.stdout
    assert bad.returncode != 0
    assert "a token is needed" in bad.stderr


def fetch_with_pprof(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What pprof says about a URL."""
    return subprocess.run(
        [oracle.goheap.go(), "tool", "pprof", "-top", url],
        env={**os.environ, "PPROF_TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
