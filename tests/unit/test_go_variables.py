"""Variables of Go functions: who uses them, when their code runs, and what may be declared."""

from __future__ import annotations

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, serves
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_names import declares_anew
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_values import binding, bound, stays


def go_file(code: str) -> GoFile:
    """A file on its own."""
    data = f"package p\n\n{code}".encode()
    return GoFile("p.go", data, GoPackage("", GoModule(), {"p.go": data}))


def made(file: GoFile) -> GoCall:
    """The call of ``make_``, of which there is one."""
    (call,) = file.calls("make_")
    return call


def test_a_variable_is_neither_a_key_nor_another_of_its_name() -> None:
    """A field's name in a literal is none of its uses, nor is what hides it in a block."""
    file = go_file("""func f() {
	x := make_()
	use(T{x: 1}, x)
	if x := other(); x != nil {
		use(x)
	}
	func() { use(x) }()
}
""")
    variable = bound(made(file).node)
    assert variable is not None
    assert [use.start_point.row + 1 for use in variable.uses()] == [5, 9]


def test_a_value_stays_where_nobody_can_keep_it() -> None:
    """Methods are called on it, and functions that are known are given it: nothing else."""
    kept = {
        "x.Close()": True,
        "defer x.Close()": True,
        "io.ReadAll(x)": True,
        "json.NewDecoder(x).Decode(v)": True,
        "d := json.NewDecoder(x); use(d)": False,
        "other(x)": False,
        "y := x; use(y)": False,
        "go x.Close()": False,
        "go io.ReadAll(x)": False,
        "return x": False,
        "later(func() { x.Close() })": False,
    }
    for statement, expected in kept.items():
        head = 'import (\n\t"encoding/json"\n\t"io"\n)\n\n'
        file = go_file(f"{head}func f() any {{\n\tx := make_()\n\t{statement}\n}}\n")
        variable = bound(made(file).node)
        assert variable is not None
        assert stays(file, variable, frozenset({"io.ReadAll"})) is expected, statement


def test_a_name_is_new_unless_its_own_block_has_it() -> None:
    """Declared before, in the same block or as a parameter or result; an outer block is another."""
    taken = {
        "func f() {\n\tx, err := make_()\n}": True,
        "func f() {\n\terr := g()\n\tx, err := make_()\n}": False,
        "func f() {\n\tvar err error\n\tx, err := make_()\n}": False,
        "func f(err error) {\n\tx, err := make_()\n}": False,
        "func f() (err error) {\n\tx, err := make_()\n}": False,
        "func f() (err error) {\n\tif true {\n\t\tx, err := make_()\n\t}\n}": True,
        "func f() {\n\tx, err := make_()\n\terr := g()\n}": True,
    }
    for code, new in taken.items():
        statement = binding(made(go_file(code)).node)
        assert statement is not None
        assert declares_anew(statement, "err") is new, code


def test_what_runs_once_is_told_from_what_runs_again() -> None:
    """A handler in main runs for each request, main itself and what sync.Once guards do not."""
    again = {
        "func main() {\n\tmake_()\n}": False,
        "func init() {\n\tmake_()\n}": False,
        "var x = make_()": False,
        "var x = sync.OnceValue(func() any { return make_() })": False,
        "func f() {\n\tonce.Do(func() { make_() })\n}": False,
        "func main() {\n\tfor range 3 {\n\t\tmake_()\n\t}\n}": True,
        "func main() {\n\thandle(func() { make_() })\n}": True,
        "func f() {\n\tmake_()\n}": True,
    }
    for code, expected in again.items():
        file = go_file(f'import "sync"\n\n{code}\n')
        assert (runs_again(file, made(file).node) is not None) is expected, code


def test_a_function_serves_that_is_given_a_request_or_lies_in_one() -> None:
    """Helpers of handlers count, and what a middleware returns."""
    file = go_file("""func middleware(next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) { defer func() { make_() }() }
}

func other(name string) { elsewhere() }
""")
    assert serves(made(file).node)
    (call,) = file.calls("elsewhere")
    assert text(call.node) == "elsewhere()"
    assert not serves(call.node)
