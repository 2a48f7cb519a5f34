"""Which files a listing of source reads, whatever a profile asks for."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from heapwise.analysis.listing import listing
from heapwise.analysis.user_pattern import UserPattern
from heapwise.analysis.view import Query, look
from heapwise.errors import UsageError
from heapwise.record.source_files import MAX_SOURCE, SourceRoot, with_source
from heapwise.report.listing import listing_lines
from support.profiles import profile


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one file, and a secret beside it."""
    (tmp_path / "secret.go").write_text("password")
    (tmp_path / "work" / "pkg").mkdir(parents=True)
    (tmp_path / "work" / "pkg" / "a.go").write_text("package a\n\nfunc f() {}\n")
    return tmp_path / "work"


@pytest.mark.parametrize(
    "filename",
    ["pkg/a.go", "/build/ci/project/pkg/a.go", "./pkg/a.go", "github.com/x/work@v1.2.3/pkg/a.go"],
)
def test_a_file_is_found_by_the_end_of_its_path(root: Path, filename: str) -> None:
    """Sources lie elsewhere than where the program was built."""
    assert SourceRoot(root).lines(filename)[0] == "package a"


@pytest.mark.parametrize(
    "filename",
    ["../secret.go", "/x/../../secret.go", "pkg/../../secret.go", "", "/", "pkg", "no.go", "a\0b"],
)
def test_nothing_above_the_root_is_read(root: Path, filename: str) -> None:
    """A profile may name any file of the machine that it is looked at on."""
    assert SourceRoot(root).lines(filename) is None


def test_a_name_that_no_file_can_have_is_not_looked_for(root: Path) -> None:
    """Every end of a path is tried: a name with 30,000 parts would take minutes."""
    started = time.monotonic()
    assert SourceRoot(root).lines("a/" * 30_000 + "pkg/a.go") is None
    assert time.monotonic() - started < 2


def test_the_real_path_counts(root: Path) -> None:
    """A link that leads out of the root is no way out, in no part of the path."""
    (root / "link.go").symlink_to(root.parent / "secret.go")
    (root / "up").symlink_to(root.parent)
    (root / "inside.go").symlink_to(root / "pkg" / "a.go")
    source = SourceRoot(root)
    assert source.lines("link.go") is None
    assert source.lines("up/secret.go") is None
    assert source.lines("inside.go") is not None


def test_what_is_no_plain_file_of_a_sensible_size_is_not_read(root: Path) -> None:
    """A pipe would hang, and a huge file fill the memory."""
    os.mkfifo(root / "pipe.go")
    with (root / "huge.go").open("wb") as file:
        file.truncate(MAX_SOURCE + 1)
    assert SourceRoot(root).lines("pipe.go") is None
    assert SourceRoot(root).lines("huge.go") is None


def test_a_root_that_is_no_folder_is_refused(root: Path) -> None:
    """Before anything is read."""
    for wrong in ("nothing", "pkg/a.go"):
        with pytest.raises(UsageError, match="cannot read source below"):
            SourceRoot(root / wrong)


def test_a_listing_without_its_source_still_has_its_figures(root: Path) -> None:
    """Lines with a weight, by number; and why there is no text where some was asked for."""
    seen = look(
        profile({("f (a.go:3)", "main (b.go:9)"): (2, 64), ("f (a.go:4)",): (1, 8)}),
        Query(sample_type="alloc_space", granularity="lines"),
        source="p",
    )
    found = listing(seen, UserPattern("f|main"))
    assert listing_lines(found)[2:6] == [
        "ROUTINE ======================== f in a.go",
        "       72B        72B (flat, cum)   100% of Total",
        "       64B        64B      3:",
        "        8B         8B      4:",
    ]
    text = listing_lines(with_source(found, SourceRoot(root / "pkg")))
    assert "       64B        64B      3:func f() {}" in text
    assert f" Error: there is no such file below {root / 'pkg'}" in text


def test_source_text_cannot_drive_a_terminal(root: Path) -> None:
    """Escape sequences in a file are spelled out; its tabs stay."""
    (root / "a.go").write_text("\n\n\tx\x1b]0;owned\x07\n")
    seen = look(
        profile({("f (a.go:3)",): (1, 8)}), Query(sample_type="1", granularity="lines"), source="p"
    )
    found = with_source(listing(seen, UserPattern("f")), SourceRoot(root))
    assert listing_lines(found)[-1].endswith("3:\tx\\x1b]0;owned\\x07")
