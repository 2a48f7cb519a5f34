"""Ways to decode a batch of messages. What a format is called is also the topic it is read from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import msgspec
from messages import Message, ThinMessage, UntrackedMessage

Decode = Callable[[Iterable[bytes]], list[Any]]


class Way(NamedTuple):
    """One way to decode.

    Attributes:
        topic: the format of the messages.
        make: makes the decoder, once.
    """

    topic: str
    make: Callable[[], Decode]


def dictionaries(values: Iterable[bytes]) -> list[Any]:
    """What the standard library offers: a dictionary for every message."""
    return [json.loads(value) for value in values]


def objects(decode: Callable[[bytes], Any], values: Iterable[bytes]) -> list[Any]:
    """An object of a declared type for every message."""
    return [decode(value) for value in values]


def from_json(kind: type[msgspec.Struct]) -> Decode:
    """JSON into a type."""
    return partial(objects, msgspec.json.Decoder(kind).decode)


def from_msgpack(kind: type[msgspec.Struct]) -> Decode:
    """MessagePack into a type."""
    return partial(objects, msgspec.msgpack.Decoder(kind).decode)


def from_protobuf() -> Decode:
    """Protocol Buffers, every field of which is read."""
    from schema import Reading  # noqa: PLC0415 - an import of 20 ms that only this way needs

    def decode(value: bytes) -> Message:
        m = Reading.FromString(value)
        return Message(
            m.id, m.at, m.user, m.region, m.kind, m.value, list(m.tags), dict(m.attributes)
        )

    return partial(objects, decode)


WAYS = {
    "dict": Way("json", lambda: dictionaries),
    "typed": Way("json", lambda: from_json(Message)),
    "untracked": Way("json", lambda: from_json(UntrackedMessage)),
    "thin": Way("json", lambda: from_json(ThinMessage)),
    "msgpack": Way("msgpack", lambda: from_msgpack(ThinMessage)),
    "protobuf": Way("protobuf", from_protobuf),
}
"""Each by the name that ``--decode`` takes."""
