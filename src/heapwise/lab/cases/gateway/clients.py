"""Two ways to ask the service behind the gateway."""

from __future__ import annotations

from aiohttp import ClientSession, ClientTimeout, TCPConnector

TIMEOUT = ClientTimeout(total=2)


class PerRequest:
    """A session for every question, as the first example of aiohttp's manual has it."""

    async def get(self, url: str) -> bytes:
        """The body of a successful answer."""
        async with ClientSession(timeout=TIMEOUT) as session, session.get(url) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def close(self) -> None:
        """Nothing is open."""


class Shared:
    """One session for all questions, whose connections stay open; made when the loop runs."""

    def __init__(self) -> None:
        connector = TCPConnector(limit=100, keepalive_timeout=90)
        self._session = ClientSession(timeout=TIMEOUT, connector=connector)

    async def get(self, url: str) -> bytes:
        """The body of a successful answer."""
        async with self._session.get(url) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()
