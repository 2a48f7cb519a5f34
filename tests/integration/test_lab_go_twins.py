"""The Go labs gateway, search and memory: their programs do the same, whatever they waste on it."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from heapwise.errors import ToolchainError
from heapwise.formats.work_counts import ANNOUNCED
from heapwise.lab.components.limit import Limited, Way
from heapwise.lab.job_bench import must_start
from heapwise.lab.library import Case, find_case
from heapwise.lab.ports import free_ports
from heapwise.lab.spec import GoBuild, JobLab, PythonBuild, ServiceLab
from heapwise.runtimes.go.toolchain import find_go
from support.labs import running

pytestmark = pytest.mark.go

JOBS = {"go-search": 120, "go-memory": 600}
"""Units of work that are enough to see each of them do everything once."""

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "go-jobs.md"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The built program of each lab."""
    out, go = tmp_path_factory.mktemp("twins"), find_go()
    built = {name: out / name for name in (*JOBS, "go-gateway")}
    for name, program in built.items():
        go.build(find_case(name).directory, program)
    return built


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small input of each job."""
    out = tmp_path_factory.mktemp("inputs")
    for name, scale in JOBS.items():
        generate(find_case(name), scale, out / name)
    return {name: out / name for name in JOBS}


def generate(case: Case, scale: int, out: Path) -> None:
    """Make an input as the lab does."""
    lab = case.lab
    assert isinstance(lab, JobLab)
    words = [case.directory / lab.job.input.script, "--seed", str(lab.seed), "--scale", str(scale)]
    subprocess.run([sys.executable, "-B", *words, out], check=True, timeout=60)


def words_of(case: Case, variant: str, **places: str) -> list[str]:
    """The arguments of a variant, as ``lab.toml`` has them."""
    lab = case.lab
    args = lab.job.args if isinstance(lab, JobLab) else ()
    args += lab.service.args if isinstance(lab, ServiceLab) else ()
    return [word.format(**places) for word in (*args, *lab.variants[variant].args)]


def told(program: Path, *words: str) -> dict[str, object]:
    """What a job tells at its end, run by itself."""
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("name", [*JOBS, "go-gateway"])
def test_the_programs_pass_vet(name: str) -> None:
    """They are what a good engineer writes, whatever they waste."""
    go = find_go()
    done = subprocess.run(
        [go.path, "vet", "."], cwd=find_case(name).directory, env=go.env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", JOBS)
def test_every_variant_of_a_job_comes_to_the_same_result(
    name: str, programs: dict[str, Path], inputs: dict[str, Path]
) -> None:
    """All of the work is done, and the oracle's figures are those of before."""
    case = find_case(name)
    answers = {
        variant: told(programs[name], *words_of(case, variant, input=str(inputs[name])))
        for variant in case.lab.ladder
    }
    before = answers["before"]
    assert before["work"] == JOBS[name]
    assert all(answer["result"] == before["result"] for answer in answers.values())


def test_the_search_finds_what_a_plain_one_finds(
    programs: dict[str, Path], inputs: dict[str, Path]
) -> None:
    """Line by line, bytes that are no UTF-8 and a last line without an end among them."""
    wanted = re.compile(rb"(ERROR|FATAL).*timeout after [0-9]+ms")
    lines = (
        line
        for path in inputs["go-search"].rglob("*.log")
        for line in path.read_bytes().split(b"\n")
    )
    hits = sum(wanted.search(line) is not None for line in lines)
    result = told(programs["go-search"], "-root", str(inputs["go-search"]))["result"]
    assert isinstance(result, dict)
    assert (result["hits"], result["files"]) == (hits, JOBS["go-search"])
    assert hits >= 4


@pytest.mark.parametrize("name", JOBS)
def test_the_same_seed_makes_the_same_input(name: str, tmp_path: Path) -> None:
    """Byte by byte, in the same files."""
    for out in ("one", "two"):
        generate(find_case(name), 60, tmp_path / out)
    one, two = (
        {path.relative_to(tmp_path / out): path.read_bytes() for path in files(tmp_path / out)}
        for out in ("one", "two")
    )
    assert one == two
    assert len(one) > 1


def files(directory: Path) -> list[Path]:
    """Every file below a directory."""
    return [path for path in directory.rglob("*") if path.is_file()]


def test_a_bound_that_is_too_small_costs_hits(
    programs: dict[str, Path], inputs: dict[str, Path]
) -> None:
    """The guard of the memory lab moves where its limits say that it must not."""
    words = ("-input", str(inputs["go-memory"]), "-records", "streamed", "-room")
    few, many = (told(programs["go-memory"], *words, room) for room in ("20000", "50331648"))
    assert isinstance(few["guard"], dict)
    assert isinstance(many["guard"], dict)
    assert 0 < few["guard"]["hit_ratio"] < 0.8 * many["guard"]["hit_ratio"]


@pytest.mark.parametrize("name", JOBS)
def test_a_job_waits_at_both_ends(
    name: str, programs: dict[str, Path], inputs: dict[str, Path]
) -> None:
    """It says where it listens, has done nothing before `go`, and stays until it has been read."""
    case = find_case(name)
    lab = case.lab
    assert isinstance(lab, JobLab)
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with ours, theirs:
        process = subprocess.Popen(
            [programs[name], *words_of(case, "before", input=str(inputs[name]))],
            env={**os.environ, "HEAPWISE_JOB": str(theirs.fileno())},
            pass_fds=[theirs.fileno()], stdout=subprocess.PIPE,
        )  # fmt: skip
        with process:
            try:
                theirs.close()
                word, url = ours.recv(512).decode().split()
                assert word == "ready"
                assert counted(url, lab.job.unit) == 0
                ours.sendall(b"go\n")
                assert ours.recv(16) == b"done\n"
                assert counted(url, lab.job.unit) == JOBS[name]
                assert process.poll() is None
                ours.close()
                assert process.wait(20) == 0
            finally:
                process.kill()


def counted(url: str, unit: str) -> int:
    """The work that a job announces beside its profiles."""
    with urlopen(f"{url}/debug/pprof/heap?debug=1", timeout=10) as heap:
        assert b"runtime.MemStats" in heap.read()
    with urlopen(f"{url}/debug/vars", timeout=10) as page:
        work: int = json.loads(page.read())[ANNOUNCED].get(unit, 0)
    return work


def test_a_job_goes_on_where_heapwise_has_gone(
    programs: dict[str, Path], inputs: dict[str, Path]
) -> None:
    """A socket whose other end is closed holds nobody."""
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        done = subprocess.run(
            [programs["go-search"], "-root", inputs["go-search"]],
            env={**os.environ, "HEAPWISE_JOB": str(theirs.fileno())},
            pass_fds=[theirs.fileno()], capture_output=True, check=False, timeout=20,
        )  # fmt: skip
    assert done.returncode == 0
    assert json.loads(done.stdout)["work"] == JOBS["go-search"]


def test_a_limit_of_addresses_is_refused_for_go(
    programs: dict[str, Path], inputs: dict[str, Path]
) -> None:
    """Go reserves more of them than that before it begins, so it would die whatever it does."""
    words = (programs["go-memory"], "-input", inputs["go-memory"])
    limit = Limited(tuple(map(str, words)), 256 << 20, Way.ADDRESS_SPACE)
    limited = f"ulimit -v {limit.size >> 10}; exec {shlex.join(limit.command)}"
    done = subprocess.run(["sh", "-c", limited], capture_output=True, check=False, timeout=20)
    assert done.returncode != 0
    with pytest.raises(ToolchainError, match="memory of a Go program") as refused:
        must_start(GoBuild(), limit)
    assert "run as root" in refused.value.hint
    must_start(GoBuild(), Limited(limit.command, limit.size, Way.V2))
    must_start(PythonBuild(script="service.py"), limit)


def test_the_helper_of_the_manual_is_the_one_that_is_tested() -> None:
    """Each job has the same file, and the page has it to paste."""
    helpers = {(find_case(name).directory / "job.go").read_text() for name in JOBS}
    (helper,) = helpers
    assert helper.removeprefix("package main\n") in PAGE.read_text()


@contextmanager
def gateway(program: Path, variant: str) -> Iterator[str]:
    """A running gateway and its address; it and its child are ended."""
    (port,) = free_ports(1)
    words = words_of(find_case("go-gateway"), variant, port=str(port))
    with subprocess.Popen([program, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening on ")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_every_variant_of_the_gateway_gives_the_same_answer(programs: dict[str, Path]) -> None:
    """Compressed, of as many members as the other service knows, and counted."""
    answers = []
    for variant in find_case("go-gateway").lab.ladder:
        with gateway(programs["go-gateway"], variant) as url:
            request = Request(f"{url}/api/v1/teams/7", headers={"Accept-Encoding": "gzip"})
            with urlopen(request, timeout=10) as answer:
                assert answer.headers["Content-Encoding"] == "gzip"
                answers.append(json.loads(gzip.decompress(answer.read())))
            with urlopen(f"{url}/stats", timeout=10) as stats:
                assert json.loads(stats.read())["requests"] == 1
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0]["team"], answers[0]["size"]) == ("team 7", 60)
    assert answers[0]["members"][59]["name"] == "Member 59 of 7"


def test_the_other_service_ends_with_the_gateway(programs: dict[str, Path]) -> None:
    """However it ends: its standard input is closed then."""
    with gateway(programs["go-gateway"], "after"):
        assert len(running(programs["go-gateway"])) == 2
    deadline = time.monotonic() + 10
    while running(programs["go-gateway"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running(programs["go-gateway"]) == []
