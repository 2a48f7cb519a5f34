"""A small service that answers JSON, compressed: ``GET /api/v1/products?page=3``.

It stands for any service behind a compressing middleware. What differs between the variants of
the lab is ``--compress``; ``--compress none`` leaves the middleware out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from catalogue import page
from compressors import CHOICES, Compress
from counting import Counter, tally

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

ROUTE = "/api/v1/products"


class Service:
    """The routes."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def __call__(self, scope: Message, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        status, body = 404, b'{"error": "there is /api/v1/products?page=0, and /stats"}'
        if scope["path"] == ROUTE:
            self._counter.requests += 1
            status, body = self._products(scope["query_string"])
        elif scope["path"] == "/stats":
            status, body = 200, json.dumps(self._counter.read()).encode()
        await reply(send, status, body)

    def _products(self, query: bytes) -> tuple[int, bytes]:
        number = parse_qs(query.decode("latin-1")).get("page", ["0"])[-1]
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return 400, b'{"error": "page is a number"}'
        found = page(int(number))
        return (404, b'{"error": "no such page"}') if found is None else (200, found)


async def reply(send: Send, status: int, body: bytes) -> None:
    """Send an answer in one piece."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Compressed:
    """Middleware that compresses the answers of the API for clients that take gzip."""

    def __init__(self, app: App, compress: Compress) -> None:
        self._app = app
        self._compress = compress

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back compressed."""
        if scope["path"] != ROUTE or not takes_gzip(scope["headers"]):
            await self._app(scope, receive, send)
            return
        start: Message = {}

        async def compressing(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)  # its length is not known yet
                return
            body = self._compress(message["body"])
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            headers += [
                (b"content-length", b"%d" % len(body)),
                (b"content-encoding", b"gzip"),
                (b"vary", b"accept-encoding"),
            ]
            await send({**start, "headers": headers})
            await send({**message, "body": body})

        await self._app(scope, receive, compressing)


def takes_gzip(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether the client said that it takes gzip."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in headers)


def build(compress: str) -> App:
    """The service with one way to compress, or none."""
    counter = Counter()
    app: App = Service(counter)
    if compress == "none":
        return app
    chosen = CHOICES[compress]()
    sample = page(0) or b""
    counter.owner = f"{chosen.__module__}.{chosen.__qualname__}"
    counter.bytes_each = tally(lambda: chosen(sample))
    return Compressed(app, chosen)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--compress", choices=[*CHOICES, "none"], default="gzip-file")
    options = parser.parse_args()
    # What `uvicorn[standard]` takes, and nothing else that may be installed. asyncio's own loop
    # allocates another 256 KiB for every read, which is not what this lab is about.
    uvicorn.run(
        build(options.compress),
        host="127.0.0.1",
        port=options.port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        # Longer than a run: a connection that idles must not be closed under the next request.
        timeout_keep_alive=600,
    )


if __name__ == "__main__":
    main()
