"""Call paths of a run beside the compiler's log: which entry is meant, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.allocation import Allocation, CallSite, Weight
from heapwise.analysis.frames import Frame, frames_of
from heapwise.diagnose.case import Case
from heapwise.diagnose.escape import join
from heapwise.diagnose.escape.words import limits
from heapwise.diagnose.source.tree import SourceTree
from heapwise.formats.escapelog import read
from heapwise.model.escape import EscapeLog, Explanation, How, Reason

LIBRARY = "/usr/local/go/src"
FORMATTED = (
    Frame("fmt.Sprintf", f"{LIBRARY}/fmt/print.go", 239),
    Frame("main.page", "/build/app/page.go", 12),
)


def case(*paths: tuple[Frame, ...], source: Path | None = None, version: str = "") -> Case:
    """A run in which each path allocates 100 bytes."""
    sites = tuple(CallSite(path, Weight(size=100.0)) for path in paths)
    return Case(
        runtime="go",
        frames=frames_of("go"),
        spent=Allocation(sites, Weight(size=100.0 * len(sites)), Weight(), 0.0),
        live={},
        per_work=None,
        blocks={},
        version=version,
        source=SourceTree(source, "go") if source is not None else None,
    )


def text_log(tmp_path: Path, text: str) -> EscapeLog:
    """A log in the text form."""
    path = tmp_path / "build.log"
    path.write_text(text)
    return read(path)


def explained(log: EscapeLog, *path: Frame, source: Path | None = None) -> Explanation:
    """The explanation of one path."""
    return join(case(path, source=source), log).explanations[path]


def in_main(line: int, function: str = "page", file: str = "/build/app/page.go") -> Frame:
    """A frame of the service's own."""
    return Frame(f"main.{function}", file, line)


def test_a_line_of_the_log_explains_it(tmp_path: Path) -> None:
    """By file and line, though the service was built elsewhere; the flow becomes sentences."""
    log = text_log(
        tmp_path,
        "# example.org/app\n"
        "./page.go:7:2: u escapes to heap in newUser:\n"
        "./page.go:7:2:   flow: ~r0 ← &u:\n"
        "./page.go:7:2:     from &u (address-of) at ./page.go:8:9\n"
        "./page.go:7:2:     from return &u (return) at ./page.go:8:2\n"
        "./page.go:7:2: moved to heap: u\n",
    )
    assert explained(log, in_main(7, "newUser")) == Explanation(
        How.EXACT, Reason.RETURNED, "page.go:7", ("&u is returned by newUser (page.go:8)",)
    )


def test_the_files_of_two_packages_are_told_apart(tmp_path: Path) -> None:
    """The longest common end decides; a name that fits two files alike explains nothing."""
    log = text_log(
        tmp_path,
        "# example.org/app/a\n./a/page.go:7:2: moved to heap: mine\n"
        "# example.org/app/b\n./b/page.go:7:2: moved to heap: other\n",
    )
    found = explained(log, Frame("example.org/app/a.f", "/build/app/a/page.go", 7))
    assert found.sentences == ("mine moved to heap (page.go:7)",)
    assert explained(log, in_main(7)).how is How.CALLEE


def test_another_release_of_a_module_is_not_taken_for_it(tmp_path: Path) -> None:
    """Lines move from one to the next."""
    log = text_log(tmp_path, "/go/pkg/mod/a.org/x@v1.2.0/y/z.go:7:2: moved to heap: u\n")
    for version, how in (("v1.2.0", How.EXACT), ("v1.3.0", How.CALLEE)):
        file = f"/home/me/go/pkg/mod/a.org/x@{version}/y/z.go"
        assert explained(log, Frame("a.org/x/y.F", file, 7)).how is how


def test_a_service_built_without_paths_is_found() -> None:
    """`-trimpath` leaves the import path in place of the directory."""
    log = read(Path(__file__).parents[1] / "data" / "escape" / "json" / "go1.27")
    found = explained(log, in_main(8, "newUser", "example.org/app/user.go"))
    assert (found.how, found.where) == (How.EXACT, "user.go:8")


def test_the_library_of_another_release_is_not_taken_for_it() -> None:
    """The log says which compiler wrote it, the recording which release the service is of."""
    log = read(Path(__file__).parents[1] / "data" / "escape" / "json" / "go1.27")
    library = EscapeLog(
        entries={f"{LIBRARY}/fmt/print.go": {239: log.at("/src/app/user.go", 8)}},
        packages={f"{LIBRARY}/fmt/print.go": frozenset({"fmt"})},
        version="go1.27.3",
    )
    for version, how in (("go1.27.3", How.EXACT), ("go1.26.8", How.CALLEE)):
        joined = join(case(FORMATTED, version=version), library)
        assert joined.explanations[FORMATTED].how is how


def test_of_inlined_code_the_caller_of_the_path_is_looked_up() -> None:
    """The constructor's own entry says that it returns; its caller's, where the value goes."""
    log = read(Path(__file__).parents[1] / "data" / "escape" / "json" / "go1.27")
    leaf = in_main(8, "newUser", "/src/app/user.go")
    inlined = explained(log, leaf, in_main(13, "keep", "/src/app/user.go"))
    called = explained(log, leaf, in_main(99, "other", "/src/app/user.go"))
    assert inlined.sentences == (
        "&u is returned by newUser (user.go:13)",
        "the result is converted to an interface (user.go:13)",
        "the result is stored in kept (user.go:13)",
    )
    assert called.sentences == ("&u is returned by newUser (user.go:9)",)
    assert (inlined.reason, called.reason) == (Reason.STORED, Reason.RETURNED)


def test_a_neighbouring_line_counts_within_the_function(tmp_path: Path) -> None:
    """A statement over several lines is logged on one of them; the next function is another."""
    (tmp_path / "page.go").write_text(
        "package main\n\nfunc page() {\n\tcall(\n\t\tx,\n\t)\n}\n\nfunc next() { y }\n"
    )
    log = text_log(
        tmp_path, "./page.go:5:3: x escapes to heap\n./page.go:9:15: y escapes to heap\n"
    )
    assert explained(log, in_main(4), source=tmp_path).how is How.NEAR
    assert explained(log, in_main(7), source=tmp_path).sentences == (
        "x escapes to heap (page.go:5)",
    )
    assert explained(log, in_main(8), source=tmp_path).how is How.UNEXPLAINED


def test_a_map_that_grows_is_not_taken_for_its_neighbour(tmp_path: Path) -> None:
    """What always allocates on a line is surer than what is logged beside it."""
    (tmp_path / "page.go").write_text(
        "package main\n\nfunc page() {\n\tu := new(T)\n\tm[key] = u\n}\n"
    )
    log = text_log(tmp_path, "./page.go:4:7: new(T) escapes to heap\n")
    found = explained(log, in_main(5), source=tmp_path)
    assert (found.how, found.reason) == (How.SYNTAX, Reason.MAP)


def test_a_make_of_variable_size_is_a_trap(tmp_path: Path) -> None:
    """The log says that it does not escape, and it allocates; a constant one does not."""
    log = text_log(
        tmp_path,
        "./page.go:5:7: make([]byte, n) does not escape\n"
        "./page.go:9:7: make([]byte, 16) does not escape\n",
    )
    found = explained(log, in_main(5))
    assert (found.how, found.reason) == (How.EXACT, Reason.VARIABLE_SIZE)
    (sentence,) = found.sentences
    assert "a size that is only known at run time" in sentence
    assert "only the first 32 B find room on the stack (page.go:5)" in sentence
    assert explained(log, in_main(9)).how is How.UNEXPLAINED


@pytest.mark.parametrize("constant", ['"id"', '"a \\" b"', "5", "-1.5e+09", "true", "nil"])
def test_a_constant_in_an_interface_costs_nothing(tmp_path: Path, constant: str) -> None:
    """It is logged all the same, often before what does cost."""
    log = text_log(
        tmp_path,
        f"./page.go:5:7: {constant} escapes to heap\n./page.go:5:12: name escapes to heap\n"
        f"./page.go:50:7: {constant} escapes to heap\n",
    )
    assert explained(log, in_main(5)).sentences == ("name escapes to heap (page.go:5)",)
    assert explained(log, in_main(50)).how is How.UNEXPLAINED


def test_a_function_within_the_line_has_its_own_entries(tmp_path: Path) -> None:
    """Two functions share a line; the profile's name of the inner one tells which is meant."""
    (tmp_path / "page.go").write_text(
        "package main\n\nfunc page() {\n\tp := pool(func() any { return new(T) })\n}\n"
    )
    log = text_log(
        tmp_path,
        "./page.go:4:12: func literal escapes to heap\n./page.go:4:38: new(T) escapes to heap\n",
    )
    inner = explained(log, in_main(4, "page.func1"), source=tmp_path)
    outer = explained(log, in_main(4), source=tmp_path)
    assert inner.sentences == ("new(T) escapes to heap (page.go:4)",)
    assert outer.reason is Reason.CLOSURE


def test_what_a_library_does_is_its_own(tmp_path: Path) -> None:
    """Without its log only the place is known, and that is not counted as explained."""
    log = text_log(tmp_path, "./page.go:12:7: n escapes to heap\n")
    joined = join(case(FORMATTED), log)
    assert joined.explanations[FORMATTED].sentences == (
        "page calls fmt.Sprintf, which allocates (page.go:12)",
    )
    assert (joined.coverage.callee, joined.coverage.explained) == (1.0, 0.0)


def test_a_file_that_was_only_inlined_is_not_covered(tmp_path: Path) -> None:
    """The log of a service names library files, too, of which it knows next to nothing."""
    log = text_log(
        tmp_path,
        "# example.org/app\n./page.go:1:1: x escapes to heap\n"
        f"{LIBRARY}/fmt/print.go:9:1: moved to heap: p\n",
    )
    assert explained(log, *FORMATTED).how is How.CALLEE


@pytest.mark.parametrize(
    ("function", "file", "reason"),
    [
        ("reflect.unsafe_New", "malloc.go", Reason.REFLECTION),
        ("internal/bytealg.MakeNoZero", "slice.go", Reason.VARIABLE_SIZE),
        ("runtime.mallocgc", "malloc.go", Reason.RUNTIME),
    ],
)
def test_what_the_runtime_makes_is_told_by_the_function(
    tmp_path: Path, function: str, file: str, reason: Reason
) -> None:
    """Its lines never stand in a log."""
    log = text_log(tmp_path, "./page.go:1:1: x escapes to heap\n")
    found = explained(log, Frame(function, f"{LIBRARY}/runtime/{file}", 2162), in_main(12))
    assert (found.how, found.reason) == (How.SYNTAX, reason)


def test_the_shares_add_up_and_the_rest_is_named(tmp_path: Path) -> None:
    """Exact, near, by syntax, by callee, and what nobody can explain, the heaviest first."""
    log = text_log(tmp_path, "./page.go:5:7: x escapes to heap\n")
    made = Frame("reflect.unsafe_New", f"{LIBRARY}/runtime/malloc.go", 2162)
    found = join(
        case((in_main(5),), (in_main(6),), (in_main(90),), FORMATTED, (made,)), log
    ).coverage
    assert (found.exact, found.near, found.syntax, found.callee) == (0.2, 0.2, 0.2, 0.2)
    assert [(row.where, row.share) for row in found.rows] == [("main.page (page.go:90)", 0.2)]
    assert found.explained == pytest.approx(0.6)


def test_a_run_without_a_byte_has_no_shares(tmp_path: Path) -> None:
    """Nothing allocated, nothing to explain."""
    log = text_log(tmp_path, "./page.go:5:7: x escapes to heap\n")
    assert join(case(), log).coverage.explained == 0.0


def in_lines(first: int, last: int) -> Callable[[Frame], bool]:
    """Whether a frame is on some lines of the service's page."""
    return lambda frame: frame.file.endswith("page.go") and first <= frame.line <= last


def test_the_flow_of_a_finding_is_that_of_its_lines(tmp_path: Path) -> None:
    """The heaviest path through them that is explained; of what a callee does, the call as well."""
    (tmp_path / "page.go").write_text("package main\n" + "\n" * 20)
    log = text_log(
        tmp_path,
        "# example.org/app\n./page.go:12:7: n escapes to heap\n./page.go:3:7: u escapes to heap\n"
        f"# fmt\n{LIBRARY}/fmt/print.go:239:7: string(p.buf) escapes to heap\n",
    )
    run = case(FORMATTED, (in_main(3), in_main(19)), source=tmp_path)
    joined = join(run, log)
    sites = run.spent.sites
    assert joined.flow(in_lines(3, 4), sites) == ("u escapes to heap (page.go:3)",)
    assert joined.flow(in_lines(11, 13), sites) == (
        "page calls fmt.Sprintf (page.go:12)",
        "string(p.buf) copies the bytes (print.go:239)",
        "n escapes to heap (page.go:12)",
    )
    assert joined.flow(in_lines(15, 16), sites) == ()


@pytest.mark.parametrize(
    ("version", "limit"), [("go1.23.4", "10 MiB"), ("go1.24", "128 KiB"), ("go1.27.3", "128 KiB")]
)
def test_the_limit_is_the_compilers_own(version: str, limit: str) -> None:
    """Go 1.24 lowered that of variables."""
    assert f"{limit} for a variable" in limits(version)


STEPS = {
    "m[k] = v (assign)": (Reason.STORED, "v is stored in m[k]"),
    "c <- (~r0) (send)": (Reason.SENT, "the result is sent to c"),
    "u (captured by a closure)": (Reason.CAPTURED, "u is captured by a closure"),
    "f(g(1), u) (call parameter)": (Reason.PASSED, "u is passed to f, which may keep it"),
    "append(list, u) (call parameter)": (Reason.STORED, "u is appended to list"),
    "T{...} (struct literal element)": (Reason.STORED, "u is part of a struct"),
    "u (too large for stack)": (Reason.TOO_LARGE, "u is too large for the stack"),
    "return u, nil (return)": (Reason.RETURNED, "u, nil is returned by page"),
    "... argument (slice-literal-element)": (Reason.STORED, "u is a variadic argument"),
}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_words(tmp_path: Path, step: str) -> None:
    """The compiler's tags, in a sentence and as a class."""
    log = text_log(
        tmp_path,
        "./page.go:5:7: u escapes to heap:\n./page.go:5:7:   flow: {heap} ← &u:\n"
        f"./page.go:5:7:     from {step} at ./page.go:6:1\n./page.go:5:7: moved to heap: u\n",
    )
    found = explained(log, in_main(5))
    reason, words = STEPS[step]
    assert found.reason is reason
    assert found.sentences[0].startswith(words)


VALUES = {
    "string(b)": Reason.CONVERSION,
    "([]byte)(s)": Reason.CONVERSION,
    's + "x(" + t': Reason.CONCATENATION,
    "append(xs, x)": Reason.APPEND,
    "append": Reason.APPEND,
    "map[string]int{...}": Reason.MAP,
    "func literal": Reason.CLOSURE,
    "n + 1000": Reason.BOXED,
    "n": Reason.BOXED,
    "&T{...}": Reason.STORED,
    "http.Header{...}": Reason.STORED,
    "make([]int, 3 + n)": Reason.STORED,
}


@pytest.mark.parametrize("value", VALUES)
def test_what_a_value_is_comes_before_where_it_goes(tmp_path: Path, value: str) -> None:
    """A copy is made wherever it goes; a plain value that needs storage is boxed."""
    log = text_log(
        tmp_path,
        f"./page.go:5:7: {value} escapes to heap:\n"
        f"./page.go:5:7:   flow: {{heap}} ← &{{storage for {value}}}:\n"
        f"./page.go:5:7:     from {value} (spill) at ./page.go:5:7\n"
        f"./page.go:5:7:     from kept = {value} (assign) at ./page.go:5:1\n",
    )
    assert explained(log, in_main(5)).reason is VALUES[value]


def test_names_of_strangers_cannot_play_tricks(tmp_path: Path) -> None:
    """Control and direction characters are spelled out, and long expressions cut."""
    log = text_log(tmp_path, f"./page.go:5:7: moved to heap: \u202e\x1b[31m{'x' * 500}\n")
    (sentence,) = explained(log, in_main(5)).sentences
    assert sentence.isprintable()
    assert len(sentence) < 200


PIECES = st.sampled_from(
    ["flow: {heap} ← ", "  flow: ", "    from ", " (return)", " (assign)", " at ./page.go:5:1",
     "~r0", " = ", "append(", "make(", ", ", ")", "(", " + ", '"', "u", " escapes to heap",
     ":", " <- ", "moved to heap: ", " does not escape", "func literal", "\\", "{", "}", "[", "]",
     "\u202e"]
)  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=8))
def test_whatever_a_log_says_ends_in_few_printable_sentences(
    tmp_path_factory: pytest.TempPathFactory, messages: list[str]
) -> None:
    """Pieces of real lines in any order: at most four sentences, no error."""
    lines = [f"./page.go:5:7: {message}" for message in ["moved to heap: x", *messages]]
    found = explained(text_log(tmp_path_factory.getbasetemp(), "\n".join(lines)), in_main(5))
    assert found.how is How.EXACT
    assert 1 <= len(found.sentences) <= 4
    assert all(sentence.isprintable() for sentence in found.sentences)
