"""Files that patches touch: bytes of any kind come out whole, and links lead nowhere."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.diagnose.source.match import Edit
from heapwise.fix.diff import edits_between, edits_of_hunks, unified
from heapwise.fix.place import UnpatchableError, read
from heapwise.fix.place import write as write_file
from heapwise.fix.render import Renderer, touch
from support.fixing import Small, write

LINES = st.lists(
    st.sampled_from([b"a\n", b"b\n", b"", b"- x\r\n", b"+\xff\n", b"\x0cpage\n", b"@@ -1 +1 @@\n"]),
    max_size=12,
)
END = st.sampled_from([b"", b"no newline"])
TEXTS = st.builds(lambda lines, end: b"".join(lines) + end, LINES, END)


def edited(before: bytes, edits: tuple[Edit, ...]) -> bytes:
    """A file that is no source with some edits."""
    return Renderer("go", None).file("file.txt", before, edits, ())


@given(TEXTS, TEXTS)
def test_edits_between_two_files_make_the_one_into_the_other(before: bytes, after: bytes) -> None:
    """Whatever bytes they hold, and however they end."""
    plain = [data.replace(b"\r\n", b"\n") for data in (before, after)]
    assert edited(plain[0], edits_between("file.txt", *plain)) == plain[1]


@given(TEXTS, TEXTS)
def test_the_hunks_of_a_diff_are_edits_again(before: bytes, after: bytes) -> None:
    """Read back from a unified diff, they make the same file."""
    old, new = (data.replace(b"\r\n", b"\n") for data in (before, after))
    if not old.endswith(b"\n") or not new.endswith(b"\n"):
        old, new = old + b"\n", new + b"\n"
    diff = unified({"file.txt": old}, {"file.txt": new})
    assert edited(old, edits_of_hunks("file.txt", old, diff)) == new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\n", b"a\nc\n"),
        (b"a\nb", b"a\nc"),
        (b"a\nb", b"a\nb\n"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"\xff\n", b"\xfe\n"),
        (b"a\x0cb\nc\n", b"a\x0cb\nd\n"),
    ],
)
@pytest.mark.parametrize("name", ["plain.go", "with blank.go", "inner/ünï.go"])
def test_git_applies_the_diff(tmp_path: Path, before: bytes, after: bytes, name: str) -> None:
    """The real consumer makes the same bytes of it."""
    write(tmp_path, {name: before})
    diff = unified({name: before}, {name: after})
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-p1"], cwd=tmp_path, input=diff, check=True
    )
    assert (tmp_path / name).read_bytes() == after


SOURCE = b"""package p

import "regexp"

func f(s string) bool {
\treturn regexp.MustCompile(`a`).MatchString(s) // \xe4
}
"""


@pytest.mark.parametrize(
    "source", [SOURCE, SOURCE.replace(b"\n", b"\r\n"), SOURCE.removesuffix(b"\n")]
)
def test_line_ends_and_foreign_bytes_stay_as_they_are(tmp_path: Path, source: bytes) -> None:
    """Of a file with CRLF, without a last newline, and with bytes that are no UTF-8."""
    small = Small(write(tmp_path, {"p.go": source}), "HW401")
    (proposal,) = small.propose()
    after = small.source.after([proposal])["p.go"]
    newline = b"\r\n" if b"\r\n" in source else b"\n"
    assert after.count(b"\n") == after.count(newline) == source.count(b"\n") + 2
    assert b"fPattern.MatchString(s) // \xe4" in after
    assert after.endswith(newline) == source.endswith(newline)


BOM = b"\xef\xbb\xbf"


def test_a_byte_order_mark_stays_in_front(tmp_path: Path) -> None:
    """What is added above the first line comes behind it, in both languages."""
    small = Small(write(tmp_path / "go", {"p.go": BOM + SOURCE}), "HW401")
    (after,) = small.source.after(small.propose()).values()
    assert after.startswith(BOM + b"package p\n")
    source = BOM + b"x = 1\n"
    after = Renderer("python", None).file("p.py", source, [Edit("p.py", 7, 8, "2")], ["orjson"])
    assert after == BOM + b"import orjson\nx = 2\n"


def test_edits_touch_where_they_want_the_same_bytes() -> None:
    """Two additions at one place do not, nor does what only meets."""
    piece, inside = Edit("a.go", 4, 8, "x"), Edit("a.go", 6, 6, "x")
    assert touch(piece, inside)
    assert touch(piece, Edit("a.go", 7, 9, "x"))
    assert not touch(piece, Edit("a.go", 8, 9, "x"))
    assert not touch(piece, Edit("b.go", 4, 8, "x"))
    assert not touch(inside, inside)


@pytest.mark.parametrize("path", ["link.go", "folder/file.go", "../outside/file.go", "/etc/hosts"])
def test_nothing_outside_is_read_or_written(tmp_path: Path, path: str) -> None:
    """Not by a link to a file, a link to a folder, or a path that leaves."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    write(outside, {"file.go": b"theirs"})
    root.mkdir()
    (root / "link.go").symlink_to(outside / "file.go")
    (root / "folder").symlink_to(outside)
    with pytest.raises(UnpatchableError):
        read(root, path)
    with pytest.raises(UnpatchableError):
        write_file(root, path, b"ours")
    assert (outside / "file.go").read_bytes() == b"theirs"


def test_a_written_file_keeps_its_mode(tmp_path: Path) -> None:
    """And nothing is left beside it."""
    write(tmp_path, {"run.py": b"old"})
    (tmp_path / "run.py").chmod(0o750)
    write_file(tmp_path, "run.py", b"new")
    assert stat.S_IMODE((tmp_path / "run.py").stat().st_mode) == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["run.py"]
    assert read(tmp_path, "run.py") == b"new"


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    """Though replacing it would be possible."""
    write(tmp_path, {"p.go": SOURCE})
    (tmp_path / "p.go").chmod(0o444)
    (proposal,) = Small(tmp_path, "HW401").propose()
    assert proposal.why == "p.go is read-only"


def test_a_file_in_a_read_only_folder_is_left_alone(tmp_path: Path) -> None:
    """Another could not be put in its place."""
    folder = write(tmp_path, {"in/p.go": SOURCE}) / "in"
    folder.chmod(0o555)
    try:
        (proposal,) = Small(tmp_path, "HW401").propose()
    finally:
        folder.chmod(0o755)
    assert proposal.why == "in/p.go lies in a folder that is read-only"


@pytest.mark.skipif(shutil.which("mkfifo") is None, reason="there are no pipes to make")
def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    """Nobody waits for what somebody may write into it."""
    subprocess.run(["mkfifo", tmp_path / "p.go"], check=True)
    with pytest.raises(UnpatchableError, match="is no source file"):
        read(tmp_path, "p.go")
