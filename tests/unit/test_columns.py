"""Tables and paragraphs of plain text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heapwise.report.columns import WIDTH, Notes, clipped, joined, labelled, paragraph, table

CELLS = st.text(max_size=30)


def test_columns_line_up_and_the_last_one_wraps() -> None:
    """Figures to the right, words to the left, two blanks between."""
    lines = table([("a", "1"), ("bbb", "22")], "<>")
    assert lines == ["  a    1", "  bbb  22"]
    long = table([("name", "word " * 30)], "<<")
    assert len(long) == 2
    assert long[1].startswith(" " * 8 + "word")


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8))
def test_a_table_stays_in_its_width_and_is_printable(rows: list[tuple[str, str, str]]) -> None:
    """Whatever is in its cells: escapes may lengthen them, the last column gives way."""
    heads = max(len(repr(a)) for a, _, _ in rows) + max(len(repr(b)) for _, b, _ in rows)
    for line in table(rows, "<><"):
        assert line.isprintable()
        assert len(line) <= max(WIDTH, heads + 40)


def test_a_long_text_loses_its_middle() -> None:
    """Where a URL leads and how it ends tell more than the 8 KB between."""
    assert clipped("short") == "short"
    assert clipped("GET /a" + "x" * 8_000 + "end", 20) == "GET /axxxx … xxxxxxxend"


@given(st.text(max_size=400))
def test_a_paragraph_keeps_its_words_and_its_width(text: str) -> None:
    """Only blanks may go, and control characters are spelled out."""
    lines = paragraph(text, "    ", "1.  ")
    assert all(len(line) <= WIDTH and line.isprintable() for line in lines)
    assert lines[0].startswith("1.")
    words = "".join(line[4:].replace(" ", "") for line in lines)
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    assert words == shown.replace(" ", "")


def test_labels_without_a_text_are_left_out() -> None:
    """No empty line asks why it is there."""
    assert labelled([("a", "1"), ("b", "")]) == ["  a  1"]
    assert labelled([("b", "")]) == []


def test_the_same_reason_has_one_number() -> None:
    """Six latencies with one reason point to one line."""
    notes = Notes()
    assert [notes.mark("late"), notes.mark("torn"), notes.mark("late")] == ["[1]", "[2]", "[1]"]
    assert notes.lines() == ["  [1]  late", "  [2]  torn"]


def test_a_line_break_in_a_name_is_no_line_break() -> None:
    """The last fence: every line passes it."""
    assert joined(["a\nb", "c"]) == "a\\nb\nc\n"
