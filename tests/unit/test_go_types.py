"""Types of Go expressions, from syntax alone: right, or nothing."""

from __future__ import annotations

import pytest

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_syntax import query, text
from heapwise.diagnose.source.go_types import type_of

DECLARED = b"""package p

import (
	"strconv"
	"strings"
)

type row struct {
	id, size int64
	names    []string
	next     *row
}

func (r *row) key() string        { return "" }
func (r row) count() (n int)      { return 0 }
func both() (int, error)          { return 0, nil }
func generic[T any](value T) T    { return value }

var prefix, width = "a", uint8(3)
var table = map[string][]int{}
"""


def typed(body: str, parameters: str = "") -> str:
    """The type of the argument of ``show`` in a function with this body."""
    data = DECLARED + f"func f({parameters}) {{\n{body}\n}}\n".encode()
    file = GoPackage("", GoModule(), {"a.go": data}).file("a.go")
    return type_of(file, argument(file))


def argument(file: GoFile) -> object:
    """What ``show`` is called with."""
    for nodes in query("(call_expression function: (identifier) @name) @call", file.root):
        if text(nodes["name"][0]) == "show":
            return file.call(nodes["call"][0]).arguments[0]
    raise AssertionError(file.data)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("1", "untyped int"),
        ("`a` + `b`", "untyped string"),
        ("prefix + `b`", "string"),
        ("2 * width", "uint8"),
        ("len(prefix) << 2", "int"),
        ("len(prefix) == 2", "bool"),
        ("!true", "untyped bool"),
        ("int64(width)", "int64"),
        ("[]byte(prefix)", "[]byte"),
        ("string(prefix[0])", "string"),
        ("prefix[0]", "byte"),
        ("prefix[1:]", "string"),
        ("table[prefix]", "[]int"),
        ("table[prefix][0]", "int"),
        ("row{}.next", "*row"),
        ("row{}.next.size", "int64"),
        ("(&row{}).key()", "string"),
        ("row{}.count()", "int"),
        ("&row{}", "*row"),
        ("*row{}.next", "row"),
        ("-(row{}.id)", "int64"),
        ("strconv.Itoa(1)", "string"),
        ("strings.Split(prefix, `,`)[0]", "string"),
        ("make(map[int]bool)", "map[int]bool"),
        ("append([]row{}, row{})", "[]row"),
    ],
)
def test_an_expression_has_the_type_that_a_compiler_gives_it(expression: str, kind: str) -> None:
    """Constants, operators, conversions, fields, methods, and calls that everybody knows."""
    assert typed(f"show({expression})") == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("x := 1; show(x)", "int"),
        ("x := 'a'; show(x)", "rune"),
        ("const x = 1; show(x)", "untyped int"),
        ("var x uint; show(x)", "uint"),
        ("x, err := both(); _ = err; show(x)", "int"),
        ("x, ok := table[prefix]; _ = ok; show(x)", "[]int"),
        ("x, ok := table[prefix]; _ = x; show(ok)", "bool"),
        ("a, b := 1, `b`; _ = a; show(b)", "string"),
        ("for i := range 10 { show(i) }", "int"),
        ("for key := range table { show(key) }", "string"),
        ("for _, list := range table { show(list) }", "[]int"),
        ("for _, name := range (row{}).names { show(name) }", "string"),
        ("for _, r := range prefix { show(r) }", "rune"),
        ("switch v := given.(type) {\ncase int: show(v)\n}", "int"),
        ("for _, each := range all { show(each) }", "string"),
        ("x := 1; { x := `a`; show(x) }", "string"),
    ],
)
def test_a_variable_has_the_type_of_its_nearest_declaration(body: str, kind: str) -> None:
    """However it is declared: by ``:=``, ``var``, a loop, a type switch or a parameter."""
    assert typed(body, "given any, all ...string") == kind


@pytest.mark.parametrize(
    "body",
    [
        "show(unheard)",
        "show(elsewhere.Count())",
        "show(given.size)",
        "show(generic(1))",
        "show(both())",
        "x := x; show(x)",
        "switch v := given.(type) {\ncase int, string: show(v)\n}",
        "v := 1; switch v := given.(type) {\ndefault: show(v)\n}",
        "for x := range c { show(x) }",
        "show(<-c)",
        "var len func(string) string; show(len(prefix))",
    ],
)
def test_what_the_syntax_does_not_say_has_no_type(body: str) -> None:
    """Other packages' values, generics, several cases at once, channels and shadowed names."""
    assert typed(body, "given fancy.Value, c chan int") == ""


def test_declarations_that_go_in_circles_end() -> None:
    """Hostile source has no type, and that is found out soon."""
    data = b"package p\nvar a = b\nvar b = a\nfunc f() { show(a) }\n"
    file = GoPackage("", GoModule(), {"a.go": data}).file("a.go")
    assert type_of(file, argument(file)) == ""
