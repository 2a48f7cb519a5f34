"""What allocates on a line though the compiler does not say so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heapwise.diagnose.escape.syntax import told_by_line
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.model.escape import Reason

SOURCE = Path(__file__).parents[1] / "data" / "escape" / "syntax.go"
LINES = SOURCE.read_text().splitlines()
WANTED = {
    number: found[1]
    for number, line in enumerate(LINES, start=1)
    if (found := re.search(r"// ([A-Z_]+)$", line))
}


def parsed(data: bytes) -> GoFile:
    """A file of a package of its own."""
    return GoPackage("", GoModule(), {"lines.go": data}).file("lines.go")


@pytest.mark.parametrize("number", WANTED, ids=lambda n: LINES[n - 1].partition("//")[0].strip())
def test_a_line_tells_its_reason(number: int) -> None:
    """The reason stands in a comment; the clause shows the user's own words or names the cause."""
    told = told_by_line(parsed(SOURCE.read_bytes()), number)
    assert told is not None
    assert told.reason is Reason[WANTED[number]]
    assert told.sure == (12 < number < 22 or "m[" in LINES[number - 1])


def test_other_lines_tell_nothing() -> None:
    """Assignments to fields, constant sizes, arithmetic and blank lines allocate nothing."""
    file = parsed(SOURCE.read_bytes())
    told = {
        number: found.reason
        for number in range(1, len(LINES) + 5)
        if number not in WANTED and (found := told_by_line(file, number)) is not None
    }
    assert {LINES[number - 1].strip(): reason for number, reason in told.items()} == {}


def test_what_is_no_go_does_no_harm() -> None:
    """The grammar makes something of anything."""
    for data in (b"", b"\xff\xfe\0", b"func f() { m[", b"(" * 3_000):
        for line in (1, 2, 10_000):
            told_by_line(parsed(data), line)
