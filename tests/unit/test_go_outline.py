"""What a Go file declares, told without parsing it."""

from __future__ import annotations

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_outline import outline

SOURCE = """package a

import "fmt"

const one, two = 1, 2

const (
	three = iota
	four
)

var (
	// five is said first
	five, six int
	seven = map[string]int{
		"eight": 8,
	}
)

type Nine struct{ ten int }

type (
	Größe[T any] []T
	alias = Nine
)

func (n *Nine) eleven(twelve int) { thirteen := twelve; fmt.Println(thirteen) }

func fourteen() {}
"""


def test_every_name_that_the_package_can_use_is_told() -> None:
    """Alone and in groups, several at a time, methods by their own names, in any script."""
    names = {name.decode() for name in outline(SOURCE.encode())}
    declared = {"one", "two", "three", "four", "five", "six", "seven", "Nine", "Größe", "alias"}
    assert names >= {*declared, "eleven", "fourteen"}
    assert not names & {"ten", "twelve", "thirteen", "fmt", "Println"}


def test_only_the_file_that_declares_a_name_is_parsed() -> None:
    """Others only mention it; and it is found in its own."""
    contents = {
        "a.go": b"package a\n\nfunc f() { x := limit; use(x) }\n",
        "b.go": b"package a\n\nvar (\n\tlimit = 3\n)\n",
    }
    package = GoPackage("", GoModule(), contents)
    found = package.variable("limit")
    assert found is not None
    assert found[0].path == "b.go"
    assert not package.file("a.go").was_parsed
    assert package.type("limit") is None
    assert package.variable("nowhere") is None


def test_what_no_text_matches_is_not_parsed() -> None:
    """Calls that a file cannot have cost no tree, and comments and strings are no calls."""
    data = b'package a\n\nfunc f() { /* load() */ print("load()"); reload(); x.load = 1 }\n'
    file = GoFile("a.go", data, GoPackage("", GoModule(), {"a.go": data}))
    assert not list(file.calls("store", ".store"))
    assert not file.was_parsed
    assert not list(file.calls("load", ".load"))
    assert [call.name for call in file.calls("reload")] == ["reload"]
