"""HW201 for what is vendored: its files' names have no version, the service's go.mod has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.rules.dependencies.known_allocation_bug import find
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.finding import Finding
from support.profiles import profile
from support.stacks import compressing, floor

REQUESTS = 2_000
FILE = "/srv/app/vendor/github.com/go-chi/chi/middleware/compress.go"
VENDORED = (f"github.com/go-chi/chi/middleware.(*cw).Write ({FILE}:210)",)


def found(folder: Path, requires: str, *, source: bool = True) -> list[Finding]:
    """The findings in a service that vendors chi and requires this."""
    (folder / "main.go").write_text("package main\n")
    (folder / "go.mod").write_text(
        f"module example.org/app\n\ngo 1.22\n\nrequire (\n{requires}\n)\n"
    )
    samples = compressing(VENDORED, VENDORED, writers=REQUESTS)
    heap = profile([*samples, *floor(REQUESTS)])
    tree = SourceTree(folder, "go") if source else None
    return list(find(Case.of(heap, None, None, runtime="go", source=tree)))


def test_the_release_of_what_is_vendored_is_read_from_go_mod(tmp_path: Path) -> None:
    """With the source at hand the advice names the fixing release."""
    (finding,) = found(tmp_path, "\tgithub.com/go-chi/chi v3.3.4+incompatible")
    assert finding.module == "github.com/go-chi/chi@v3.3.4+incompatible"
    assert "go get github.com/go-chi/chi@v4.0.3" in finding.remedy


@pytest.mark.parametrize(
    "requires",
    ["\tgithub.com/go-chi/chi v4.1.0+incompatible", "\tgithub.com/go-chi/ch v3.3.4", ""],
)
def test_a_cured_or_unknown_release_is_left_in_peace(tmp_path: Path, requires: str) -> None:
    """A module whose path only begins alike is another one."""
    assert found(tmp_path, requires) == []


def test_without_source_nothing_is_guessed(tmp_path: Path) -> None:
    """The profile alone does not tell the release."""
    assert found(tmp_path, "\tgithub.com/go-chi/chi v3.3.4+incompatible", source=False) == []
