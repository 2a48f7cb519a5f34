"""The patches of every rule, on the corpus of the rules: they compile, and the pattern is gone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from heapwise.diagnose.found import Found
from heapwise.diagnose.source.examine import in_source
from heapwise.diagnose.source.tree import SourceTree
from heapwise.fix.go_tools import GoTools
from heapwise.fix.plan import Planner
from heapwise.fix.proposal import Source
from heapwise.fix.render import Renderer
from heapwise.runtimes.go.toolchain import find_go
from support.rule_fixtures import CORPUS, Fixture, fixtures

POSITIVE = [each for each in fixtures() if each.kind == "positive"]
GO = [each for each in POSITIVE if each.runtime == "go"]
PYTHON = [each for each in POSITIVE if each.runtime == "python"]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus, to write into."""
    return Path(shutil.copytree(CORPUS, tmp_path_factory.mktemp("corpus") / "rules"))


def mended(fixture: Fixture, corpus: Path, tools: GoTools | None) -> Path:
    """The fixture's source with every patch of its rule, which leave nothing more to patch."""
    folder = corpus / fixture.folder.relative_to(CORPUS)
    tree = SourceTree(folder, fixture.runtime)
    source = Source(tree.root, Renderer(fixture.runtime, tools))
    found = of_rule(fixture, folder)
    proposals = Planner(tree, source, tools).propose(found, range(1, len(found) + 1))
    made = [each for each in proposals if each.edits]
    for proposal in proposals:
        if found[proposal.number - 1].finding.fixable and not proposal.edits:
            assert "changes the same code" in proposal.why
    for path, data in source.after(made).items():
        (folder / path).write_bytes(data)
    assert len(of_rule(fixture, folder)) == len(found) - len(made)
    return folder


def of_rule(fixture: Fixture, folder: Path) -> list[Found]:
    """What the fixture's own rule finds in a folder."""
    found = in_source(SourceTree(folder, fixture.runtime))
    return [each for each in found if fixture.code == each.rule.CODE]


@pytest.mark.go
@pytest.mark.parametrize("fixture", GO, ids=str)
def test_patches_of_go_compile_and_leave_nothing_to_find(fixture: Fixture, copied: Path) -> None:
    """All that a rule offers for its own fixture, together in one package."""
    go = find_go()
    done = subprocess.run(
        [go.path, "vet", "-unusedresult=false", "-copylocks=false", "."],
        cwd=mended(fixture, copied, GoTools(go)), env=go.env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "vet: " not in done.stderr


@pytest.mark.parametrize("fixture", PYTHON, ids=str)
def test_patches_of_python_compile_and_leave_nothing_to_find(
    fixture: Fixture, copied: Path
) -> None:
    """The same for the other runtime."""
    for path in mended(fixture, copied, None).glob("*.py"):
        compile(path.read_bytes(), path, "exec")
