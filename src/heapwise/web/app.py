"""The application behind ``heapwise web``: a page, its data, and nothing else.

A profile tells much about a program, and a page in any other tab of the reader's browser may send
requests to this address too. Hence: requests by another name than our own are refused, so that no
foreign domain can be pointed at us (DNS rebinding); other machines need a token; all there is can
only be read.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from heapwise.errors import HeapwiseError
from heapwise.report.flame_html import live_page

_COOKIE = "heapwise-token"
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Access:
    """Who may read.

    Attributes:
        hosts: names by which requests may call us, without the port; with a token also any
            address, as a machine does not know all of its own.
        token: that a request must know, empty for none.
    """

    hosts: frozenset[str]
    token: str = ""

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request that may not read; None where it may."""
        name = _host(request)
        # An address is no name that a foreign domain could be given; the token guards the rest.
        if name not in self.hosts and not (self.token and _is_address(name)):
            return PlainTextResponse("this server does not go by that name\n", 421)
        if self.token and not self._knows_token(request):
            return PlainTextResponse("open the address that heapwise web printed\n", 403)
        return None

    def _knows_token(self, request: Request) -> bool:
        given = request.query_params.get("token") or request.cookies.get(_COOKIE) or ""
        return hmac.compare_digest(given.encode(), self.token.encode())


def application(title: str, data: Callable[[], bytes], access: Access) -> Starlette:
    """A page and its data.

    Args:
        title: of the page.
        data: makes the data anew, gzipped; called in a thread for every page that is opened.
        access: who may read.
    """
    page = live_page(title)

    async def show_page(request: Request) -> Response:
        if "token" in request.query_params:
            # Out of the address, where it would be copied with every link.
            answer: Response = RedirectResponse(request.url.path, 303)
            answer.set_cookie(_COOKIE, access.token, httponly=True, samesite="strict")
            return answer
        return Response(
            page.text, media_type="text/html", headers={"content-security-policy": page.policy}
        )

    async def show_data(_: Request) -> Response:
        try:
            content = await run_in_threadpool(data)
        except HeapwiseError as error:
            return PlainTextResponse(f"{error}\n", 502)
        return Response(content, media_type="application/octet-stream")

    async def guard(request: Request, answer: RequestResponseEndpoint) -> Response:
        response = access.refusal(request) or await answer(request)
        response.headers.update(_HEADERS)
        return response

    routes = [Route("/", show_page, methods=["GET"]), Route("/data", show_data, methods=["GET"])]
    return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=guard)])


def names_of(host: str, more: Iterable[str] = ()) -> frozenset[str]:
    """The names a server bound to ``host`` goes by."""
    return frozenset({"127.0.0.1", "localhost", "::1", host.lower(), *more})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _host(request: Request) -> str:
    """The Host header without its port; brackets of IPv6 addresses do not count."""
    host = request.headers.get("host", "")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.rpartition(":")[0] or host
    return name.lower()
