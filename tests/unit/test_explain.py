"""``heapwise explain``: every code has a page, and a wrong code gets the right one suggested."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from heapwise.cli.explain import command
from heapwise.diagnose.registry import RULES, SECTIONS
from heapwise.errors import UsageError


def explain(*args: str) -> str:
    """What the command prints."""
    return CliRunner().invoke(command, args, catch_exceptions=False).stdout


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_a_code_is_explained_section_by_section(rule: object) -> None:
    """By code in any case and by name: the rule's own docstring."""
    code, name = rule.CODE, rule.NAME  # type: ignore[attr-defined] # parametrised over RULES
    page = explain(code)
    lines = page.splitlines()
    assert lines[0] == f"{code} {name}"
    assert [line for line in lines if line in SECTIONS] == list(SECTIONS)
    assert explain(code.lower()) == explain(name) == page


def test_without_a_code_all_are_listed() -> None:
    """One line a rule."""
    listed = explain().splitlines()
    assert [line.split()[0] for line in listed] == [rule.CODE for rule in RULES]


def test_code_in_a_page_keeps_its_shape() -> None:
    """Examples are indented as they were written."""
    assert "      zw := gzip.NewWriter(w)" in explain("HW101").splitlines()


@pytest.mark.parametrize(("typed", "meant"), [("HW1O1", "HW101"), ("hw21", "HW201")])
def test_a_mistyped_code_gets_the_nearest_one(typed: str, meant: str) -> None:
    """An error with a suggestion, and the exit code of wrong usage."""
    with pytest.raises(UsageError) as refused:
        explain(typed)
    assert meant in refused.value.hint
    assert refused.value.exit_code == 2


def test_an_unknown_code_is_told_how_to_list_them() -> None:
    """Nothing near: the way to all of them."""
    with pytest.raises(UsageError, match="no rule has the code") as refused:
        explain("x" * 500)
    assert "heapwise explain" in refused.value.hint
    assert len(refused.value.what) < 100
