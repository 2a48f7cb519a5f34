"""Changes of the first page as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from heapwise.errors import HeapwiseError
from heapwise.web.watch.board import Board

MOST_READERS = 8
_HEARTBEAT_S = 15.0  # proxies close what is silent for a minute
_PATIENCE_S = 30.0  # with a reader that takes nothing
_RETRY_MS = 3000
_START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream; charset=utf-8")],
}


class Feed:
    """The endpoint of the stream.

    Args:
        board: whose changes are sent.
        ending: whether the server is about to end; streams end with it.
        period_s: between two events of a stream: what happens meanwhile is one.
    """

    def __init__(self, board: Board, ending: Callable[[], bool], period_s: float = 1.0) -> None:
        self._board = board
        self._ending = ending
        self._period_s = period_s
        self.readers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream from where the reader is, until it goes; in the manner of ASGI."""
        if self.readers >= MOST_READERS:
            text = f"{MOST_READERS} pages are open already; close one\n"
            await PlainTextResponse(text, 503)(scope, receive, send)
            return
        request = Request(scope)
        # Browsers that come back say what they saw last, whatever the address says.
        seen = request.headers.get("last-event-id") or request.query_params.get("since", "")
        gone = asyncio.create_task(_until_gone(receive))
        self.readers += 1
        try:
            await self._stream(seen, gone, send)
        except TimeoutError:
            pass  # it takes nothing: whoever waits for a place shall have this one
        finally:
            self.readers -= 1
            gone.cancel()

    async def _stream(self, seen: str, gone: asyncio.Task[None], send: Send) -> None:
        await _hand(send, _START)
        await _say(send, f"retry: {_RETRY_MS}\n\n")
        spoke_s = time.monotonic()
        while not gone.done() and not self._ending():
            try:
                await run_in_threadpool(self._board.refresh)
            except HeapwiseError:
                break  # the browser asks again, and the page itself says what is wrong
            seen, parts = self._board.since(seen)
            if parts:
                # JSON has no line breaks of its own, so that it is one line of data.
                data = msgspec.json.encode(parts, enc_hook=str).decode()
                await _say(send, f"id: {seen}\ndata: {data}\n\n")
                spoke_s = time.monotonic()
            elif time.monotonic() - spoke_s >= _HEARTBEAT_S:
                await _say(send, ":\n\n")
                spoke_s = time.monotonic()
            await asyncio.wait([gone], timeout=self._period_s)
        if not gone.done():
            await _hand(send, {"type": "http.response.body"})


async def _say(send: Send, text: str) -> None:
    await _hand(send, {"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _hand(send: Send, message: Message) -> None:
    """Send a part; it waits while the reader has not taken what went before."""
    async with asyncio.timeout(_PATIENCE_S):
        await send(message)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
