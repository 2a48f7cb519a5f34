"""The application behind ``heapwise web``: a page, its data, and nothing else.

All there is can only be read.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from heapwise.errors import HeapwiseError
from heapwise.report.flame_html import live_page
from heapwise.web.access import Access, Guard


def application(title: str, data: Callable[[], bytes], access: Access) -> Starlette:
    """A page and its data.

    Args:
        title: of the page.
        data: makes the data anew, gzipped; called in a thread for every page that is opened.
        access: who may read.
    """
    page = live_page(title)

    async def show_page(request: Request) -> Response:
        return access.settled(request) or Response(
            page.text, media_type="text/html", headers={"content-security-policy": page.policy}
        )

    async def show_data(_: Request) -> Response:
        try:
            content = await run_in_threadpool(data)
        except HeapwiseError as error:
            return PlainTextResponse(f"{error}\n", 502)
        return Response(content, media_type="application/octet-stream")

    routes = [Route("/", show_page, methods=["GET"]), Route("/data", show_data, methods=["GET"])]
    return Starlette(routes=routes, middleware=[Middleware(Guard, access=access)])
