"""Writes docs/reference/ from the code: commands, options, metrics, rules, detectors, JSON kinds.

Run it after changing any of them; a test compares what is committed with what it would write.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import click

from heapwise.cli.main import ALIASES, COMMANDS, app
from heapwise.cli.options import TABLE
from heapwise.diagnose.measured.page import measured_lines
from heapwise.diagnose.registry import RULES, Rule, sections
from heapwise.model.envelope import KINDS
from heapwise.model.metrics import CATALOGUE
from heapwise.units import format_value
from heapwise.watch.config.reference import reference
from heapwise.watch.detectors import DETECTORS, Settings
from heapwise.watch.scale import UNSCALED

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
GENERATED = "<!-- Written by scripts/reference.py; change the code instead. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page: its file name below docs/reference, and its text."""
    rules = {f"rules/{rule.CODE}.md": rule_page(rule) for rule in RULES}
    return {
        "commands.md": commands_page(),
        "metrics.md": metrics_page(),
        "json.md": json_page(),
        "rules/index.md": rules_page(),
        "detectors.md": detectors_page(),
        "watch-config.md": GENERATED + reference(),
        **rules,
    }


def commands_page() -> str:
    """One section a command, one row an option."""
    context = click.Context(app, info_name="heapwise")
    parts = ["# Commands\n", "Flags may be written Go's way: `-rate=1000` is `--rate 1000`.\n"]
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        parts.append(command_section(command, context, f"heapwise {name}"))
    return GENERATED + "\n".join(parts)


def command_section(command: click.Command, context: click.Context, path: str) -> str:
    """A command, and below it its subcommands."""
    inner = click.Context(command, parent=context, info_name=command.name)
    usage = " ".join(command.collect_usage_pieces(inner))
    lines = [
        f"## {path}\n",
        f"{inspect.cleandoc(command.help or '')}\n",
        f"```\n{path} {usage}\n```\n",
    ]
    aliases = [alias for alias, name in ALIASES.items() if path == f"heapwise {name}"]
    if aliases:
        lines.append(f"Also called `heapwise {aliases[0]}`.\n")
    options = [
        parameter
        for parameter in command.get_params(inner)
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    lines += ["| option | default | meaning |", "|---|---|---|"]
    lines += [option_row(option, inner) for option in options]
    if isinstance(command, click.Group):
        lines += [
            "\n" + command_section(found, inner, f"{path} {name}")
            for name in command.list_commands(inner)
            if (found := command.get_command(inner, name)) is not None
        ]
    return "\n".join(lines) + "\n"


def option_row(option: click.Option, context: click.Context) -> str:
    """One row: how it is spelled, what it is by default, what it does."""
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    metavar = "" if option.is_flag else f" `{option.make_metavar(context)}`".replace("|", "/")
    command = context.command
    default = (command.context_settings.get("default_map") or {}).get(option.name, option.default)
    shown = "" if option.is_flag or default is None else f"`{default}`"
    if "Sentinel" in shown or shown == "`()`":
        shown = ""
    entry = TABLE.get(option.opts[-1].removeprefix("--"))
    # A command that words an option anew means something of its own.
    peer = entry.peer if entry is not None and (option.help or "").startswith(entry.help) else ""
    peer = f" As {peer}'s." if peer else ""
    meaning = f"{option.help}{peer}".replace("|", "\\|")
    return f"| {names}{metavar} | {shown} | {meaning} |"


def metrics_page() -> str:
    """The catalogue."""
    lines = [
        "# Metrics\n",
        "One catalogue, shared by reports, `compare` and gates. *Resolution* is the relative",
        "change below which two single runs cannot be told apart, *floor* the absolute one.\n",
        "| id | printed as | unit | better | exactness | resolution | floor |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{metric.id}` | {metric.name('req')} | {metric.unit} | {metric.direction} "
        f"| {metric.exactness} | {metric.resolution:.1%} "
        f"| {format_value(metric.floor, metric.unit) if metric.floor else ''} |"
        for metric in CATALOGUE.values()
    ]
    return GENERATED + "\n".join(lines) + "\n"


def json_page() -> str:
    """The kinds of JSON output."""
    lines = [
        "# JSON output\n",
        "With `--json` every command that measures, checks or reads prints `{schema_version, kind,",
        "data}`. `heapwise schema KIND` prints the JSON Schema of a kind, generated from the types",
        "themselves.\n",
        "| kind | type | what it is |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{kind}` | `{cls.__name__}` | {(cls.__doc__ or '').strip().splitlines()[0]} |"
        for kind, cls in KINDS.items()
    ]
    return GENERATED + "\n".join(lines) + "\n"


def detectors_page() -> str:
    """What watch looks for: the docstring of each detector."""
    lines = [
        "# Detectors\n",
        "What `heapwise watch` looks for, by the code that its alerts carry. Hours and minutes are",
        "those of the watcher (`hour` in `[watch]`); levels are set under `[alerts.thresholds]`,",
        "and `off` leaves detectors out. Besides these, `deploy` tells of a build that does worse",
        "than the one before, and `store` of a disk that takes nothing more.\n",
    ]
    for make in DETECTORS:
        detector = make(UNSCALED, Settings())
        lines += [f"## {detector.code}\n", f"{inspect.cleandoc(make.__doc__ or '')}\n"]
    return GENERATED + "\n".join(lines)


def rules_page() -> str:
    """The list of rules."""
    lines = ["# Rules\n", "| code | pattern |", "|---|---|"]
    lines += [f"| [{rule.CODE}]({rule.CODE}.md) | {sections(rule)[0][1]} |" for rule in RULES]
    tree = ["\n```{toctree}", ":hidden:\n", *(rule.CODE for rule in RULES), "```"]
    return GENERATED + "\n".join(lines + tree) + "\n"


def rule_page(rule: Rule) -> str:
    """A rule's docstring, section by section."""
    (_, title), *rest = sections(rule)
    parts = [f"# {rule.CODE}: {title.rstrip('.')}\n"]
    for heading, text in rest:
        parts.append(f"## {heading}\n\n{text}\n")
    if lines := measured_lines(rule.CODE):
        table = "\n".join(lines)
        parts.append(f"By `make bench-remedies`, before and after:\n\n```text\n{table}\n```\n")
    return GENERATED + "\n".join(parts)


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        target = REFERENCE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


if __name__ == "__main__":
    main()
