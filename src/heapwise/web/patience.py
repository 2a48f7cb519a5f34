"""Connections on which nothing comes are closed, for each takes one of the few places."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S = 10.0
"""A request's head is awaited for at least so long, and at most twice that."""


class Patient(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; the server alone ends only what has answered before."""

    patience_s = PATIENCE_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._answered: Any = None
        self._looking = self.loop.call_later(self.patience_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._looking.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close where no request has begun since the last look."""
        cycle: Any = self.cycle  # of the newest request, answered or not; None before the first
        idle = cycle is None or cycle.response_complete
        if idle and cycle is self._answered:
            self.transport.close()
            return
        self._answered = cycle
        self._looking = self.loop.call_later(self.patience_s, self._look)
