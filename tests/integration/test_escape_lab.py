"""How much of real services' bytes the escape join explains."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from http.client import HTTPConnection
from pathlib import Path

import pytest

from heapwise.analysis.diff import subtract
from heapwise.diagnose.case import Case
from heapwise.diagnose.escape import join
from heapwise.diagnose.source.tree import SourceTree
from heapwise.formats.pprof import decode
from heapwise.lab.library import find_case
from heapwise.model.escape import How
from heapwise.model.profile import Profile
from heapwise.runtimes.fetch import Endpoint, get
from heapwise.runtimes.go.buildsettings import BuildSettings, build_settings
from heapwise.runtimes.go.escape_build import _library_log, escape_log
from heapwise.runtimes.go.toolchain import find_go
from support.patterns import GO, go_binary, go_case, go_codes

pytestmark = pytest.mark.go

LAB = find_case("chi-compress")
REQUESTS = 200


def heap(service: Endpoint) -> Profile:
    """Twice: what was allocated is published up to two collections late."""
    get(service, "/debug/pprof/heap?gc=1")
    return decode(get(service, "/debug/pprof/heap?gc=1").body)


def ask(url: str, requests: int) -> None:
    """Post the lab's body so many times over one connection."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    body = (LAB.directory / "evaluate.json").read_bytes()
    for _ in range(requests):
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        connection.request("POST", "/api/v1/evaluate", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()


def driven(binary: Path) -> Profile:
    """What the lab's requests allocate, every allocation sampled."""
    env = {**os.environ, "GODEBUG": "memprofilerate=1"}
    process = subprocess.Popen(
        [binary, "-addr", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=env
    )
    with process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            service = Endpoint.parse(url)
            ask(url, 20)
            before = heap(service)
            ask(url, REQUESTS)
            return subtract(before, heap(service))
        finally:
            process.kill()


@pytest.mark.parametrize("variant", ["before", "after"])
def test_a_log_of_everything_explains_a_service(variant: str, tmp_path: Path) -> None:
    """The chi lab, sick and well, at least 85 % of the bytes without those of unlogged callees.

    The standard library's log stays in the user's cache: only the first run compiles that.
    """
    source, binary, go = tmp_path / "src", tmp_path / "service", find_go()
    shutil.copytree(LAB.directory, source)
    if variant == "after":
        for kind in ("mod", "sum"):
            shutil.copyfile(source / "variants" / f"after.{kind}", source / f"go.{kind}")
    go.build(source, binary, flags=("-buildvcs=false",))
    log = escape_log(source, go=go, settings=build_settings(binary), everything=True)
    run = Case.of(
        driven(binary),
        None,
        None,
        runtime="go",
        version=go.version,
        source=SourceTree(source, "go"),
    )
    coverage = join(run, log).coverage
    assert coverage.explained >= 0.85, coverage
    assert coverage.exact + coverage.near >= 0.75, coverage
    large = "is too large for the stack: 64 KiB for make, new and &T{}"
    sentences = [each.sentences for each in join(run, log).explanations.values()]
    assert any(large in sentence for each in sentences for sentence in each)


def test_what_a_services_own_lines_allocate_is_explained_by_its_own_log() -> None:
    """The patterns, with a log of the main module alone: next to no line stays unexplained."""
    run = go_case([f"/{code}/before" for code in go_codes()], requests=5)
    log = escape_log(GO, go=find_go(), settings=build_settings(go_binary()))
    found = join(run, log).explanations
    own = [site for site in run.spent.sites if site.path[0].function.startswith("main.")]
    told = [site for site in own if found[site.path].how is not How.UNEXPLAINED]
    assert sum(s.weight.size for s in told) >= 0.95 * sum(s.weight.size for s in own)


def test_the_librarys_log_is_kept_for_the_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second build finds it; after the cache was emptied it gets a name that Go does not know."""
    gocache = subprocess.run(
        [find_go().path, "env", "GOCACHE"], capture_output=True, text=True, check=True
    )
    monkeypatch.setenv("GOCACHE", gocache.stdout.strip())  # it moves with XDG_CACHE_HOME
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "go.mod").write_text("module example.org/small\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    go, settings = find_go(), BuildSettings()
    first, second = (escape_log(tmp_path, go=go, settings=settings, everything=True) for _ in "ab")
    (folder,) = (tmp_path / "cache" / "heapwise" / "escape").glob("*/*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert first == second
    assert any(file.endswith("/src/runtime/map.go") for file in first.packages)
    shutil.rmtree(tmp_path / "cache")
    # Compiling the library a second time would show no more than this name does.
    assert _library_log(go, settings, tmp_path) != folder
