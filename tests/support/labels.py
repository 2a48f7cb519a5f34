"""Findings in public projects, labelled by hand: right or wrong, and why.

Projects are releases that cannot change: modules of Go's proxy, and packages of the lock file. Of
each a sample is labelled, chosen by a hash of the finding, so that a rule that changes brings few
new ones. ``python -m support.labels`` (with tests/ on the path) prints those without a label.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from heapwise.diagnose.found import Found
from heapwise.diagnose.source.examine import in_source
from heapwise.diagnose.source.tree import SourceTree
from heapwise.runtimes.go.toolchain import find_go

LABELS = Path(__file__).parents[1] / "data" / "labels"
SAMPLE = 20
"""Findings of each project that are labelled; all of them where there are fewer."""


class Project(NamedTuple):
    """A release of a public project."""

    name: str
    runtime: str


PROJECTS = (
    Project("github.com/prometheus/alertmanager@v0.28.1", "go"),
    Project("github.com/caddyserver/caddy/v2@v2.10.2", "go"),
    Project("github.com/gohugoio/hugo@v0.150.0", "go"),
    Project("django", "python"),
    Project("celery", "python"),
    Project("gunicorn", "python"),
)


class Label(NamedTuple):
    """What a person said of a finding."""

    right: bool
    why: str


def folder(project: Project) -> Path:
    """The project's source; a module of Go is fetched from the proxy."""
    if project.runtime == "go":
        return _module(project.name)
    spec = find_spec(project.name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


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


def sample(project: Project) -> list[tuple[str, Found]]:
    """The findings that are to be labelled, each with its key."""
    found = {key(each): each for each in in_source(SourceTree(folder(project), project.runtime))}
    ranked = sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest())
    return [(name, found[name]) for name in ranked[:SAMPLE]]


def key(found: Found) -> str:
    """``HW402 dispatch/route.go:131``."""
    place = found.finding.place
    assert place is not None
    return f"{found.rule.CODE} {place.file}:{place.line}"


@cache
def labels(project: Project) -> dict[str, Label]:
    """The labels of a project, by the key of the finding."""
    path = LABELS / f"{project.name.partition('@')[0].rpartition('/')[2]}.toml"
    if project.name.partition("@")[0].endswith("/v2"):
        path = LABELS / f"{project.name.split('/')[-2]}.toml"
    data = tomllib.loads(path.read_text()) if path.is_file() else {}
    return {name: Label(each["right"], each["why"]) for name, each in data.items()}


def unlabelled() -> Iterator[str]:
    """What nobody looked at, with the lines it is about."""
    for project in PROJECTS:
        for name, found in sample(project):
            if name not in labels(project) and found.match is not None:
                place = found.match.span
                text = (folder(project) / place.file).read_text().splitlines()
                rows = text[max(0, place.line - 4) : place.end_line + 3]
                yield f"## {project.name}\n{name}: {found.finding.title}\n" + os.linesep.join(rows)


if __name__ == "__main__":
    for each in unlabelled():
        print(each, end="\n\n")  # noqa: T201 - it is its job
