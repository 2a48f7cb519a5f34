"""Findings in public projects, labelled by hand: right or wrong, and why.

Projects are releases that cannot change: modules of Go's proxy, and packages of Python's index. Of
each, two samples are labelled, chosen by a hash of the finding, so that a rule that changes brings
few new ones: of what is told without a recording, and of all that the rules recognise. A label says
whether the title is true of the line and the remedy keeps its meaning; of what is told it says also
whether the project's people would want to hear of it. ``python -m support.labels`` (with tests/ on
the path) prints those without a label.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from heapwise.diagnose.found import Found
from heapwise.diagnose.source.examine import in_source, stands_alone
from heapwise.diagnose.source.tree import SourceTree
from heapwise.runtimes.go.toolchain import find_go
from support.python_index import source_of

LABELS = Path(__file__).parents[1] / "data" / "labels"
SAMPLE = 20
"""Findings of each sample of a project; all of them where there are fewer."""


class Project(NamedTuple):
    """A release of a public project.

    Attributes:
        name: with its version.
        runtime: whose files count.
        sha256: of a package of Python; Go's own sums are checked by ``go``.
    """

    name: str
    runtime: str
    sha256: str = ""


PROJECTS = (
    Project("github.com/prometheus/alertmanager@v0.28.1", "go"),
    Project("github.com/caddyserver/caddy/v2@v2.10.2", "go"),
    Project("github.com/gohugoio/hugo@v0.150.0", "go"),
    Project("github.com/distribution/distribution/v3@v3.0.0", "go"),
    Project("github.com/zeromicro/go-zero@v1.8.5", "go"),
    Project(
        "mindsdb@26.1.0",
        "python",
        "f770ac7933b3dac0291b077ce16eee807c56079868a385a022154050a3b4509f",
    ),
    Project(
        "langchain-community@0.4.2",
        "python",
        "84dd8c5122532394d5b6849a5fc9995ef28e4f77227daeb09f24b3d942e9e466",
    ),
    Project(
        "ansible-core@2.19.14",
        "python",
        "d518d0e96fa75bedfe9b0a96d5b158aa712d092961824c115140c8677b88ff06",
    ),
)


class Label(NamedTuple):
    """What a person said of a finding."""

    right: bool
    why: str


class Samples(NamedTuple):
    """Findings of a project that are labelled, by `key`.

    Attributes:
        told: of those that are told without a recording.
        recognised: of all.
    """

    told: Mapping[str, Found]
    recognised: Mapping[str, Found]


def folder(project: Project) -> Path:
    """The project's source, fetched from the proxy of modules or the index of packages."""
    if project.runtime == "go":
        return _module(project.name)
    package, _, version = project.name.partition("@")
    return source_of(package, version, project.sha256)


@cache
def _module(name: str) -> Path:
    go = find_go()
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "go.mod").write_text("module scratch\n\ngo 1.24\n")
        done = subprocess.run(
            [go.path, "mod", "download", "-json", name],
            cwd=scratch, env=go.env | {"GOFLAGS": "-mod=mod"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    answer = json.loads(done.stdout)
    assert "Dir" in answer, answer.get("Error", done.stderr)
    return Path(answer["Dir"])


@cache
def samples(project: Project) -> Samples:
    """The findings that are to be labelled."""
    tree = SourceTree(folder(project), project.runtime)
    found = list(in_source(tree))
    told = (each for each in found if each.match is not None and stands_alone(tree, each.match))
    return Samples(_some(told), _some(found))


def _some(found: Iterable[Found]) -> Mapping[str, Found]:
    by_key = {key(each): each for each in found}
    ranked = sorted(by_key, key=lambda name: hashlib.sha256(name.encode()).digest())
    return {name: by_key[name] for name in ranked[:SAMPLE]}


def key(found: Found) -> str:
    """``HW402 dispatch/route.go:131``."""
    place = found.finding.place
    assert place is not None
    return f"{found.rule.CODE} {place.file}:{place.line}"


@cache
def labels(project: Project) -> Mapping[str, Label]:
    """The labels of a project, by the key of the finding."""
    path, _, last = project.name.partition("@")[0].rpartition("/")
    name = path.rpartition("/")[2] if last[:1] == "v" and last[1:].isdecimal() else last
    file = LABELS / f"{name}.toml"
    data = tomllib.loads(file.read_text()) if file.is_file() else {}
    return {name: Label(each["right"], each.get("why", "")) for name, each in data.items()}


def unlabelled(project: Project) -> Mapping[str, Found]:
    """What nobody looked at."""
    every = {**samples(project).told, **samples(project).recognised}
    return {name: each for name, each in every.items() if name not in labels(project)}


def _shown(project: Project) -> Iterator[str]:
    """What nobody looked at, with the lines it is about."""
    for name, found in unlabelled(project).items():
        assert found.match is not None
        place, told = found.match.span, "told" if name in samples(project).told else "recognised"
        text = (folder(project) / place.file).read_text().splitlines()
        rows = text[max(0, place.line - 4) : place.end_line + 3]
        yield f"## {project.name}, {told}\n{name}: {found.finding.title}\n" + os.linesep.join(rows)


if __name__ == "__main__":
    for project in PROJECTS:
        for each in _shown(project):
            print(each, end="\n\n")  # noqa: T201 - it is its job
