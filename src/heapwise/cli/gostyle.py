"""Flags as vegeta's and pprof's users type them: ``-rate=1000`` for ``--rate 1000``."""

from __future__ import annotations

from collections.abc import Container, Mapping

import click
from click.shell_completion import CompletionItem

from heapwise.cli import pprof_flags, vegeta_flags

_INSTEAD = {**pprof_flags.INSTEAD, **vegeta_flags.INSTEAD}

TYPED = "heapwise.typed"
"""Where a context keeps the command's arguments as they were typed."""


class GoStyleCommand(click.Command):
    """A command that takes ``-name``, ``-name=value`` and ``-under_score`` for its long options.

    Only words that name an existing long option are rewritten, so short options and bundles of
    them stay as they are, and the help shows one spelling. What follows an option that takes a
    value is that value, though it may begin with a minus.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite, then parse as click does; what was typed stays in ``ctx.meta[TYPED]``."""
        ctx.meta[TYPED] = tuple(args)
        return super().parse_args(ctx, self.rewritten(ctx, args))

    def rewritten(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments with Go-style flags spelled click's way."""
        long_names = {
            name.removeprefix("--"): parameter
            for parameter in self.get_params(ctx)
            for name in (*parameter.opts, *parameter.secondary_opts)
            if name.startswith("--")
        }
        short_names = {
            name[1]: parameter for parameter in self.get_params(ctx) for name in parameter.opts
            if len(name) == 2 and name[0] == "-"
        }  # fmt: skip
        known = {
            f"{minus}{name}": parameter
            for minus, names in (("--", long_names), ("-", short_names))
            for name, parameter in names.items()
        }
        result: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                result += [word, *words]
                break
            flag = word.startswith("-") and len(word) > 2
            spelled = _rewrite(ctx, word, long_names, short_names) if flag else [word]
            result += spelled
            if spelled and _takes_value(known.get(spelled[-1])):
                result += [value for value in (next(words, None),) if value is not None]
        return result

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete ``-ra`` and ``-sample_i`` too."""
        if incomplete[:1] == "-" and len(incomplete) > 1:
            incomplete = "--" + incomplete.lstrip("-").replace("_", "-")
        return super().shell_complete(ctx, incomplete)


def _takes_value(parameter: click.Parameter | None) -> bool:
    return isinstance(parameter, click.Option) and not parameter.is_flag


def _rewrite(
    ctx: click.Context,
    word: str,
    long_names: Mapping[str, click.Parameter],
    short_names: Container[str],
) -> list[str]:
    name, equals, value = word.lstrip("-").partition("=")
    name = name.replace("_", "-")
    parameter = long_names.get(name)
    if parameter is not None:
        if equals and isinstance(parameter, click.Option) and parameter.is_flag:
            return _switch(ctx, parameter, name, value)
        return [f"--{name}{equals}{value}"]
    if ctx.resilient_parsing:  # while completing
        return [word]
    from difflib import get_close_matches  # noqa: PLC0415 - only for the error

    near = get_close_matches(name, long_names, 1)
    short = not word.startswith("--") and name[:1] in short_names
    # -raet=5 could be -r with the value "aet=5", but nobody means that; nor with "esolvers=…".
    if not short or name in _INSTEAD or (near and equals and value):
        hint = f". Did you mean -{near[0]}?" if near else "."
        hint = f" ({_INSTEAD[name]})" if name in _INSTEAD else hint
        ctx.fail(f"No such option: {word.partition('=')[0]}{hint}")
    if word[2:3] == "=":  # -r=5: click would take "=5" for the value
        return [f"-{word[1]}{word[3:]}"]
    return [word]


def _switch(ctx: click.Context, option: click.Option, name: str, value: str) -> list[str]:
    """Go's ``-flag=true`` and ``-flag=false``."""
    if value.lower() in {"1", "t", "true"}:
        return [f"--{name}"]
    if value.lower() in {"0", "f", "false"}:
        opposite = option.secondary_opts if f"--{name}" in option.opts else option.opts
        return opposite[-1:]  # a switch that has none is off unless it is named
    raise click.UsageError(
        f"-{name} is a switch: write -{name}, -{name}=true or -{name}=false.", ctx
    )
