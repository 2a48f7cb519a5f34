"""The reference of the file, written from the docstrings and the types of its tables."""

from __future__ import annotations

import inspect
import re
import types
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from heapwise.watch.config.forms import Form
from heapwise.watch.config.load import Config
from heapwise.watch.config.tables import keys_of, type_of

_HEAD = """\
# The configuration of watch

`heapwise watch CONFIG` reads a file of [TOML](https://toml.io). Only `[[service]]` is needed. A key
that is not listed here is an error, and so is a value of another form; all errors are told at once,
each with its place. Relative paths count from the directory of the file.

A *duration* is a number with a unit, `15s`, `1m30s`, `250ms`, also with days: `2d`, `1d12h`. A
*size* is `512MiB`, `64MB` or `1.5GiB`. A *secret* is a path to a file that holds it and nothing
else, or `env:NAME` for a variable of the environment; no message shows what is in it.
"""
_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)$", re.MULTILINE)


def reference() -> str:
    """The page, Markdown."""
    sections = [_HEAD]
    seen: dict[type, str] = {}
    for key, field in keys_of(Config).items():
        kind, several = _table_of(field.type)
        sections += _sections(f"[[{key}]]" if several else f"[{key}]", key, kind, seen)
    return "\n".join(sections)


def _sections(title: str, key: str, kind: type[msgspec.Struct], seen: dict[type, str]) -> list[str]:
    """A table, and the tables in it; one that several have is written once."""
    if kind in seen:
        return [f"## {title}\n", f"As `{seen[kind]}`.\n"]
    seen[kind] = title
    summary, _, _ = inspect.cleandoc(kind.__doc__ or "").partition("\nAttributes:")
    meanings = _meanings(kind)
    rows, inner = [], []
    shared = frozenset(getattr(kind.__base__, "__struct_fields__", ()))
    own_first = sorted(keys_of(kind).items(), key=lambda each: each[1].name in shared)
    for name, field in own_first:
        written = _core(type_of(field))
        if isinstance(written, type) and issubclass(written, msgspec.Struct):
            inner += _sections(f"[{key}.{name}]", f"{key}.{name}", written, seen)
            continue
        meaning = meanings.get(field.name, "").replace("|", "\\|")
        rows.append(f"| `{name}` | {_form(written)} | {_default(field)} | {meaning} |")
    head = ["| key | form | default | meaning |", "|---|---|---|---|"] if rows else []
    return [f"## {title}\n", f"{summary.strip()}\n", *head, *rows, "", *inner]


def _meanings(kind: type) -> dict[str, str]:
    """What each attribute is, by the docstrings of a table and of those it is made from."""
    found = {}
    for each in reversed(kind.__mro__):
        doc = inspect.cleandoc(each.__doc__ or "") if "__doc__" in vars(each) else ""
        for name, meaning in _ATTRIBUTE.findall(doc):
            found[name] = " ".join(meaning.split())
    return found


def _table_of(kind: Any) -> tuple[type[msgspec.Struct], bool]:
    if get_origin(kind) is tuple:
        return get_args(kind)[0], True
    return kind, False


def _core(kind: Any) -> Any:
    """A type without its `| None`."""
    if get_origin(kind) in {Union, types.UnionType}:
        return next(each for each in get_args(kind) if each is not type(None))
    return kind


def _form(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return next(each.name for each in get_args(kind) if isinstance(each, Form))
    if get_origin(kind) is tuple:
        return f"list of {_form(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return "table of texts"
    if issubclass(kind, Enum):
        return ", ".join(f"`{each.value}`" for each in kind)
    return {str: "text", bool: "`true`, `false`", int: "number", float: "number"}[kind]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "needed"
    value = field.default
    if value is msgspec.NODEFAULT or value in (None, "", ()):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    form = next((each for each in get_args(_core(type_of(field))) if isinstance(each, Form)), None)
    if form is not None:
        return f"`{form.show(value)}`"
    return f"`{value}`" if isinstance(value, str) else f"`{value:g}`"
