"""What the rules about pools and concurrency say about the lines they point at."""

from __future__ import annotations

import pytest

from heapwise.diagnose.registry import RULES, SourceRule
from heapwise.diagnose.rules.pools.go_pools import pools, taken
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.match import Match


def parsed(*files: str, go: tuple[int, int] = (1, 24)) -> GoFile:
    """The first of the files of a package."""
    contents = {f"{index}.go": file.encode() for index, file in enumerate(files)}
    return GoPackage("", GoModule(path="example.org/a", go=go), contents).file("0.go")


def matches(code: str, file: GoFile) -> list[Match]:
    """What one rule finds in a file."""
    (rule,) = (each for each in RULES if code == each.CODE)
    assert isinstance(rule, SourceRule)
    return list(rule.LOOKS["go"].find(file))


POOL = """package a

import "sync"

var bufPool = sync.Pool{New: func() any { return make([]byte, 0, 64) }}
"""


def test_a_pool_is_known_in_every_file_of_its_package() -> None:
    """It is declared in one, and put back into in another."""
    user = "package a\n\nfunc f() {\n\tb := bufPool.Get().([]byte)\n\tbufPool.Put(b)\n}\n"
    (match,) = matches("HW601", parsed(user, POOL))
    assert (match.function, match.span.line) == ("f", 5)
    assert match.title == "bufPool holds []byte by value, so every Put allocates"


def test_two_pools_of_one_name_tell_nothing() -> None:
    """Fields of two structs may be called alike and hold different things."""
    other = POOL.replace("make([]byte, 0, 64)", "new([64]byte)")
    assert pools(parsed(POOL).package)["bufPool"].made == "[]byte"
    assert pools(parsed(POOL, other).package)["bufPool"].made == "?"


@pytest.mark.parametrize(
    ("get", "name", "kind", "copied"),
    [
        ("b := bufPool.Get().([]byte)", "b", "[]byte", False),
        ("b, ok := bufPool.Get().([]byte)", "b", "[]byte", False),
        ("b := *bufPool.Get().(*[]byte)", "b", "*[]byte", True),
        ("b := *(bufPool.Get().(*[]byte))", "b", "*[]byte", True),
        ("var b = bufPool.Get().(*T)", "b", "*T", False),
        ("b := bufPool.Get()", "b", "", False),
    ],
)
def test_what_a_variable_takes_from_a_pool(get: str, name: str, kind: str, copied: bool) -> None:
    """Its name and type, however the value is unwrapped."""
    (each,) = taken(parsed(f"{POOL}\nfunc f() {{\n\t{get}\n}}\n"))
    assert (each.pool, each.name, each.type, each.copied) == ("bufPool", name, kind, copied)


def test_fields_that_nobody_resets_are_named() -> None:
    """Those that the decoder fills; hidden ones are left alone."""
    code = """package a

import ("encoding/json"; "sync")

type msg struct {
	ID, Name string
	Data     map[string]string
	Raw      []byte `json:"-"`
	private  int
}

var msgs = sync.Pool{New: func() any { return new(msg) }}

func f(data []byte) error {
	m := msgs.Get().(*msg)
	defer msgs.Put(m)
	clear(m.Data)
	return json.Unmarshal(data, m)
}
"""
    (match,) = matches("HW605", parsed(code))
    assert "resets m.ID, m.Name between" in match.why


LOOP = """package a

func f(jobs []int, run func(int)) {
	for i, job := range jobs {
		go func() { run(i + job) }()
	}
}
"""


@pytest.mark.parametrize(
    ("go", "head", "found"),
    [
        ((1, 21), "", True),
        ((1, 22), "", False),
        ((1, 24), "//go:build go1.18\n\n", True),
        ((1, 24), "//go:build linux && go1.21\n\n", True),
        ((1, 24), "//go:build go1.22\n\n", False),
        ((1, 20), "//go:build go1.22\n\n", False),
        ((1, 24), "//go:build linux\n\n", False),
        ((1, 24), "//go:build !go1.20\n\n", False),
    ],
)
def test_which_files_share_their_loop_variables(
    go: tuple[int, int], head: str, found: bool
) -> None:
    """The go line says so, and a ``//go:build`` line of the file overrides it, both ways."""
    assert bool(matches("HW803", parsed(head + LOOP, go=go))) == found


def test_without_a_module_nothing_is_said_about_loops() -> None:
    """What a file is compiled as is not known then."""
    alone = GoPackage("", GoModule(), {"0.go": LOOP.encode()}).file("0.go")
    assert matches("HW803", alone) == []


def test_shared_loop_variables_are_copied_at_the_top_of_the_body() -> None:
    """All those that are used, in one line."""
    file = parsed(LOOP, go=(1, 21))
    (match,) = matches("HW803", file)
    (edit,) = match.edits
    mended = file.data[: edit.start] + edit.text.encode() + file.data[edit.end :]
    assert b"\n\t\ti, job := i, job\n\t\tgo func()" in mended
    assert matches("HW803", parsed(mended.decode(), go=(1, 21))) == []


def test_a_loop_that_moves_its_own_variable_is_not_patched() -> None:
    """A copy would no longer move the loop."""
    code = LOOP.replace("for i, job := range jobs {", "for i := 0; i < 9; i++ {\n\t\ti++").replace(
        "i + job", "i"
    )
    (match,) = matches("HW803", parsed(code, go=(1, 21)))
    assert match.edits == ()


def test_a_pool_is_only_advised_with_its_proof() -> None:
    """Half of the pools that people write lose: it is a guess until it was verified."""
    code = POOL.replace("var bufPool =", "func f() {\n\tpool :=") + "\tpool.Get()\n}\n"
    (match,) = matches("HW604", parsed(code))
    assert match.remedy.endswith("and prove it with heapwise verify.")


def test_where_a_pool_loses_its_remedy_is_to_do_without() -> None:
    """A copy of what is in a pooled buffer is the allocation that the pool was to save."""
    user = "\nfunc f(data []byte) []byte {\n\tb := bufPool.Get().([]byte)\n"
    user += "\tdefer bufPool.Put(b)\n\tout := append(b[:0], data...)\n"
    user += "\treturn append([]byte(nil), out...)\n}\n"
    (match,) = matches("HW602", parsed(POOL + user))
    assert match.remedy.endswith("leave the pool out.")
    assert match.case == ""
