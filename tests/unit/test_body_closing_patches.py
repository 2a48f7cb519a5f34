"""HW702's patch: where ``defer …Close()`` is put in, and where a person has to think."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.diagnose.rules.network.body_not_closed import LOOKS
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.finding import Confidence

CHECK = "\tif err != nil {\n\t\treturn err\n\t}\n"


def matched(folder: Path, body: str) -> list[Match]:
    """What the rule finds in a function with this body."""
    head = 'package a\n\nimport ("io"; "net/http")\n\nfunc f(url string) error {\n'
    (folder / "a.go").write_text(f"{head}{body}\treturn nil\n}}\n")
    file = SourceTree(folder, "go").file("a.go")
    return list(LOOKS["go"].find(file))  # type: ignore[arg-type] # a Go tree has Go files


def test_it_stands_behind_the_check_of_the_error(tmp_path: Path) -> None:
    """There and nowhere else: before it the response may be nil."""
    (match,) = matched(
        tmp_path, "\tresp, err := http.Get(url)\n" + CHECK + "\tprintln(resp.Status)\n"
    )
    (edit,) = match.edits
    assert edit.text == "\n\tdefer resp.Body.Close()"
    assert (tmp_path / "a.go").read_bytes()[: edit.start].endswith(CHECK.rstrip().encode())


@pytest.mark.parametrize(
    "check",
    [
        "",
        "\tif resp != nil {\n\t\treturn nil\n\t}\n",
        "\tif err = g(); err != nil {\n\t\treturn err\n\t}\n",
        "\tif err != nil {\n\t\tprintln(err)\n\t}\n",
        "\tif err != nil {\n\t\treturn err\n\t} else {\n\t\tprintln(url)\n\t}\n",
    ],
)
def test_without_a_check_that_leaves_there_is_no_patch(tmp_path: Path, check: str) -> None:
    """The response could be nil where the defer would stand; the finding stays."""
    (match,) = matched(tmp_path, "\tresp, err := http.Get(url)\n" + check + "\tprintln(err)\n")
    assert match.edits == ()


def test_in_a_loop_and_with_a_goroutine_there_is_no_patch(tmp_path: Path) -> None:
    """A defer in a loop runs too late, one beside a goroutine perhaps too early."""
    inner = "\tresp, err := http.Get(url)\n" + CHECK
    (match,) = matched(tmp_path, "\tfor range 3 {\n" + inner + "\tprintln(resp.Status)\n\t}\n")
    assert match.edits == ()
    (match,) = matched(tmp_path, inner + "\tgo func() { println(resp.Status) }()\n")
    assert match.edits == ()


def test_a_body_that_is_read_up_is_less_certain_to_cost(tmp_path: Path) -> None:
    """Read to its end it gives its connection back; only other ways out keep it."""
    body = "\tresp, err := http.Get(url)\n" + CHECK
    (read,) = matched(tmp_path, body + "\tio.ReadAll(resp.Body)\n")
    (unread,) = matched(tmp_path, body + "\tprintln(resp.Status)\n")
    assert (read.confidence, unread.confidence) == (Confidence.MEDIUM, Confidence.HIGH)
    assert "not read to its end" in read.why
