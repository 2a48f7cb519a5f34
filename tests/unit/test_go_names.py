"""Which declaration a name of a Go function means, and who means the same."""

from __future__ import annotations

import pytest

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_names import Local, declaration, variable
from heapwise.diagnose.source.go_syntax import identifiers


def body(code: str) -> GoFile:
    """A file with one function of that body."""
    data = f"package a\n\nfunc f(x int, c chan int) (err error) {{\n{code}\n}}\n".encode()
    return GoFile("a.go", data, GoPackage("", GoModule(), {"a.go": data}))


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("use(x)", 3),
        ("x := 1\nuse(x)", 4),
        ("if x := 1; x > 0 {\nuse(x)\n}", 4),
        ("if true {\nx := 1\n_ = x\n}\nuse(x)", 3),
        ("for x := range c {\nuse(x)\n}", 4),
        ("for x := 0; x < 3; x++ {\nuse(x)\n}", 4),
        ("select {\ncase x := <-c:\nuse(x)\n}", 5),
        ("var (\nx = 1\n)\nuse(x)", 5),
        ("const x = 1\nuse(x)", 4),
        ("func(x string) {\nuse(x)\n}(y)", 4),
        ("again:\nx := 1\nuse(x)", 5),
        ("use(x)\nx := 1", 3),
        ("g := func() {\nuse(x)\n}\nx := g", 3),
    ],
)
def test_the_nearest_declaration_is_meant(code: str, row: int) -> None:
    """Of the blocks around a name, before it."""
    (call,) = body(code).calls("use")
    found = declaration(call.arguments[0])
    assert found is not None
    assert found.start_point.row + 1 == row


def test_what_the_package_declares_is_no_local_variable() -> None:
    """Nor is the field of a value, or the key in a literal."""
    (call,) = body("use(limit, y.x, T{x: 1})").calls("use")
    limit, field, literal = call.arguments
    assert declaration(limit) is None
    assert variable(field) is None
    assert not list(identifiers(literal, "x"))


def test_a_value_does_not_mean_the_variable_it_becomes() -> None:
    """The right side of ``x := x + 1`` is of the outer one."""
    file = body("x := x + 1\nuse(x)")
    given, new, old, _ = identifiers(file.functions[0].node, "x")
    assert declaration(old) == declaration(given)
    assert declaration(new) != declaration(given)


def test_a_local_stands_alone() -> None:
    """In a statement of a block that declares nothing else."""
    file = body("a := 1\nb, c := 1, 2\nvar d int\nvar (\ne = 1\n)\nuse(a, b, d, e, x)")
    (call,) = file.calls("use")
    alone = [Local.of(each) is not None for each in call.arguments]
    assert alone == [True, False, True, False, False]
