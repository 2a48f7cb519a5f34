"""What the stream does with a batch: sum all values, and make a row of every alarm.

Once for messages that are dictionaries and once for those that are objects; nothing else differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from messages import ALARM
from sinks import Row
from state import Users, load_users

Transform = Callable[[Sequence[int], Sequence[Any], Users], tuple[int, list[Row]]]
"""Keys, messages and users in; the sum of all values and the rows of the alarms out."""


def of_dictionaries(
    keys: Sequence[int], messages: Sequence[Any], users: Users
) -> tuple[int, list[Row]]:
    """Transform dictionaries."""
    rows = [
        _row(key, m["at"], m["user"], m["region"], m["value"], users)
        for key, m in zip(keys, messages, strict=True)
        if m["kind"] == ALARM
    ]
    return sum([m["value"] for m in messages]), rows


def of_objects(keys: Sequence[int], messages: Sequence[Any], users: Users) -> tuple[int, list[Row]]:
    """Transform objects."""
    rows = [
        _row(key, m.at, m.user, m.region, m.value, users)
        for key, m in zip(keys, messages, strict=True)
        if m.kind == ALARM
    ]
    return sum([m.value for m in messages]), rows


def _row(key: int, at: int, number: int, region: str, value: int, users: Users) -> Row:
    """An alarm, with what is known of its user."""
    user = users[number]
    when = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    devices, rooms, limits = user["devices"], user["rooms"], user["limits"]
    return key, when, number, region, user["tier"], len(devices), rooms[0], limits[-1], value


def fields_read(transform: Transform) -> int:
    """How many fields of a message it reads, found out with one that notes what it is asked for.

    A type that declares fewer fields than that would drop what is needed.
    """
    asked: set[str] = set()
    transform([0], [_Asked(asked)], load_users(1))
    return len(asked)


class _Asked:
    """An alarm that notes which fields it is asked for."""

    def __init__(self, asked: set[str]) -> None:
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __getitem__(self, name: str) -> Any:
        self._asked.add(name)
        return ALARM if name == "kind" else 0
