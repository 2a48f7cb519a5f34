"""HW902, json-dominates: documents read and written, every field touched."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

WHAT = {
    "": "read 60 users with six fields and look at every field",
    "encode": "write 60 users with six fields as bytes",
}


class User(msgspec.Struct):
    """What the documents hold."""

    id: int
    name: str
    mail: str
    tags: list[str]
    score: float
    address: dict[str, str]


USERS: list[dict[str, Any]] = [
    {
        "id": each,
        "name": f"user-{each}",
        "mail": f"user{each}@example.org",
        "tags": ["a", "b", "admin"],
        "score": each + 0.25,
        "address": {"street": f"{each} Main Street", "city": "Springfield", "zip": "12345"},
    }
    for each in range(60)
]
DOCUMENT = json.dumps(USERS).encode()
DECODER = msgspec.json.Decoder(list[User])
ENCODER = msgspec.json.Encoder()


def _touched(users: Iterable[tuple[int, str, str, list[str], float, dict[str, str]]]) -> float:
    return sum(
        number + len(name) + len(mail) + len(tags) + score + len(address)
        for number, name, mail, tags, score, address in users
    )


def before() -> float:
    """Read into dictionaries."""
    return _touched(
        (each["id"], each["name"], each["mail"], each["tags"], each["score"], each["address"])
        for each in json.loads(DOCUMENT)
    )


def after() -> float:
    """Read into types."""
    return _touched(
        (each.id, each.name, each.mail, each.tags, each.score, each.address)
        for each in DECODER.decode(DOCUMENT)
    )


def before_encode() -> bytes:
    """Write as text, then as bytes."""
    return json.dumps(USERS, separators=(",", ":")).encode()


def after_encode() -> bytes:
    """Write as bytes."""
    return ENCODER.encode(USERS)


CASES = {"": (before, after), "encode": (before_encode, after_encode)}
