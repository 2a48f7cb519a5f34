"""Turns the events of ``go test -json`` back into the text that they were made of."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

_SIGN = b'"Action":'


class _Event(msgspec.Struct):
    action: str = msgspec.field(name="Action")
    package: str = msgspec.field(name="Package", default="")
    output: str = msgspec.field(name="Output", default="")


def is_test2json(data: bytes) -> bool:
    """True where the first line is an event."""
    return _SIGN in data.lstrip().partition(b"\n")[0]


def text_of_events(data: bytes) -> str:
    """What each package printed, one after the other, though they may have run side by side.

    A line that is no event, as the build's own messages are, is kept as it is.
    """
    printed: dict[str, list[str]] = {}
    for package, text in _outputs(data):
        printed.setdefault(package, []).append(text)
    return "".join(text for texts in printed.values() for text in texts)


def _outputs(data: bytes) -> Iterator[tuple[str, str]]:
    for line in data.splitlines():
        try:
            event = msgspec.json.decode(line, type=_Event)
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield "", line.decode("utf-8", "replace") + "\n"
            continue
        if event.action == "output":
            yield event.package, event.output
