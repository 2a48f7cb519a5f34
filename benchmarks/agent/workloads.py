"""What the agent's cost is measured on: one call is one iteration.

churn      JSON of ten records, objects and bytes: about 2,000 allocations, 180 KB
asgi       a Starlette endpoint that reads 25 items and answers JSON
bare_asgi  the same without a framework, for interpreters that have none installed
zlib       a compressor for each response: few allocations, and nearly all bytes in RAW
numpy      temporaries of 160 KB and small arrays
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

Work = Callable[[], object]

ITEMS = [{"id": n, "name": f"item {n}", "price": n * 1.25, "tags": ["a", "b"]} for n in range(25)]
BODY = json.dumps(ITEMS).encode()


class Record:
    """What a service makes of a row."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"record {number}"
        self.parts = [number, number + 1, number + 2]


def churn() -> Work:
    """Small objects, made and dropped."""
    records = [
        {
            "id": n,
            "text": f"text {n}" * 8,
            "tags": ["a", "b"],
            "values": [n * 1.1 for n in range(9)],
        }
        for n in range(10)
    ]

    def work() -> object:
        decoded = json.loads(json.dumps(records))
        objects = [Record(n) for n in range(1000, 1090)]
        blocks = [bytes(500 + n) for n in range(160)]
        names = {each.name: sum(each.parts) for each in objects}
        return decoded, blocks, names

    return work


class Request:
    """One request of `bare_asgi`."""

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self.headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.path = scope["path"]
        self.body = body

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


async def bare_app(
    scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[dict[str, Any]], Any]
) -> None:
    """Read the items, price them, answer JSON."""
    message = await receive()
    items = Request(scope, message["body"]).json()
    total = sum(item["price"] for item in items)
    answer = {"total": total, "items": [dict(item, price=item["price"] * 2) for item in items]}
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _drive(app: Any) -> Work:
    """A request each time, without an event loop's own noise."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/items", "raw_path": b"/items", "root_path": "",
        "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(BODY)), (b"accept-encoding", b"gzip")],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    def work() -> object:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        coroutine = app(dict(scope), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return sent
        raise RuntimeError("the application waits for something that nobody does")

    return work


def bare_asgi() -> Work:
    """An application without a framework."""
    return _drive(bare_app)


def asgi() -> Work:
    """The same in Starlette."""
    from starlette.applications import Starlette  # noqa: PLC0415 - only this workload needs it
    from starlette.requests import Request as Asked  # noqa: PLC0415 - the same
    from starlette.responses import JSONResponse  # noqa: PLC0415 - the same
    from starlette.routing import Route  # noqa: PLC0415 - the same

    async def items(request: Asked) -> JSONResponse:
        found = await request.json()
        total = sum(item["price"] for item in found)
        doubled = [dict(item, price=item["price"] * 2) for item in found]
        return JSONResponse({"total": total, "items": doubled})

    return _drive(Starlette(routes=[Route("/items", items, methods=["POST"])]))


def compressors() -> Work:
    """A compressor per response, as middlewares do."""

    def work() -> object:
        compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
        return compressor.compress(BODY[:200]) + compressor.flush()

    return work


def arrays() -> Work:
    """Temporaries of arrays."""
    import numpy as np  # noqa: PLC0415 - only this workload needs it

    base = np.arange(20_000, dtype=np.float64)
    small = np.arange(10)

    def work() -> object:
        scaled = (base * 2.0 + 1.0) / 3.0
        return scaled.sum(), [small + n for n in range(20)]

    return work


WORKLOADS: dict[str, Callable[[], Work]] = {
    "churn": churn,
    "asgi": asgi,
    "bare_asgi": bare_asgi,
    "zlib": compressors,
    "numpy": arrays,
}
