"""What the manual shows can be typed: every command parses, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from heapwise.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if "_build" not in page.parts
)
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def commands() -> list[str]:
    """Every heapwise command in a fenced block; the reference's usage lines are no commands."""
    found = []
    for page in PAGES:
        if page.name == "commands.md":
            continue
        for block in BLOCK.findall(page.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                found += [part.strip() for part in re.split(r"\s[|]\s", line.removeprefix("$ "))]
    return [part for part in found if part.startswith("heapwise ")]


def parse(
    command: click.Command, name: str, words: list[str], parent: click.Context | None
) -> None:
    """Parse as the command line does, down to the last subcommand, and run nothing."""
    context = command.make_context(name, words, parent=parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        name_, inner, args = command.resolve_command(context, rest)
        assert inner is not None
        parse(inner, str(name_), args, context)


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_every_command_of_the_manual_parses(line: str) -> None:
    """Whoever pastes a line gets no usage error."""
    parse(app, "heapwise", shlex.split(line, comments=True)[1:], None)


def test_there_are_commands_to_check() -> None:
    """The pattern that looks for them finds those of the README and of the tutorial."""
    found = commands()
    assert any(line.startswith("heapwise run 'POST") and "-o before.hw" in line for line in found)
    assert len(found) > 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    """Sphinx checks the links between its pages; these are all, the README's included."""
    for target in LINK.findall(BLOCK.sub("", page.read_text("utf-8"))):
        if "://" not in target:
            assert (page.parent / target).exists(), target
