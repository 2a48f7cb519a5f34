"""The parameters of a request, read and refused as Go's handlers do it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from heapwise_agent.messages import RefusedError, Request

MAX_SECONDS = 60

_SECONDS = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


class Asked:
    """What stands behind the question mark; of a name that comes twice, the first counts.

    Raises:
        RefusedError: 400 for a query with too many parts.
    """

    def __init__(self, request: Request) -> None:
        try:
            pairs = parse_qsl(request.query, keep_blank_values=True, max_num_fields=32)
        except ValueError:
            raise RefusedError(400, "malformed query") from None
        self._values = dict(reversed(pairs))
        self.cancelled = request.cancelled

    def text(self, name: str) -> str:
        """The parameter, or empty."""
        return self._values.get(name, "")

    def number(self, name: str) -> int:
        """The parameter; 0 where there is none, or no number."""
        value = self.text(name)
        return int(value) if _NUMBER.fullmatch(value) else 0

    def seconds(self) -> int:
        """How long to look; 0 if that was not said.

        Raises:
            RefusedError: 400 for no positive integer, or more than `MAX_SECONDS`.
        """
        value = self.text("seconds")
        if not value:
            return 0
        seconds = int(value) if _SECONDS.fullmatch(value) else 0
        if seconds <= 0:
            raise RefusedError(400, 'invalid value for "seconds" - must be a positive integer')
        if seconds > MAX_SECONDS:
            raise RefusedError(400, f'invalid value for "seconds" - must be at most {MAX_SECONDS}')
        return seconds

    def delta_seconds(self) -> int:
        """The same, for an endpoint that has a text form too.

        Raises:
            RefusedError: 400 as above, and for the text form of a delta.
        """
        seconds = self.seconds()
        if seconds and self.number("debug"):
            raise RefusedError(400, "seconds and debug params are incompatible")
        return seconds
