"""``heapwise completion SHELL``: a script for the shell to source."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from heapwise.cli.main import app
from heapwise.cli.options import command as make_command
from heapwise.cli.output import write_data


@make_command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    For bash, put this into ~/.bashrc: eval "$(heapwise completion bash)"
    """
    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click knows the three shells
    write_data(completion(app, {}, "heapwise", "_HEAPWISE_COMPLETE").source())
