"""The logs of Go's escape analysis: both forms, of real compilers, damaged and hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.escapelog import collector, read
from heapwise.model.escape import EscapeEntry, EscapeKind, EscapeLog, Position, Step

DATA = Path(__file__).parents[1] / "data" / "escape"
HEADER = {
    "version": 0, "package": "main", "goos": "linux", "goarch": "amd64",
    "gc_version": "go1.27.3", "file": "/src/app/user.go",
}  # fmt: skip
ESCAPING = {
    "range": {"start": {"line": 3, "character": 5}, "end": {"line": 3, "character": 5}},
    "severity": 3, "code": "escape", "source": "go compiler", "message": "u escapes to heap",
}  # fmt: skip


def written(tmp_path: Path, *lines: object) -> Path:
    """A directory with one JSON file, of whole lines or of bytes."""
    data = [
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
        for line in lines
    ]
    (tmp_path / "main").mkdir(exist_ok=True)
    (tmp_path / "main" / "user.json").write_bytes(b"\n".join(data) + b"\n")
    return tmp_path


def only(log: EscapeLog) -> EscapeEntry:
    """The single entry of a log."""
    (lines,) = log.entries.values()
    (entries,) = lines.values()
    (entry,) = entries
    return entry


def test_an_entry_of_the_json_log_has_its_flow_in_order() -> None:
    """A real file of Go 1.27: position, expression, steps, compiler and package."""
    log = read(DATA / "json" / "go1.27")
    assert (log.version, log.unread) == ("go1.27.3", 0)
    assert log.packages == {"/src/app/user.go": frozenset({"main"})}
    own = [each for each in log.at("/src/app/user.go", 8) if not each.callers]
    place = "/src/app/user.go"
    assert own == [
        EscapeEntry(
            Position(place, 8, 2),
            "u",
            EscapeKind.MOVED,
            (
                Step("~r0 ← &u", "", Position(place, 9, 9)),
                Step("&u", "address-of", Position(place, 9, 9)),
                Step("return &u", "return", Position(place, 9, 2)),
            ),
        )
    ]


def test_what_was_inlined_is_an_entry_of_its_own_line_with_its_callers() -> None:
    """Inlined code keeps its line in profiles, so that is where its entry is looked for."""
    log = read(DATA / "json" / "go1.27")
    inlined = [each for each in log.at("/src/app/user.go", 8) if each.callers]
    assert [(each.what, [c.line for c in each.callers]) for each in inlined] == [
        ("u", [13]),
        ("u", [13, 21]),
    ]
    assert inlined[0].steps[-1] == Step("kept = ~r0", "assign", Position("/src/app/user.go", 13, 7))


@pytest.mark.parametrize("release", ["go1.26", "go1.27"])
def test_both_forms_tell_the_same_of_what_escapes(release: str) -> None:
    """One compiler's two logs of one file agree on place, expression and steps."""
    as_json, as_text = read(DATA / "json" / release), read(DATA / "text" / f"{release}-m2.txt")

    def told(log: EscapeLog, file: str) -> set[tuple[object, ...]]:
        return {
            (line, each.at.column, each.what, each.kind, *((s.text, s.tag) for s in each.steps))
            for line, entries in log.entries[file].items()
            for each in entries
            if each.kind is not EscapeKind.STAYS and not each.callers and line < 12
        }

    assert told(as_json, "/src/app/user.go") == told(as_text, "user.go") != set()


def test_a_summary_tells_what_and_that_is_all() -> None:
    """`-m` prints no flows; `moved to heap` has another shape and counts as well."""
    log = read(DATA / "text" / "go1.27-m.txt")
    assert [(e.what, e.kind, e.steps) for e in log.at("user.go", 8)] == [
        ("u", EscapeKind.MOVED, ())
    ]
    assert [(e.what, e.kind) for e in log.at("user.go", 17)] == [
        ("make([]byte, n)", EscapeKind.STAYS)
    ]


def test_headers_without_the_function_are_read() -> None:
    """Older compilers print `u escapes to heap:`, without the function."""
    log = read(DATA / "text" / "old-m2.txt")
    (entry,) = log.at("user.go", 8)
    assert (entry.what, entry.kind) == ("u", EscapeKind.MOVED)
    assert [step.tag for step in entry.steps] == ["", "address-of", "return"]


def test_a_leaking_parameter_is_no_allocation(tmp_path: Path) -> None:
    """Its flow has the same shape and belongs to no entry."""
    path = tmp_path / "log.txt"
    path.write_text(
        "./a.go:3:8: parameter v leaks to {heap} for sink with derefs=0:\n"
        "./a.go:3:8:   flow: {heap} ← v:\n"
        "./a.go:3:8:     from kept = v (assign) at ./a.go:3:20\n"
        "./a.go:3:8: leaking param: v\n"
        "./a.go:9:2: moved to heap: u\n"
    )
    assert only(read(path)).what == "u"


def test_other_output_of_a_build_is_passed_over(tmp_path: Path) -> None:
    """Downloads, warnings and inlining stand in the same stream."""
    path = tmp_path / "log.txt"
    path.write_text(
        "go: downloading example.org/x v1.0.0\n# example.org/app\n"
        "./a.go:3:6: can inline f with cost 3 as: func() { }\r\n"
        "./a.go:9:2: moved to heap: u\r\n"
        "ld: warning: duplicate\n<autogenerated>:1: leaking param: .this\n"
    )
    log = read(path)
    assert only(log).at == Position("a.go", 9, 2)
    assert log.packages == {"a.go": frozenset({"example.org/app"})}


def test_a_damaged_line_is_counted_and_the_others_are_read(tmp_path: Path) -> None:
    """Cut off, nested without end, of other types, or no UTF-8: one line each is lost."""
    deep = b'{"code":"escape","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    other = {**ESCAPING, "range": 7}
    half = json.dumps(ESCAPING).encode()[:-20]
    raw = b'{"code":"escape","message":"\xff\xfe"}'
    log = read(written(tmp_path, HEADER, half, deep, other, raw, ESCAPING))
    assert only(log).what == "u"
    assert log.unread == 4


def test_repetitions_without_a_message_are_skipped(tmp_path: Path) -> None:
    """The compiler logs most entries twice, the second time without words."""
    log = read(written(tmp_path, HEADER, ESCAPING, {**ESCAPING, "message": ""}, ESCAPING))
    assert (only(log).what, log.unread) == ("u", 0)


def test_a_line_without_end_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a file is held in memory but a line of limited length."""
    monkeypatch.setattr(collector, "MAX_LINE", 400)
    long = {**ESCAPING, "message": "x" * 1_000 + " escapes to heap"}
    log = read(written(tmp_path, HEADER, long, ESCAPING))
    assert (only(log).what, log.unread) == ("u", 1)


def test_entries_beyond_the_limit_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log made to fill the memory does not."""
    monkeypatch.setattr(collector, "MAX_ENTRIES", 1)
    log = read(written(tmp_path, HEADER, ESCAPING, {**ESCAPING, "message": "v escapes to heap"}))
    assert (only(log).what, log.unread) == ("u", 1)


@pytest.mark.parametrize("line", [0, -1, 1 << 40])
def test_a_place_that_cannot_be_is_no_entry(tmp_path: Path, line: int) -> None:
    """Lines count from one and have an end."""
    nowhere = {**ESCAPING, "range": {"start": {"line": line, "character": 1}}}
    assert only(read(written(tmp_path, HEADER, nowhere, ESCAPING))).at.line == 3


@pytest.mark.parametrize("header", [b"", b"{}", b"[]", {**HEADER, "version": 1}])
def test_a_file_with_another_header_is_not_read(tmp_path: Path, header: object) -> None:
    """Another version of the format may mean anything."""
    with pytest.raises(ProfileError, match="no entry of the compiler's escape analysis"):
        read(written(tmp_path, header, ESCAPING))


def test_what_is_no_log_is_said_in_one_line(tmp_path: Path) -> None:
    """Missing, empty, or something else: what, and how one is made."""
    for path in (tmp_path / "missing", tmp_path, Path("/dev/null")):
        with pytest.raises(ProfileError) as caught:
            read(path)
        assert "-gcflags=all=-json=0,/absolute/dir" in caught.value.hint
        assert "\n" not in str(caught.value)


REAL = [
    (DATA / "json" / "go1.27" / "main" / "user.json").read_bytes(),
    (DATA / "text" / "go1.27-m2.txt").read_bytes(),
    (DATA / "text" / "old-m2.txt").read_bytes(),
]


@given(st.sampled_from(REAL), st.data())
def test_no_damage_ends_in_anything_but_an_error(
    tmp_path_factory: pytest.TempPathFactory, real: bytes, data: st.DataObject
) -> None:
    """Any piece of a real log, with any bytes put anywhere, is read or refused."""
    start = data.draw(st.integers(0, len(real)))
    end = data.draw(st.integers(start, len(real)))
    noise = data.draw(st.binary(max_size=20) | st.sampled_from([b" (", b") at ", b"\n", b": "]))
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(real[:start] + noise + real[end:])
    try:
        log = read(path)
    except ProfileError:
        return
    lines = real.count(b"\n") + 2
    assert sum(len(each) for file in log.entries.values() for each in file.values()) <= lines


EXPRESSIONS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\x85"),
    min_size=1, max_size=30,
).filter(lambda text: not text.startswith("append"))  # fmt: skip


@given(EXPRESSIONS, st.integers(1, 9_999), st.integers(1, 999))
def test_any_expression_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, what: str, line: int, column: int
) -> None:
    """Quotes, brackets and letters of every script, in the JSON form."""
    place = {"line": line, "character": column}
    path = tmp_path_factory.getbasetemp()
    entry = {**ESCAPING, "range": {"start": place}, "message": f"{what} escapes to heap"}
    found = only(read(written(path, HEADER, entry) / "main" / "user.json"))
    assert (found.what, found.at.line, found.at.column) == (what, line, column)
