"""The chi-compress lab is built, driven, found out and proved on a real Go service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab import build as builds
from heapwise.lab.library import CASES, Case, find_case
from heapwise.lab.spec import GoBuild, load_spec
from heapwise.runtimes.go.toolchain import Go, find_go
from support.labs import running

pytestmark = pytest.mark.go
CASE = find_case("chi-compress")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of builds that only this test uses; Go's own stays where it is."""
    gocache = subprocess.run(
        [find_go().path, "env", "GOCACHE"], capture_output=True, text=True, check=True
    )
    monkeypatch.setenv("GOCACHE", gocache.stdout.strip())  # it moves with XDG_CACHE_HOME
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def build(case: Case, variant: str, go: Go, *, announce: Callable[[str], None]) -> Path:
    """Build a variant as the lab says."""
    spec = case.lab.variants[variant].build
    assert isinstance(spec, GoBuild)
    return builds.build(case, variant, spec, go, announce=announce)


def silent(_text: str) -> None:
    """Tell nobody."""


def heapwise(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", *args],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip


@pytest.mark.parametrize("modfile", ["go.mod", "variants/upgrade.mod", "variants/after.mod"])
def test_the_service_passes_its_own_tests(modfile: str) -> None:
    """One source builds, vets and answers alike with every version of the router."""
    go = find_go()
    for verb in ("vet", "test"):
        done = subprocess.run(
            [go.path, verb, f"-modfile={modfile}", "."],
            cwd=CASE.directory, env=go.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_variant_is_built_once_and_holds_its_own_chi(cache: Path) -> None:
    """Each variant carries its version; a second build finds the first; the package stays clean."""
    go = find_go()
    shipped = sorted(path for path in CASES.rglob("*"))
    said: list[str] = []
    programs = {
        name: build(CASE, name, go, announce=said.append) for name in ("before", "after", "control")
    }
    assert len(said) == 2
    assert all("downloads modules" in text for text in said)
    assert programs["control"] == programs["before"]
    for name, version in (("before", "v3.3.4"), ("after", "v4.0.3")):
        listed = subprocess.run(
            [go.path, "version", "-m", programs[name]], capture_output=True, text=True, check=True
        )
        assert f"github.com/go-chi/chi\t{version}+incompatible" in listed.stdout
        assert programs[name].is_relative_to(cache)
    assert build(CASE, "after", go, announce=said.append) == programs["after"]
    assert len(said) == 2
    assert sorted(path for path in CASES.rglob("*")) == shipped


def test_two_may_build_the_same_at_once(cache: Path) -> None:
    """Whoever is second gets what the first one built, and no scraps stay behind."""
    go = find_go()
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(build, CASE, "before", go, announce=silent) for _ in range(2)]
    first, second = (run.result() for run in runs)
    assert first == second
    assert first.is_relative_to(cache)
    assert sorted(path.name for path in first.parent.iterdir()) == ["service", "src"]


def test_profiles_name_sources_that_are_there(cache: Path) -> None:
    """The file names in the program lead to the copy that it was built from."""
    program = build(CASE, "before", find_go(), announce=silent)
    source = program.parent / "src" / "server.go"
    assert source.is_file()
    assert str(source).encode() in program.read_bytes()
    assert source.is_relative_to(cache)


@pytest.mark.usefixtures("cache")
def test_sources_that_do_not_compile_are_one_error(tmp_path: Path) -> None:
    """The compiler's first line is in the error, and nothing half-built is left to be found."""
    directory = tmp_path / "broken"
    directory.mkdir()
    for file in CASE.directory.rglob("*"):
        if file.is_file():
            copy = directory / file.relative_to(CASE.directory)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes())
    (directory / "flags.go").write_text("package main\n\nfunc broken( {}\n")
    case = Case("broken", directory, load_spec(directory / "lab.toml"))
    for _ in range(2):
        with pytest.raises(ToolchainError, match=r"flags\.go:3") as caught:
            build(case, "before", find_go(), announce=silent)
        assert "module proxy" in caught.value.hint


def test_a_cache_that_cannot_be_written_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says where it wanted to write and how to change that."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ToolchainError, match="XDG_CACHE_HOME"):
        build(CASE, "before", find_go(), announce=silent)


@pytest.mark.load
def test_the_lab_shows_what_it_must(tmp_path: Path) -> None:
    """`lab check` at reduced scale: found before, gone after, proved, and counted twice."""
    done = heapwise("lab", "check", "chi-compress", "-o", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["kind"] == "lab"
    variants = {variant["name"]: variant for variant in answer["data"]["variants"]}
    assert list(variants) == ["before", "upgrade", "after", "control"]
    codes = {
        name: [finding["code"] for finding in variant["report"]["findings"]]
        for name, variant in variants.items()
    }
    assert codes["before"][:2] == codes["upgrade"][:2] == ["HW101", "HW201"]
    assert not {"HW101", "HW201"} & {*codes["after"], *codes["control"]}
    before, after = (variants[name]["report"] for name in ("before", "after"))
    first = before["findings"][0]
    assert "v4.0.3" in first["remedy"]
    went = before["per_work"]["bytes"] - after["per_work"]["bytes"]
    assert first["gain_bytes_per_work"] == pytest.approx(went, rel=0.1)
    assert before["findings"][1]["shares_gain_with"] == ["HW101"]
    assert all(check["passed"] for variant in variants.values() for check in variant["checks"])
    rows = {row["metric"]: row for row in variants["after"]["comparison"]["rows"]}
    assert rows["bytes/work"]["delta"] <= -0.99
    assert rows["gc.cycles"]["delta"] <= -0.95
    assert -0.5 <= rows["allocs/work"]["delta"] <= -0.25
    assert rows["response.bytes/work"]["verdict"] == "same"
    assert (tmp_path / "out" / "report.html").read_text("utf-8").count("before.hw")


@pytest.mark.load
def test_an_expectation_that_does_not_hold_ends_in_three(tmp_path: Path) -> None:
    """At one request a second nothing is worth 95 % of the collections: the demo says so."""
    done = heapwise("demo", "-runtime=go", "-rate=2", "-duration=2s", "-o", "out", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "heapwise: chi-compress does not show what it must" in done.stderr
    assert "FAIL  after" in done.stdout
    assert (tmp_path / "out" / "report.html").is_file()


def test_ctrl_c_ends_the_service_and_keeps_the_recording(tmp_path: Path, cache: Path) -> None:
    """The first Ctrl-C finishes the recording that runs, starts no other, and exits with 130."""
    for name in ("before", "after"):
        build(CASE, name, find_go(), announce=silent)
    process = subprocess.Popen(
        [sys.executable, "-m", "heapwise", "demo", "-runtime=go", "-rate=50", "-duration=60s",
         "-o", "out"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        log = tmp_path / "out" / "before.hw" / "events.log"
        deadline = time.monotonic() + 60
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(5)  # past the warm-up and the fence
        assert running(cache)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, stderr
    assert "stopped during before" in stderr
    assert os.listdir(tmp_path / "out") == ["before.hw"]  # noqa: PTH208 - names are what counts
    assert (tmp_path / "out" / "before.hw" / "summary.json").is_file()
    assert not running(cache)
