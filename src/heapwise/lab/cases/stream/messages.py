"""The messages of the stream, and how many of their fields a reader declares."""

from __future__ import annotations

import msgspec

REGIONS = (
    "eu-north",
    "eu-south",
    "us-east",
    "us-west",
    "ap-east",
    "ap-south",
    "sa-east",
    "af-west",
)

ALARM = "alarm"
"""The kind of message that is stored; all others are only summed."""


class Message(msgspec.Struct):
    """A reading of a device: all eight fields.

    Attributes:
        at: when, in milliseconds since 1970.
        value: in thousandths of its unit.
    """

    id: str
    at: int
    user: int
    region: str
    kind: str
    value: int
    tags: list[str]
    attributes: dict[str, str]


class UntrackedMessage(Message, gc=False):
    """The same, not walked through by the collector; its list and its dictionary still are."""


class ThinMessage(msgspec.Struct, gc=False):
    """The five fields that the stream needs; decoding skips the others."""

    at: int
    user: int
    region: str
    kind: str
    value: int
