"""Who may talk to a page's server, and what every answer of it says to browsers.

A profile tells much about a program, and a page in any other tab of the reader's browser may send
requests to this address too. Hence: requests by another name than our own are refused, so that no
foreign domain can be pointed at us (DNS rebinding); other machines need a token; what can be
written is written from our own pages only.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    # With none at all browsers would not say either that a form was sent from our own page.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Access:
    """Who may read.

    Attributes:
        hosts: names by which requests may call us, without the port; with a token also any
            address, as a machine does not know all of its own.
        token: that a request must know, empty for none: as a parameter once, as a cookie, or as
            a bearer for programs.
        tool: the command that printed the address.
        port: where it serves; in the name of its cookie, since browsers keep one jar for all ports
            of a host.
    """

    hosts: frozenset[str]
    token: str = ""
    tool: str = "heapwise web"
    port: int = 0

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request that may not read; None where it may."""
        name = _host(request)
        # An address is no name that a foreign domain could be given; the token guards the rest.
        if name not in self.hosts and not (self.token and _is_address(name)):
            return PlainTextResponse("this server does not go by that name\n", 421)
        if self.token and not self._knows_token(request):
            return PlainTextResponse(f"open the address that {self.tool} printed\n", 403)
        return None

    def settled(self, request: Request) -> Response | None:
        """The way to the same page without the token in its address; None where there is none.

        In the address it would be copied with every link.
        """
        if request.method != "GET" or not (self.token and "token" in request.query_params):
            return None
        wanted = request.url.remove_query_params("token")
        answer = RedirectResponse(wanted.path + (f"?{wanted.query}" if wanted.query else ""), 303)
        # Not strict: those are kept back where a link in a chat or another tool is followed.
        answer.set_cookie(self._cookie, self.token, httponly=True, samesite="lax")
        return answer

    @property
    def _cookie(self) -> str:
        return f"{self.tool.replace(' ', '-')}-{self.port}-token"

    def _knows_token(self, request: Request) -> bool:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = (
            request.query_params.get("token")
            or request.cookies.get(self._cookie)
            or (bearer if scheme.lower() == "bearer" else "")
            or ""
        )
        return hmac.compare_digest(given.encode(), self.token.encode())


def is_from_our_page(request: Request) -> bool:
    """Whether a browser says that one of our own pages sent this.

    The Host header is known to be a name of ours by then, and no page can forge its origin.
    """
    origin = urlsplit(request.headers.get("origin", ""))
    host = request.headers.get("host", "").lower()
    return origin.scheme in {"http", "https"} and bool(host) and origin.netloc.lower() == host


class Guard:
    """In front of an application: asks `Access`, and adds the headers that all answers have."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on; in the manner of ASGI, so that endless answers stay possible."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        answer = self._access.refusal(request)
        await (answer or self._app)(scope, receive, marked)


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
