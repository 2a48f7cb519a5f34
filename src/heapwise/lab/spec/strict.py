"""What every table of ``lab.toml`` has in common: nothing in it is overlooked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from heapwise.errors import UsageError

Parsed = TypeVar("Parsed")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of ``lab.toml``: a key it does not know is an error."""


def parses(key: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    """Parse, or raise what msgspec turns into an error with its place.

    Raises:
        ValueError: the text is not of the form.
    """
    try:
        return parse(text)
    except UsageError as error:
        raise ValueError(f"{key} is {error}") from None
