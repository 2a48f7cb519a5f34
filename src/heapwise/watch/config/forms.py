"""How a single value of the file is written, and what it becomes.

A field's type says it: ``interval: Length`` is an integer of nanoseconds to whoever uses it, and
``"15s"`` in the file. What cannot be read raises `ValueError` with the form that is expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from heapwise.errors import UsageError
from heapwise.formats.urls import check_url
from heapwise.runtimes.access import ANYONE
from heapwise.runtimes.endpoint import Endpoint
from heapwise.units import NS_PER_S, parse_length, parse_size
from heapwise.watch.config.secret import Secret

_DAY_NS = 86_400 * NS_PER_S
_LARGEST = 1024 << 40
_LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*):([0-9]{1,5})", re.ASCII)
_CREDENTIALS = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*://)?.*@", re.DOTALL)
"""Up to the last @: what is no URL may have one, and a slash, within the password."""
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written.

    Attributes:
        name: of the form, for the reference: ``duration``.
        expected: what is to be written, with an example.
        parse: of the text and the directory of the file; raises UsageError or ValueError.
        show: a value as it would be written.
    """

    name: str
    expected: str
    parse: Callable[[str, Path], Any]
    show: Callable[[Any], str] = str

    def read(self, value: object, directory: Path) -> Any:
        """The value of a field.

        Raises:
            ValueError: it is not of the form.
        """
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            raise ValueError(f"{brief(value)} is not {self.expected}")
        try:
            return self.parse(value, directory)
        except (UsageError, ValueError) as error:
            why = f" ({error.why})" if isinstance(error, UsageError) and error.why else ""
            raise ValueError(f"{brief(value)} is not {self.expected}{why}") from None


def brief(value: object) -> str:
    """A value as found, short enough for a line, without what stands in front of a host."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        value = _CREDENTIALS.sub(r"\1…@", value)
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def show_length(length_ns: float) -> str:
    """A length as it would be written."""
    units = (("d", _DAY_NS), ("h", 3600 * NS_PER_S), ("m", 60 * NS_PER_S), ("s", NS_PER_S))
    for unit, size in (*units, ("ms", 1_000_000), ("us", 1000)):
        if length_ns >= size and length_ns % size == 0:
            return f"{length_ns // size:.0f}{unit}"
    return f"{length_ns:.0f}ns"


def _size(text: str, _: Path) -> int:
    size = parse_size(text)
    if not 0 < size <= _LARGEST:
        raise UsageError("not a size of ours", "it must be above zero and at most 1024TiB")
    return size


def show_size(size: int) -> str:
    """A size as it would be written."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def _web(text: str, _: Path) -> str:
    check_url(text)
    return text


def _address(text: str, _: Path) -> str:
    if Endpoint.parse(text).access != ANYONE:
        raise UsageError("it is none", "headers_file and tls say how one is let in")
    return text


def _path(text: str, directory: Path) -> Path:
    return directory / text


def _listen(text: str, _: Path) -> tuple[str, int]:
    found = _LISTEN.fullmatch(text)
    if found is None or int(found[2]) > 65535:
        raise UsageError("it is none")
    return found[1].strip("[]") or "127.0.0.1", int(found[2])


def _show_listen(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


Length = Annotated[
    int,
    Form("duration", "a duration, as '15s' or '2d'", lambda t, _: parse_length(t), show_length),
]
"""Nanoseconds."""

Size = Annotated[int, Form("size", "a size, as '512MiB'", _size, show_size)]
"""Bytes."""

Web = Annotated[str, Form("URL", "an http or https URL without a password", _web)]
"""An absolute URL."""

Address = Annotated[
    str, Form("address", "an address, as '10.0.0.7:6060' or 'unix:/run/app.sock'", _address)
]
"""What `Endpoint.parse` reads, without credentials."""

FilePath = Annotated[Path, Form("path", "a path", _path)]
"""Relative paths count from the directory of the file."""

Listen = Annotated[
    tuple[str, int],
    Form("address", "an address to listen on, as ':8090' or '0.0.0.0:8090'", _listen, _show_listen),
]
"""Host and port; loopback where no host is given."""

SecretFrom = Annotated[
    Secret,
    Form("secret", "a path, or 'env:NAME' for a variable of the environment", Secret.parse),
]
"""Where a secret is; never the secret."""
