"""What an option's value may be: each kind parses text, or says in one line why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from heapwise.errors import UsageError
from heapwise.units import NS_PER_S, parse_duration, parse_size


class Quantity(click.ParamType[Any]):
    """A click type over one of the parsers in `heapwise.units`."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self.parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse text; anything else is a default that is parsed already."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


MAX_DURATION_NS = 366 * 24 * 3600 * NS_PER_S
"""A year. Beyond it a typing error is likelier, and some timers overflow."""

MAX_SIZE = 1 << 40
"""A tebibyte, in bytes."""

MAX_KEPT_BODY = 64 << 20
"""Bytes kept of one body where no less is asked for; vegeta's -1."""

MAX_COUNT = 1_000_000
"""More connections or bodies than one machine has room for."""


def parse_place(text: str) -> tuple[str, int]:
    """Host and port to listen at, of ``host:port``; ``:port`` is on loopback.

    Raises:
        UsageError: it is not such a place.
    """
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65_535:
        raise UsageError(f"not an address: {text!r}", hint="write host:port, as 127.0.0.1:8081")
    return host.strip("[]") or "127.0.0.1", int(port)


def _duration(text: str) -> int:
    value = parse_duration(text)
    if value > MAX_DURATION_NS:
        raise UsageError(f"longer than a year: {text!r}")
    return value


def _size(text: str) -> int:
    value = parse_size(text)
    if not 0 < value <= MAX_SIZE:
        raise UsageError(f"not a size from 1 B to 1 TiB: {text!r}")
    return value


def _body_size(text: str) -> int:
    if text.strip() in {"0", "-1"}:
        return 0 if text.strip() == "0" else MAX_KEPT_BODY
    value = parse_size(text)
    if value > MAX_KEPT_BODY:
        raise UsageError(f"bodies are kept up to 64 MiB: {text!r}")
    return value


def _pinned(text: str) -> int:
    if text.strip() == "-1" or _duration(text):
        raise UsageError(
            f"a name cannot be resolved again: {text!r}",
            "its address is judged before the load and pinned for all of it",
            "leave it out, or write 0",
        )
    return 0


def _rate(text: str) -> Fraction:
    # Every command has options, and few have a rate: schedules take longest to import.
    from heapwise.formats.rates import parse_rate  # noqa: PLC0415 - see above

    return parse_rate(text)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # nor is NaN
        raise UsageError(f"not a share from 0 to 1: {text!r}")
    return value


def _effect(text: str) -> float:
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = -1.0
    if rest or not 0 <= value <= 1:  # nor is NaN
        raise UsageError(f"not a relative change from 0 to 100 %: {text!r}", hint="write 2%")
    return value


DURATION = Quantity("duration", _duration)
SIZE = Quantity("size", _size)
BODY_SIZE = Quantity("size", _body_size)
PLACE = Quantity("address", parse_place)
PINNED = Quantity("duration", _pinned)
RATE = Quantity("rate", _rate)
SHARE = Quantity("share", _share)
EFFECT = Quantity("effect", _effect)
FILE = click.Path(path_type=Path)
