"""The service that tests measure: every route allocates something that is known beforehand."""

from __future__ import annotations

import gc
import gzip
import json
import os
import zlib

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

ROWS = [
    {"id": row, "name": f"user-{row * 7919 % 1_000_003}", "score": row / 7} for row in range(60)
]
BODY = json.dumps(ROWS).encode()
GZIPPED = {"Content-Encoding": "gzip", "Content-Type": "application/json"}


async def known(request: Request) -> Response:
    """Allocate one block of the size that was asked for."""
    bytes(int(request.query_params["size"]))
    return PlainTextResponse("ok")


async def plain(_request: Request) -> Response:
    """Answer what the middleware compresses where it is asked to."""
    return JSONResponse(ROWS)


async def compressing(_request: Request) -> Response:
    """Compress as the standard library offers it."""
    return Response(gzip.compress(BODY), headers=GZIPPED)


async def right_sized(_request: Request) -> Response:
    """Compress with a stream of the size of the body."""
    stream = zlib.compressobj(6, zlib.DEFLATED, 16 + 12, 5)
    return Response(stream.compress(BODY) + stream.flush(), headers=GZIPPED)


async def decompressing(_request: Request) -> Response:
    """Read something that is longer than the window."""
    return PlainTextResponse(str(len(gzip.decompress(COMPRESSED))))


async def cycles(request: Request) -> Response:
    """Leave so many unreachable cycles behind, and collect them."""
    for _ in range(int(request.query_params["count"])):
        node: list[object] = []
        node.append(node)
    gc.collect()
    return PlainTextResponse("ok")


async def pid(_request: Request) -> Response:
    """Say which process answers."""
    return PlainTextResponse(str(os.getpid()))


COMPRESSED = gzip.compress(BODY * 20)

app = Starlette(
    routes=[
        Route("/known", known),
        Route("/plain", plain),
        Route("/compressing", compressing),
        Route("/right-sized", right_sized),
        Route("/decompressing", decompressing),
        Route("/cycles", cycles),
        Route("/pid", pid),
    ],
    middleware=[Middleware(GZipMiddleware, minimum_size=500)],
)
