"""The ready workflow files say what heapwise understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from heapwise.cli import gate, verify

FOLDER = Path(__file__).parents[2] / "docs" / "howto" / "ci"
COMMANDS = {"verify": verify.command, "gate": gate.command}


@pytest.mark.parametrize("name", ["heapwise-github.yml", "heapwise-gitlab.yml"])
def test_a_workflow_goes_on_from_verify_to_the_gate(name: str) -> None:
    """Every option exists, no name of a branch is pasted into a script, and 4 does not stop it."""
    # YAML folds these lines into one.
    text = re.sub(r"\n +(?=--?[a-z]|\|\|)", " ", (FOLDER / name).read_text())
    found = re.findall(r"heapwise (verify|gate) (.*)", text)
    assert [command for command, _ in found] == ["verify", "gate"]
    for command, typed in found:
        assert "${{" not in typed
        known = {
            option.lstrip("-") for each in COMMANDS[command].params for option in each.opts
        }  # fmt: skip
        words = shlex.split(typed.partition(" || ")[0])
        assert {word.lstrip("-") for word in words if word.startswith("-")} <= known
    assert found[0][1].endswith("|| test $? -eq 4")
