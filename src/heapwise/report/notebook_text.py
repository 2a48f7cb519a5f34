"""The notebook, as a table for terminals and as Markdown for the repository."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.verify import Entry, FileChange, Moved, Notebook
from heapwise.report.columns import joined, labelled, paragraph
from heapwise.report.markdown import code, escaped, markdown_table
from heapwise.units import format_value

_FILES_SHOWN = 10


def render_notebook(notebook: Notebook) -> str:
    """Every entry, the newest last; text of at most 100 columns."""
    if not notebook.entries:
        lines = ["No entries."]
    else:
        lines = [line for entry in notebook.entries for line in ("", *_entry(entry))][1:]
    if notebook.damaged:
        lines += ["", *paragraph(f"{notebook.damaged} damaged lines were left out.")]
    return joined(lines)


def render_entry(entry: Entry) -> str:
    """An entry as Markdown: a heading, what was done, and the primary metrics."""
    pairs = [
        ("Hypothesis", escaped(entry.hypothesis)),
        ("Change", code(entry.change)),
        ("Files", escaped(files_in_words(entry.files))),
        ("Prediction", escaped(entry.prediction)),
        ("Result", escaped(entry.result)),
        ("Side effects", escaped(_all(entry.side_effects))),
        ("Recordings", code(entry.directory)),
        ("Machine", code(entry.machine)),
    ]
    lines = ["", f"## {escaped(entry.at)}", ""]
    lines += [f"- **{label}**: {text}" for label, text in pairs if text not in ("", code(""))]
    lines += [f"- **Warning**: {escaped(warning)}" for warning in entry.warnings]
    lines += ["", *markdown_table(_HEAD, [_row(moved) for moved in entry.primary], "<>>><>")]
    return "\n".join(lines) + "\n"


_HEAD = ("", "before", "after", "delta", "verdict", "p")


def _entry(entry: Entry) -> list[str]:
    pairs = [
        ("hypothesis", entry.hypothesis),
        ("change", entry.change),
        ("files", files_in_words(entry.files)),
        ("prediction", entry.prediction),
        ("result", entry.result),
        ("measured", _all(entry.primary)),
        ("side effects", _all(entry.side_effects)),
        *(("WARNING", warning) for warning in entry.warnings),
        ("recordings", entry.directory),
    ]
    rounds = f"{entry.rounds[0]} and {entry.rounds[1]} rounds"
    return [*paragraph(f"{entry.at} · {rounds} · machine {entry.machine}"), *labelled(pairs)]


def files_in_words(files: tuple[FileChange, ...]) -> str:
    """Files with the lines they gained and lost, as far as fits a line."""
    shown = [f"{file.path} +{file.added} −{file.removed}" for file in files[:_FILES_SHOWN]]
    more = len(files) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _all(moved: Iterable[Moved]) -> str:
    return ", ".join(f"{each.name} {_delta(each)} ({each.verdict})" for each in moved)


def _delta(moved: Moved) -> str:
    if moved.before is None and moved.after is None:
        return format_value(None, moved.unit)
    if moved.before == moved.after:
        return "0 %"
    if moved.delta is None:
        before, after = (format_value(each, moved.unit) for each in (moved.before, moved.after))
        return f"{before} -> {after}"
    return f"{moved.delta:+.1%}".replace("%", " %") if abs(moved.delta) >= 5e-4 else "0 %"


def _row(moved: Moved) -> tuple[str, ...]:
    return (
        moved.name,
        format_value(moved.before, moved.unit),
        format_value(moved.after, moved.unit),
        _delta(moved),
        moved.verdict,
        "–" if moved.p is None else f"{moved.p:.3g}",
    )
