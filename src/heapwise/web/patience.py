"""Connections on which nothing comes are closed, for each takes one of the few places."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S = 10.0
"""A request, or the rest of one, is awaited for at least so long, and at most twice that."""

_BUSY = object()


class Patient(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; the server alone ends only what has answered before."""

    patience_s = PATIENCE_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._awaited: Any = None  # the request after which, or of which, more was awaited
        self._looking = self.loop.call_later(self.patience_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._looking.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close where the client was awaited at the last look as well, and for the same."""
        cycle: Any = self.cycle  # of the newest request, answered or not; None before the first
        awaited = cycle is None or cycle.response_complete or cycle.more_body
        if awaited and cycle is self._awaited:
            self.transport.close()
            return
        self._awaited = cycle if awaited else _BUSY
        self._looking = self.loop.call_later(self.patience_s, self._look)
