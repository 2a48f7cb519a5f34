"""The reference says what the code does, because it is written from it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest

from heapwise.cli.main import COMMANDS, app
from heapwise.model.envelope import KINDS
from heapwise.model.metrics import CATALOGUE

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import reference  # noqa: E402 - scripts/ is no package

PAGES = reference.pages()


@pytest.mark.parametrize("name", list(PAGES))
def test_committed_pages_are_up_to_date(name: str) -> None:
    """Each generated page is committed as scripts/reference.py writes it."""
    committed = (ROOT / "docs" / "reference" / name).read_text()
    assert committed == PAGES[name], "run: python scripts/reference.py"


def test_every_command_and_option_is_documented() -> None:
    """No command and no option is missing from the command reference."""
    page = PAGES["commands.md"]
    context = click.Context(app)
    for name in COMMANDS:
        assert f"## heapwise {name}\n" in page
        command = app.get_command(context, name)
        assert command is not None
        for option in command.get_params(context):
            if isinstance(option, click.Option):
                assert f"`{option.opts[-1]}`" in page


def test_every_metric_and_kind_is_documented() -> None:
    """The catalogue and the JSON kinds have a row each."""
    assert all(f"| `{ident}` |" in PAGES["metrics.md"] for ident in CATALOGUE)
    assert all(f"| `{kind}` |" in PAGES["json.md"] for kind in KINDS)


def test_every_file_of_the_manual_is_linked() -> None:
    """A page that no table of contents names would never be found."""
    index = (ROOT / "docs" / "index.md").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        if name == "index" or name.startswith(("decisions/", "_build/")):
            continue
        assert name in index or name.startswith("reference/rules/"), name
