"""In what order the statements of a Go function run."""

from __future__ import annotations

import pytest

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import came_by, deferred, followed_by, scope_of
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_syntax import identifiers


def parsed(body: str) -> GoFile:
    """A file with one function of that body."""
    data = f"package one\n\nfunc f(x int) {{\n{body}\n}}\n".encode()
    return GoPackage("", GoModule(), {"one.go": data}).file("one.go")


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        ("a()\nb()", True, True),
        ("a()\nif x > 0 {\nb()\n}", True, False),
        ("if x > 0 {\na()\n}\nb()", False, True),
        ("if x > 0 {\na()\nreturn\n}\nb()", False, False),
        ("for range x {\na()\ncontinue\n}\nb()", False, False),
        ("func() {\na()\n}()\nb()", True, True),
        ("defer func() {\na()\n}()\nb()", True, True),
        ("go func() {\na()\n}()\nb()", False, False),
        ("if x > 0 {\na()\n} else {\nb()\n}", False, False),
        ("b()\na()", False, False),
    ],
)
def test_what_runs_before_and_after_what(body: str, before: bool, after: bool) -> None:
    """Whoever reaches ``b`` came by ``a``, and whoever passes ``a`` comes to ``b``, or not."""
    file = parsed(body)
    (a,), (b,) = file.calls("a"), file.calls("b")
    assert came_by(a.node, b.node) == before
    assert followed_by(a.node, b.node) == after


@pytest.mark.parametrize(
    ("body", "late"),
    [
        ("defer a()", True),
        ("defer func() {\na()\n}()", True),
        ("defer func() {\nif x > 0 {\na()\n}\n}()", True),
        ("a()", False),
        ("go a()", False),
        ("run(func() {\ndefer a()\n})", True),
        ("defer run(func() {\na()\n})", False),
    ],
)
def test_what_runs_when_the_function_ends(body: str, late: bool) -> None:
    """By ``defer`` itself, or in a literal that is deferred."""
    (call,) = parsed(body).calls("a")
    assert deferred(call.node) == late


def test_a_literal_called_on_the_spot_is_part_of_its_function() -> None:
    """Unlike one that is kept, or started by ``go``."""
    file = parsed("func() {\na()\n}()\ngo func() {\nb()\n}()\nkeep(func() {\nc()\n})")
    (a,), (b,), (c,) = file.calls("a"), file.calls("b"), file.calls("c")
    whole = file.functions[0].node
    assert scope_of(a.node) == whole
    assert scope_of(b.node) != whole
    assert scope_of(c.node) != whole


def test_a_field_of_the_same_name_is_no_use() -> None:
    """Neither after a dot nor as the key of a literal."""
    file = parsed("x = 1\ny := T{x: 2}\ny.x = 3\nprint(x)")
    assert [use.start_point.row for use in identifiers(file.functions[0].node, "x")] == [2, 3, 6]
