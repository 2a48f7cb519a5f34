"""The how-to's examples print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from heapwise.cli.bench import command as bench

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "benchmarks.md").read_text("utf-8")
FILE = re.compile(r"^`(\S+\.txt)`:\n\n```\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```\n\$ heapwise bench ([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("line", "shown"), EXAMPLE.findall(PAGE))
def test_an_example_prints_what_is_shown(
    line: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the files that the page shows."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILE.findall(PAGE):
        Path(name).write_text(text)
    done = CliRunner().invoke(bench, shlex.split(line))
    assert done.exit_code == 0
    assert done.stdout == shown
