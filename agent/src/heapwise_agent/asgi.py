"""The agent as a part of an ASGI application: ``Mount("/", heapwise_agent.asgi.app)``.

An own listener is the better choice; this is for where no second port can be had. It needs a
token (see `heapwise_agent.security.Policy`), and answers the same paths below whatever prefix it
is mounted at. Everything runs in threads of its own, so that the event loop stays free.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from heapwise_agent import mount
from heapwise_agent.messages import Request, Response
from heapwise_agent.routes import Router

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """An ASGI application.

    Args:
        router: asked for with the first request.
    """

    def __init__(self, router: Callable[[], Router]) -> None:
        self._router = router
        self._seats = threading.BoundedSemaphore(mount.SEATS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; websockets are closed, and of the lifespan there is nothing to do."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._seats.acquire(blocking=False):
            await _send(send, mount.full())
            return
        gone = threading.Event()
        watcher = asyncio.ensure_future(_watch(receive, gone))
        try:
            response = await self._answer(_request(scope, gone))
        finally:
            gone.set()
            watcher.cancel()
            self._seats.release()
        if response is not None:
            await _send(send, response)

    async def _answer(self, request: Request) -> Response | None:
        """Answer in a thread: one of its own, since the loop's executor is the application's."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Response | None] = loop.create_future()

        def settle(response: Response | None) -> None:
            if not answered.done():
                answered.set_result(response)

        def run() -> None:
            response = mount.answer(self._router, request)
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, response)

        threading.Thread(target=run, name="heapwise-agent-request", daemon=True).start()
        return await answered


async def _send(send: Send, response: Response) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in response.headers
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _watch(receive: Receive, gone: threading.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def _request(scope: Scope, gone: threading.Event) -> Request:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return Request(
        method=scope["method"],
        path=mount.path(scope.get("root_path", ""), scope["path"]),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        cancelled=gone.is_set,
    )


app = App(mount.router)
