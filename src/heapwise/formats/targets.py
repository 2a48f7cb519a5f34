"""Targets as vegeta writes them: its http format, its json format, and one on a command line.

The http format, as vegeta's ``lib/targets.go`` reads it::

    # a comment
    POST http://localhost:8080/things
    Content-Type: application/json
    @thing.json

A method line, then header lines, then at most one ``@file`` with the body, which ends the target;
so does a blank line. A method line may follow another directly. Where vegeta sends nonsense we
refuse: after header lines, a method line without a blank line before it is an error.

A header whose value is empty is not sent at all, which takes away those we would add ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from heapwise.errors import TargetError
from heapwise.formats.urls import check_url
from heapwise.model.load import Target

Header = tuple[str, str]
ReadBody = Callable[[str], bytes]
"""Reads the file named after ``@``; may raise `OSError`."""

_METHOD = re.compile(r"[A-Z]{1,32}", re.ASCII)
_METHOD_LINE = re.compile(r"[A-Z]+ ", re.ASCII)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset({"content-length", "transfer-encoding"})


def parse_single(text: str) -> Target:
    """Read a target from the command line: ``'POST http://…'``, or a URL alone, which is a GET.

    Raises:
        TargetError: it is neither.
    """
    text = text.strip()
    return _method_line(text if _METHOD_LINE.match(text) else f"GET {text}")


def parse_header(text: str) -> Header:
    """Read ``Name: value``.

    Raises:
        TargetError: the name is not one, the value cannot be sent, or the header is one of those
            that frame the body, which we write ourselves.
    """
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon:
        raise TargetError(f"bad header: {text!r}", "there is no colon", "write Name: value")
    if _METHOD_LINE.match(name) and value.startswith("//"):
        raise TargetError(
            f"a target begins among the headers of another: {text!r}",
            hint="put a blank line before it",
        )
    return _header(name, value)


def http_targets(
    lines: Iterable[str], *, read_body: ReadBody, source: str = "targets"
) -> Iterator[Target]:
    """Read vegeta's http format, no further than one line beyond each target.

    Args:
        lines: with or without their newlines.
        read_body: reads a body file, by the name after the ``@``.
        source: where the lines come from, for messages.

    Raises:
        TargetError: a line is wrong; the message has source and line.
    """
    numbered = _Lines(lines)
    for line in numbered:
        if line and not line.startswith("#"):
            try:
                target = _http_target(line, numbered, read_body)
            except (TargetError, OSError) as error:
                raise _located(error, source, numbered.number) from None
            yield target


def json_targets(lines: Iterable[str], *, source: str = "targets") -> Iterator[Target]:
    """Read vegeta's json format: one object a line, the body in base64.

    Unlike vegeta this takes a last line without its newline.

    Args:
        lines: with or without their newlines.
        source: where they come from, for messages.

    Raises:
        TargetError: a line is not such an object; the message has source and line.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                target = _json_target(line)
            except (TargetError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
                raise _located(error, source, number) from None
            yield target


def add_defaults(
    target: Target, *, headers: tuple[Header, ...] = (), body: bytes = b"", body_file: str = ""
) -> Target:
    """Give a target the headers of all, and the body where it has none of its own.

    A header of the target's own, of the same name in any case, stands beside the common one, as
    with vegeta.
    """
    return Target(
        method=target.method,
        url=target.url,
        headers=(*headers, *target.headers),
        body=target.body or body,
        body_file=target.body_file if target.body or target.body_file else body_file,
    )


class _JsonTarget(msgspec.Struct, forbid_unknown_fields=True):
    """vegeta's target schema, which allows nothing else."""

    method: str
    url: str
    body: bytes | None = None
    header: dict[str, list[str]] | None = None


class _Lines(Iterator[str]):
    """Lines without the spaces around them, their number, and a look at the next one."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._seen: list[str] = []
        self.number = 0

    def __next__(self) -> str:
        line = self._seen.pop() if self._seen else next(self._lines)
        self.number += 1
        return line.strip()

    def peek(self) -> str:
        if not self._seen:
            self._seen.extend(islice(self._lines, 1))
        return self._seen[0].strip() if self._seen else ""


def _http_target(first: str, lines: _Lines, read_body: ReadBody) -> Target:
    target = _method_line(first)
    if _METHOD_LINE.match(lines.peek()):
        return target
    headers: list[Header] = []
    for line in lines:
        if not line:
            break
        if line.startswith("@"):
            name = line[1:]
            return Target(target.method, target.url, tuple(headers), read_body(name), name)
        if not line.startswith("#"):
            headers.append(parse_header(line))
    return Target(target.method, target.url, tuple(headers))


def _method_line(line: str) -> Target:
    method, space, url = line.partition(" ")
    if not space or not _METHOD_LINE.match(line):
        raise TargetError(
            f"bad target: {line[:200]!r}", hint="write METHOD URL, as GET http://localhost:8080/"
        )
    return _checked(method, url.strip())


def _json_target(line: str) -> Target:
    raw = msgspec.json.decode(line, type=_JsonTarget)
    headers = [
        _header(name, value) for name, values in (raw.header or {}).items() for value in values
    ]
    target = _checked(raw.method, raw.url)
    return Target(target.method, target.url, tuple(headers), raw.body or b"")


def _checked(method: str, url: str) -> Target:
    if not _METHOD.fullmatch(method) or method == "CONNECT":
        raise TargetError(f"bad method: {method[:200]!r}")
    check_url(url)
    return Target(method, url)


def _header(name: str, value: str) -> Header:
    if not _HEADER_NAME.fullmatch(name):
        raise TargetError(f"bad header name: {name[:200]!r}")
    if _CONTROL.search(value):
        raise TargetError(f"header {name} has a control character in its value")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise TargetError(f"header {name} cannot be sent", error.reason) from None
    if name.lower() in _FRAMING:
        raise TargetError(
            f"header {name} cannot be set", "it follows from the body, which is sent whole"
        )
    return name, value


def some(targets: Iterable[Target], source: str) -> tuple[Target, ...]:
    """All of them.

    Raises:
        TargetError: there are none.
    """
    found = tuple(targets)
    if not found:
        raise TargetError(
            f"{source}: no targets in it", hint="write METHOD URL, as GET http://localhost:8080/"
        )
    return found


def _located(error: Exception, source: str, number: int) -> TargetError:
    place = f"{source}:{number}"
    if isinstance(error, TargetError):
        return TargetError(f"{place}: {error.what}", error.why, error.hint)
    if isinstance(error, OSError):
        return TargetError(f"{place}: cannot read the body", f"{error.filename}: {error.strerror}")
    return TargetError(f"{place}: not a target in JSON", str(error))
