"""One hit as a line of JSON, with vegeta's field names and our stamps beside them.

Vegeta's: ``attack seq code timestamp latency bytes_out bytes_in error body method url headers``.
Its ``timestamp`` is when it sent, ours is when the schedule wanted it sent, so that ``latency``
counts from there. Ours beside them: ``outcome``, ``flags`` and ``ready sent first_byte done``, in
ns after ``timestamp``, null for what never happened. Lines without them are vegeta's own.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from heapwise.formats.timestamps import format_timestamp, parse_timestamp
from heapwise.model.load import HitFlag

MAX_LINE = 4 << 20
"""Bytes of one hit; vegeta puts response bodies there."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_Bytes = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
"""A hit of a tebibyte is none, and so the sum over a hundred thousands of them stays a number."""
_Flags = Annotated[int, msgspec.Meta(ge=0, le=int(HitFlag.WAITED | HitFlag.WARMUP))]


class WallTime(int):
    """Ns since 1970; text in RFC 3339 outside."""

    __slots__ = ()


class Hit(msgspec.Struct, kw_only=True):
    """One hit, in vegeta's order. What we have nothing for keeps vegeta's zero value.

    Attributes:
        body: of the response; base64 outside.
        outcome: `Outcome.label`, in our own lines only, as all that follow it.
        flags: `HitFlag` bits.
    """

    attack: str = ""
    seq: _Count = 0
    code: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    timestamp: WallTime
    latency: _Count
    bytes_out: _Bytes = 0
    bytes_in: _Bytes = 0
    error: str = ""
    body: bytes | None = None
    method: str
    url: str
    headers: dict[str, list[str] | None] | None = None
    outcome: str | UnsetType = UNSET
    flags: _Flags | UnsetType = UNSET
    ready: _Count | UnsetType | None = UNSET
    sent: _Count | UnsetType | None = UNSET
    first_byte: _Count | UnsetType | None = UNSET
    done: _Count | UnsetType | None = UNSET


def _read_custom(kind: type, value: Any) -> WallTime:
    assert kind is WallTime  # noqa: S101 - `Hit` has no other type of its own
    if isinstance(value, str):
        return WallTime(parse_timestamp(value))
    raise ValueError(f"not a time: {str(value)[:60]}")


_encode = msgspec.json.Encoder(enc_hook=format_timestamp).encode
_decode = msgspec.json.Decoder(Hit, dec_hook=_read_custom).decode


def encode_line(hit: Hit) -> bytes:
    """The line, its newline included."""
    return _encode(hit) + b"\n"


def decode_line(line: bytes) -> Hit:
    """Read a line.

    Raises:
        ValueError: it is not a hit; `msgspec.DecodeError` is one.
        RecursionError: it is nested deeper than anybody writes.
    """
    if len(line) > MAX_LINE:
        raise ValueError(too_long())
    return _decode(line)


def too_long() -> str:
    """What is said of a hit beyond `MAX_LINE`."""
    return f"it is longer than {MAX_LINE} bytes; vegeta attack -max-body=0 keeps no bodies"
