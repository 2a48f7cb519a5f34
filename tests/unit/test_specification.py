"""The tests read as a specification."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_says_in_a_sentence_what_holds(path: Path) -> None:
    """Each test function has a docstring that ends as sentences do."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            sentence = ast.get_docstring(node) or ""
            assert sentence.rstrip().endswith((".", "?", ":", "”")), f"{node.name}: {sentence!r}"
