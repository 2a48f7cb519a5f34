"""Patches keep what code means: services with every patch there is answer as they did without."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from heapwise.diagnose.source.examine import in_source
from heapwise.fix.go_tools import GoTools
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.go.toolchain import find_go
from support.fixing import Small
from support.patterns import GO, go_binary, go_codes, go_service
from support.patterns_python import PYTHON
from support.pyservice import interpreter, require_agent
from support.rule_fixtures import fixtures

SHAPES = Path(__file__).parents[1] / "data" / "fix" / "shapes"

AT_ONCE, TIMES = 4, 3
"""So that what a patch keeps between requests is used again, and by several at a time."""


class Patched(NamedTuple):
    """A service of tests/data/patterns with every patch.

    Attributes:
        source: its directory.
        codes: of the rules that had a patch.
    """

    source: Path
    codes: frozenset[str]


class Answer(NamedTuple):
    """What a client gets."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


@pytest.fixture(scope="module")
def patched_go(tmp_path_factory: pytest.TempPathFactory) -> Patched:
    """The Go service."""
    return patched(GO, tmp_path_factory.mktemp("go"), "go", GoTools(find_go()))


@pytest.fixture(scope="module")
def patched_python(tmp_path_factory: pytest.TempPathFactory) -> Patched:
    """The Python service."""
    return patched(PYTHON, tmp_path_factory.mktemp("python"), "python", None)


def patched(service: Path, folder: Path, runtime: str, tools: GoTools | None) -> Patched:
    """A copy of a service with all patches together."""
    source = Path(shutil.copytree(service, folder / "src"))
    small = Small(source, runtime=runtime, tools=tools)
    made = [each for each in small.propose() if each.edits]
    small.write(*made)
    return Patched(source, frozenset(each.finding.code for each in made))


def answers(service: Endpoint, path: str) -> list[Answer]:
    """What a path answers to requests one after another, without the time of day."""
    connection = HTTPConnection(service.host, service.port, timeout=60)
    try:
        return [_answer(connection, path) for _ in range(TIMES)]
    finally:
        connection.close()


def _answer(connection: HTTPConnection, path: str) -> Answer:
    connection.request("GET", path)
    said = connection.getresponse()
    headers = [(name, text) for name, text in said.getheaders() if name != "Date"]
    return Answer(said.status, headers, said.read())


def all_answers(binary: Path) -> dict[str, list[Answer]]:
    """What every endpoint answers, several of them at a time."""
    paths = [f"/{code}/{side}" for code in go_codes() for side in ("before", "after")]
    with go_service(binary=binary) as service, ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(paths, pool.map(lambda path: answers(service, path), paths), strict=True))


@pytest.mark.go
def test_a_service_with_every_patch_answers_as_without(patched_go: Patched, tmp_path: Path) -> None:
    """Status, headers and body of every endpoint, byte for byte."""
    find_go().build(patched_go.source, tmp_path / "patched")
    without, behind = all_answers(go_binary()), all_answers(tmp_path / "patched")
    assert {answer.status for each in without.values() for answer in each} == {200}
    assert {path for path in without if without[path] != behind[path]} == set()


@pytest.mark.go
def test_values_at_the_edges_come_out_as_before(tmp_path: Path) -> None:
    """Nothing, nil, extreme numbers, bytes that are no text, errors, what is appended to a part."""
    without = printed(SHAPES, tmp_path / "without")
    shapes = patched(SHAPES, tmp_path, "go", GoTools(find_go()))
    assert printed(shapes.source, tmp_path / "behind") == without
    assert shapes.codes == {
        "HW101", "HW102", "HW304", "HW308", "HW401", "HW402", "HW403", "HW404", "HW405", "HW406",
        "HW501", "HW502", "HW503", "HW705", "HW808",
    }  # fmt: skip


def printed(source: Path, binary: Path) -> list[str]:
    """What a program says of itself."""
    find_go().build(source, binary)
    done = subprocess.run([binary], cwd=source, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.go
def test_vet_has_nothing_against_the_patches(patched_go: Patched) -> None:
    """Nor against what one of them mended, which it complained of before."""
    go = find_go()
    command = [str(go.path), "vet", "."]
    said = subprocess.run(
        command, cwd=patched_go.source, env=go.env, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("runtime", [pytest.param("go", marks=pytest.mark.go), "python"])
def test_every_rule_with_patches_is_proven_so(runtime: str, request: pytest.FixtureRequest) -> None:
    """What a rule can patch in its own corpus, it patches in the service that is run here."""
    able = {
        each.rule.CODE
        for fixture in fixtures()
        if (fixture.runtime, fixture.kind) == (runtime, "positive")
        for each in in_source(fixture.tree())
        if each.finding.fixable
    }
    assert able == request.getfixturevalue(f"patched_{runtime}").codes


PROGRAM = """
import importlib, sys
from endpoints import ROUTES
for name in sys.argv[1:]:
    importlib.import_module(name)
for route in ROUTES * 3:
    answer = route.endpoint(None)
    print(route.path, answer.status_code, answer.raw_headers, answer.body)
"""


def test_python_endpoints_with_every_patch_answer_as_without(patched_python: Patched) -> None:
    """The modules that have patches, called without a server."""
    require_agent()
    modules = sorted(path.stem for path in patched_python.source.glob("hw*.py")
                     if path.read_bytes() != (PYTHON / path.name).read_bytes())  # fmt: skip
    without, behind = (
        subprocess.run(
            [interpreter(), "-B", "-c", PROGRAM, *modules], cwd=folder, capture_output=True,
            text=True, check=True,
        ).stdout
        for folder in (PYTHON, patched_python.source)
    )  # fmt: skip
    assert modules
    assert without == behind
    assert without.count(" 200 ") == 3 * 2 * len(modules)
