"""Alerts as lines of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from heapwise.errors import ServiceError
from heapwise.model.envelope import json_line
from heapwise.model.watch import Alert


class Stdout:
    """Writes ``{schema_version, kind: "alert", data}`` for each alert, on one line.

    Args:
        name: of the sink.
        stream: to write to.
    """

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self._stream = stream

    def send(self, alerts: Sequence[Alert]) -> None:
        """Write alerts in one piece.

        Raises:
            ServiceError: nobody reads them, or the disk behind it is full.
        """
        try:
            self._stream.write(b"".join(json_line(alert) + b"\n" for alert in alerts))
            self._stream.flush()
        except OSError as error:
            raise ServiceError(f"{self.name} cannot be written to", error.strerror or "") from None
