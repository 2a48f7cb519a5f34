"""A job's last line is its result, and anything else is told as what it is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ServiceError
from heapwise.lab.job_output import JobOutput, read_output

GOOD = '{"work": 3, "result": {"rows": 3, "name": "x", "ok": true}, "guard": {"hit": 0.5}}'


def written(tmp_path: Path, text: str) -> Path:
    """A file of what a job printed."""
    file = tmp_path / "stdout"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("text", [GOOD, f"{GOOD}\n", f"loading…\n{{}}\n{GOOD}\n\n"])
def test_the_last_line_is_the_result(tmp_path: Path, text: str) -> None:
    """What was printed before it, and empty lines after it, do not matter."""
    output = read_output(written(tmp_path, text))
    assert output.work == 3
    assert output.result == {"rows": 3, "name": "x", "ok": True}
    assert output.guard == {"hit": 0.5}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it printed nothing"),
        ("\n\n", "it printed nothing"),
        ("done", "in its last line 'done'"),
        ("[1]", "Expected `object`"),
        ('{"work": 3}', "missing required field `result`"),
        ('{"work": 3, "result": {}}', "result must hold something"),
        ('{"work": "3", "result": {"a": 1}}', "Expected `int`"),
        ('{"work": 3, "result": {"a": [1]}}', "got `array`"),
        ('{"work": 3, "result": {"a": 1}, "guard": {"b": "c"}}', "Expected `float`"),
        ('{"work": 3, "result": {"a": 1}, "more": 1}', "unknown field `more`"),
        (f"{GOOD}\n\x1b[2Jbye", "in its last line '\\x1b[2Jbye'"),
    ],
)
def test_anything_else_is_one_error(tmp_path: Path, text: str, why: str) -> None:
    """It quotes the line in plain text."""
    with pytest.raises(ServiceError) as caught:
        read_output(written(tmp_path, text))
    assert why in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.binary(max_size=200))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """It is a result or one error, whatever a program prints."""
    file = tmp_path_factory.mktemp("out") / "stdout"
    file.write_bytes(data)
    with suppress(ServiceError):
        assert isinstance(read_output(file), JobOutput)


def test_a_last_line_among_megabytes_is_found(tmp_path: Path) -> None:
    """Only the end is read."""
    file = written(tmp_path, f"{'x' * 3_000_000}\n{GOOD}")
    assert read_output(file).work == 3
