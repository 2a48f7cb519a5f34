"""Hits as CSV, in the twelve columns of ``vegeta encode -to csv``, without a header.

Unix time in ns, status, latency in ns, bytes out, bytes in, error, body in base64, name of the
attack, sequence number, method, URL, response headers in base64. Quoting is that of RFC 4180 and
of Go's encoding/csv, which vegeta reads and writes with: a field may span lines, a quote in a
quoted field is doubled, and spaces before a field do not count.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator

import msgspec

from heapwise.formats.hit_line import MAX_LINE, Hit, WallTime, too_long
from heapwise.formats.timestamps import check_age

COLUMNS = (
    "timestamp", "code", "latency", "bytes_out", "bytes_in", "error", "body", "attack", "seq",
    "method", "url", "headers",
)  # fmt: skip

_NUMBERS = ("timestamp", "code", "latency", "bytes_out", "bytes_in", "seq")
_MAX_DIGITS = 19

Headers = dict[str, list[str] | None]

_FIELD = re.compile(rb'[ \t]*+(?:"([^"]*+(?:""[^"]*+)*+)"|([^",]*+))(,|\n?\Z)')
_LINE_END = re.compile(r"[\r\n]")
_QUOTED = re.compile(r'[",\r\n]|\A\s|\A\\\.\Z')
"""What Go quotes: also a space in front, and the end mark of PostgreSQL's COPY."""


def encode_row(hit: Hit) -> bytes:
    """The row, its newline included."""
    cells = (
        str(int(hit.timestamp)), str(hit.code), str(hit.latency), str(hit.bytes_out),
        str(hit.bytes_in), _cell(hit.error), b64encode(hit.body or b"").decode(),
        _cell(hit.attack), str(hit.seq), _cell(hit.method), _cell(hit.url),
        b64encode(_header_bytes(hit.headers)).decode(),
    )  # fmt: skip
    return ",".join(cells).encode() + b"\n"


def decode_row(row: bytes) -> Hit:
    """Read a row.

    Raises:
        ValueError: it is not a hit.
    """
    if len(row) > MAX_LINE:
        raise ValueError(too_long())
    texts = dict(zip(COLUMNS, (field.decode() for field in _fields(row)), strict=True))
    numbers = {name: _number(name, texts[name]) for name in _NUMBERS}
    hit = msgspec.convert(
        {**texts, **numbers, "timestamp": WallTime(check_age(numbers["timestamp"])),
         "headers": None},
        Hit,
    )  # fmt: skip
    hit.headers = _headers(texts["headers"])
    return hit


def whole_rows(numbered: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Rows of numbered lines, each with the number of its first: a quoted field may span several.

    Outside quoted fields stands no quote, so a row is whole when it has an even number of them.
    One that is longer than any hit is handed out as far as it goes.
    """
    row, first, quotes = bytearray(), 0, 0
    for number, line in numbered:
        if not row:
            first, quotes = number, 0
            if not line.strip():
                continue
        row += line.rstrip(b"\r\n") + b"\n"
        quotes += line.count(b'"')
        if quotes % 2 == 0 or len(row) > MAX_LINE:
            yield first, bytes(row)
            row.clear()
    if row:
        yield first, bytes(row)


def _fields(row: bytes) -> list[bytes]:
    if b"\0" in row:
        raise ValueError("it has a NUL byte")
    fields = _quoted_fields(row) if b'"' in row else [each.lstrip() for each in row.split(b",")]
    if len(fields) != len(COLUMNS):
        many = "more" if len(fields) > len(COLUMNS) else str(len(fields))
        raise ValueError(f"it has {many} columns, vegeta's CSV has {len(COLUMNS)}")
    return [*fields[:-1], fields[-1].removesuffix(b"\n")]


def _quoted_fields(row: bytes) -> list[bytes]:
    """The fields; reading ends with the first that is too many."""
    fields: list[bytes] = []
    at = 0
    while len(fields) <= len(COLUMNS):
        found = _FIELD.match(row, at)
        if found is None:
            raise ValueError(f"column {len(fields) + 1} has a quote too many, or one too few")
        quoted, plain, end = found.groups()
        fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        if end != b",":
            break
        at = found.end()
    return fields


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise ValueError(f"{name} is no whole number: {text[:60]!r}")
    return int(text)


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _header_bytes(headers: Headers | None) -> bytes:
    """Headers as they travel, with the empty line at their end; nothing where nothing is known."""
    if headers is None:
        return b""
    lines = [
        f"{name}: {_LINE_END.sub(' ', value).strip()}\r\n"
        for name, values in sorted(headers.items())
        for value in values or ()
    ]
    return "".join([*lines, "\r\n"]).encode()


def _headers(text: str) -> Headers | None:
    if not text:
        return None
    headers: dict[str, list[str] | None] = {}
    # As in vegeta's JSON, what is not UTF-8 is replaced.
    for line in b64decode(text, validate=True).decode(errors="replace").split("\n"):
        name, colon, value = line.strip().partition(":")
        if line.strip() and not colon:
            raise ValueError(f"not a header: {line.strip()[:60]!r}")
        if colon:
            values = headers.setdefault(name, [])
            assert values is not None  # noqa: S101 - no other value is ever set above
            values.append(value.strip())
    return headers
