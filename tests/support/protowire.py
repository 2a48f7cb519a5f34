"""Protobuf's wire format by hand, for messages that no library would write."""

from __future__ import annotations

from collections.abc import Iterator


def varint(number: int) -> bytes:
    """The number as protobuf writes it; a negative one as 64 bits."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def number_field(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3) + varint(value)


def fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, wire type and body of each field; a varint's body are its bytes.

    Raises:
        ValueError: not a message, or one with groups.
        OverflowError: a tag or a length takes more than 5 bytes, which readers judge differently.
    """
    position = 0
    while position < len(data):
        tag, position = _short(data, position)
        start, kind = position, tag & 7
        if kind == 0:
            position = _varint(data, position)[1]
        elif kind == 2:
            size, start = _short(data, position)
            position = start + size
        elif kind in {1, 5}:
            position += 8 if kind == 1 else 4
        else:
            raise ValueError("a group")
        if position > len(data) or tag < 8:
            raise ValueError("cut off, or field 0")
        yield tag >> 3, kind, data[start:position]


def _short(data: bytes, position: int) -> tuple[int, int]:
    value, end = _varint(data, position)
    if end - position > 5 or value >= 1 << 31:
        raise OverflowError
    return value, end


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for count, byte in enumerate(data[position : position + 10]):
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, position + count + 1
    raise ValueError("a number without an end")
