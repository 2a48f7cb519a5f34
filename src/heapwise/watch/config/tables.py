"""Turns tables of TOML into structs, and says everything that is wrong with them at once.

msgspec stops at the first error and does not tell which element of a list it is in, so the
structs are walked here; it still judges every plain value.
"""

from __future__ import annotations

import difflib
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from heapwise.watch.config.forms import Form, Length, brief

_MOST_FAULTS = 20
_MOST_ITEMS = 10_000


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file. Its docstring is its page in the reference."""

    def faults(self) -> Iterator[tuple[str, str]]:
        """What its values, each right by itself, say against each other: key and complaint."""
        return iter(())


SomeStruct = TypeVar("SomeStruct", bound=msgspec.Struct)


def keys_of(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields of a struct by their key in the file.

    What code keeps as ``pause_ns`` is written ``pause = "10ms"``.
    """
    return {each.name.removesuffix("_ns"): each for each in msgspec.structs.fields(kind)}


def type_of(each: msgspec.structs.FieldInfo) -> Any:
    """How a field is written."""
    return Length if each.name.endswith("_ns") else each.type


@dataclass(slots=True)
class Reading:
    """The state of one reading.

    Attributes:
        directory: of the file; relative paths count from it.
        faults: key path and what is wrong there, in the order found.
    """

    directory: Path
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Enough is wrong: nobody reads more."""
        return len(self.faults) >= _MOST_FAULTS

    def complain(self, path: str, what: str) -> None:
        """Note that something is wrong."""
        if not self.full:
            self.faults.append((path, what))

    def table(self, given: object, kind: type[SomeStruct], path: str = "") -> SomeStruct | None:
        """Read a table; None, with faults, where something in it is wrong."""
        if not isinstance(given, dict):
            self.complain(path, f"{brief(given)} is not a table of keys")
            return None
        before = len(self.faults)
        fields = keys_of(kind)
        for key in (key for key in given if key not in fields):
            self.complain(_below(path, key), f"no such key{_nearest(key, fields)}")
        values = {}
        for key, each in fields.items():
            if key in given:
                values[each.name] = self._value(given[key], type_of(each), _below(path, key))
            elif each.required:
                self.complain(_below(path, key), "is missing")
        if len(self.faults) > before or self.full:
            return None
        table = kind(**values)
        if isinstance(table, Table):
            for key, what in table.faults():
                self.complain(_below(path, key), what)
        return table

    def _value(self, given: object, kind: Any, path: str) -> Any:
        if get_origin(kind) in {Union, types.UnionType}:  # `X | None`: TOML has no null
            kind = next(each for each in get_args(kind) if each is not type(None))
        form = next((each for each in get_args(kind)[1:] if isinstance(each, Form)), None)
        if get_origin(kind) is Annotated and form is not None:
            return self._formed(given, form, path)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.table(given, kind, path)
        if get_origin(kind) is tuple:
            return self._list(given, get_args(kind)[0], path)
        if get_origin(kind) is dict and isinstance(given, dict):
            inner = get_args(kind)[1]
            return {key: self._value(each, inner, _below(path, key)) for key, each in given.items()}
        return self._plain(given, kind, path)

    def _formed(self, given: object, form: Form, path: str) -> Any:
        try:
            return form.read(given, self.directory)
        except ValueError as error:
            self.complain(path, str(error))
            return None

    def _list(self, given: object, kind: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(given, list) or len(given) > _MOST_ITEMS:
            self.complain(path, f"{brief(given)} is not a list of at most {_MOST_ITEMS:,}")
            return ()
        return tuple(
            self._value(each, kind, f"{path}[{number}]") for number, each in enumerate(given)
        )

    def _plain(self, given: object, kind: Any, path: str) -> Any:
        try:
            value = msgspec.convert(given, kind)
            if kind in {int, float} and not 0 <= value < math.inf:
                self.complain(path, f"{brief(given)} is not a number from 0 up")
        except msgspec.ValidationError as error:
            what = str(error)
            if what.startswith("Invalid enum value"):
                what = f"{brief(given)} is not one of {', '.join(each.value for each in kind)}"
            else:
                what = f"{brief(given)} is not right: {what[0].lower()}{what[1:]}"
            self.complain(path, what)
            return None
        return value


def _below(path: str, key: object) -> str:
    shown = str(key)[:100]
    return f"{path}.{shown}" if path else shown


def _nearest(key: object, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(str(key)[:100], known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"
