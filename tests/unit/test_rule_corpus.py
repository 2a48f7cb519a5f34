"""The rules on the corpus: every marked line is found, and no other."""

from __future__ import annotations

import subprocess

import pytest

from heapwise.diagnose.registry import RULES, SourceRule
from heapwise.runtimes.go.toolchain import find_go
from support.rule_fixtures import CORPUS, KINDS, Fixture, fixtures

SOURCE_RULES = [rule for rule in RULES if isinstance(rule, SourceRule)]


@pytest.mark.parametrize("fixture", fixtures(), ids=str)
def test_exactly_the_marked_lines_are_found(fixture: Fixture) -> None:
    """Precision and recall are one on the corpus, over all rules together."""
    assert fixture.found() == fixture.wanted()


@pytest.mark.parametrize("fixture", fixtures(), ids=str)
def test_fixtures_are_what_their_folder_says(fixture: Fixture) -> None:
    """A positive has its own code marked, the others have it nowhere; all of it is read."""
    codes = {marked.code for marked in fixture.wanted()}
    assert (fixture.code in codes) == (fixture.kind == "positive")
    tree = fixture.tree()
    assert list(tree.files()), "no source file"
    assert not tree.unread


@pytest.mark.parametrize("rule", SOURCE_RULES, ids=lambda rule: rule.CODE)
def test_every_rule_has_its_fixtures(rule: SourceRule) -> None:
    """Of each runtime that a rule looks at: where it fires, where not, and where nearly."""
    for runtime in rule.LOOKS:
        kinds = {path.name for path in (CORPUS / rule.CODE / runtime).glob("*")}
        assert kinds == set(KINDS), f"{rule.CODE}/{runtime}"


@pytest.mark.go
def test_the_go_fixtures_compile() -> None:
    """What no compiler accepts proves nothing about a rule; unused code in it is fine."""
    go = find_go()
    done = subprocess.run(
        [go.path, "vet", "-unusedresult=false", "-copylocks=false", "./..."],
        cwd=CORPUS, env=go.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    broken = [line for line in done.stderr.splitlines() if "vet: " in line or "syntax" in line]
    assert not broken
