"""A command with subcommands whose first word may be data instead."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class DefaultGroup(click.Group):
    """A group in which what names no subcommand goes to one of them: ``bench old.txt new.txt``.

    Args:
        default: the subcommand that takes it.
        modules: subcommands that are imported when they are called, with their modules.
    """

    def __init__(
        self, *args: Any, default: str, modules: Mapping[str, str] | None = None, **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self.default = default
        self.modules = dict(modules or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The default one first."""
        return [*super().list_commands(ctx), *self.modules]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it, if it is one of `modules`."""
        if cmd_name not in self.modules:
            return super().get_command(ctx, cmd_name)
        command = import_module(self.modules[cmd_name]).command
        assert isinstance(command, click.Command)  # noqa: S101 - a broken table, not bad input
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default before anything that is neither a subcommand nor a call for help."""
        if args and args[0] not in (*self.list_commands(ctx), *ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)
