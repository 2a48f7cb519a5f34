"""One Go file as rules see it: calls by what they mean, names, loops, functions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import query, text


def go_file(code: str | bytes, name: str = "a.go") -> GoFile:
    """A file in a package of its own."""
    data = code.encode() if isinstance(code, str) else code
    return GoPackage("", GoModule(), {name: data}).file(name)


CALLS = """package a

import (
	"encoding/json"
	re "regexp"
	"math/rand/v2"
	_ "net/http/pprof"
)

func (s *Store[K]) Load(json decoder) {
	json.Decode()
	re.MustCompile("x")
	rand.N(3)
	s.db.Exec("insert")
	helper(1, /* two */ 2)
	func() {}()
}

func outside() { json.Marshal(nil) }
"""


def test_calls_are_named_by_what_they_call() -> None:
    """Imports by their path whatever they are called here; a parameter of that name is none."""
    names = sorted(call.name for call in go_file(CALLS).calls())
    assert names == [
        "", ".Decode", ".Exec", "encoding/json.Marshal", "helper", "math/rand/v2.N",
        "regexp.MustCompile",
    ]  # fmt: skip


def test_arguments_leave_comments_out() -> None:
    """Two, not three."""
    (call,) = go_file(CALLS).calls("helper")
    assert [text(each) for each in call.arguments] == ["1", "2"]


def test_functions_have_the_names_of_profiles() -> None:
    """Receivers as the runtime writes them, type parameters as dots."""
    assert [function.name for function in go_file(CALLS).functions] == [
        "(*Store[...]).Load", "outside",
    ]  # fmt: skip


LOOPS = """package a

func f(xs []int) {
	for i := first(); i < last(); i++ {
		body()
		func() { called() }()
		go func() { started() }()
		later := func() { kept() }
		_ = later
	}
	for range source() {
	}
}
"""


@pytest.mark.parametrize(
    ("call", "inside"),
    [
        ("body", True), ("called", True), ("started", True),
        ("first", False), ("last", False), ("kept", False), ("source", False),
    ],
)  # fmt: skip
def test_a_loop_runs_its_body(call: str, inside: bool) -> None:
    """Not what it starts or ends with, and not what a function does that is only made there."""
    (found,) = go_file(LOOPS).calls(call)
    assert (loop_around(found.node) is not None) == inside


def test_a_name_means_its_nearest_declaration_before_it() -> None:
    """Parameters, := and var; not what is declared after it or in another block."""
    code = "package a\nfunc f(a int) {\n\tif true {\n\t\tb := a\n\t\t_ = b\n\t}\n\t_ = b\n}\n"
    found = [
        declaration(nodes["name"][0])
        for nodes in query(
            "(assignment_statement right: (_ (identifier) @name))", go_file(code).root
        )
    ]
    assert [node is not None for node in found] == [True, False]


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    """Whatever a file holds: no error, only nothing found."""
    file = go_file(b"package a\nfunc f() {\n" + data + b"\n}\n")
    list(file.calls())
    assert file.function_of_line(1) is None or file.functions
    assert isinstance(file.imports, dict)
