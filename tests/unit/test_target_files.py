"""Target files and pipes are read with limits, and no further than asked."""

from __future__ import annotations

import os
import threading
from itertools import islice
from pathlib import Path

import pytest

from heapwise.cli import target_files
from heapwise.cli.target_files import read_targets, stream_targets
from heapwise.errors import TargetError


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    """What a shell's <(…) names is no regular file, and holds targets all the same."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("GET http://a/1\nGET http://a/2\n",))
    writer.start()
    targets = read_targets((), pipe, "http")
    writer.join()
    assert [target.url for target in targets] == ["http://a/1", "http://a/2"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("http", "GET http://a/1\nX: 1\n\nGET http://a/2\n\nnonsense\n"),
        ("json", '{"method":"GET","url":"http://a/1"}\n\n{"method":"GET","url":"http://a/2"}\n{'),
    ],
)
def test_no_more_is_read_than_asked(form: str, text: str, tmp_path: Path) -> None:
    """What comes after the last target that is wanted may be anything."""
    file = tmp_path / "targets"
    file.write_text(text)
    targets = list(islice(stream_targets((), file, form, lambda: True), 2))
    assert [target.url for target in targets] == ["http://a/1", "http://a/2"]
    with pytest.raises(TargetError, match="targets:"):
        read_targets((), file, form)


def test_input_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many lines nor one long one fill the memory."""
    monkeypatch.setattr(target_files, "MAX_INPUT", 100)
    file = tmp_path / "targets"
    for text in ("GET http://a/\n" * 10, "GET http://a/" + "x" * 1000):
        file.write_text(text)
        with pytest.raises(TargetError, match="larger than 256 MiB"):
            read_targets((), file, "http")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.mkdir, "Is a directory"),
        (lambda _path: None, "No such file"),
        (lambda path: path.write_bytes(b"GET http://a/\n\xff\n"), ":2: not UTF-8 text"),
        (lambda path: path.write_bytes(b"# nothing\n"), "no targets in it"),
    ],
)
def test_what_cannot_be_read_is_named(make: object, words: str, tmp_path: Path) -> None:
    """The file, and why."""
    file = tmp_path / "targets"
    assert callable(make)
    make(file)
    with pytest.raises(TargetError, match=words):
        read_targets((), file, "http")
