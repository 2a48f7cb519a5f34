"""The agent as a part of a WSGI application: ``DispatcherMiddleware(app, {"/debug": wsgi.app})``.

An own listener is the better choice; this is for where no second port can be had. It needs a
token (see `heapwise_agent.security.Policy`), and answers the same paths below whatever prefix it
is mounted at. A CPU profile or a delta occupies a worker's thread for as long as it takes, and
goes on when the client has left, which WSGI does not tell.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from heapwise_agent import mount
from heapwise_agent.messages import Request, Response
from heapwise_agent.routes import Router

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class App:
    """A WSGI application.

    Args:
        router: asked for with the first request.
    """

    def __init__(self, router: Callable[[], Router]) -> None:
        self._router = router
        self._seats = threading.BoundedSemaphore(mount.SEATS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        response = self._answer(environ)
        start_response(f"{response.status} {response.reason}", list(response.headers))
        return [response.body]

    def _answer(self, environ: WSGIEnvironment) -> Response:
        if not self._seats.acquire(blocking=False):
            return mount.full()
        try:
            return mount.answer(self._router, _request(environ)) or mount.full()
        finally:
            self._seats.release()


def _request(environ: WSGIEnvironment) -> Request:
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return Request(
        method=str(environ["REQUEST_METHOD"]),
        path=mount.path(environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")),
        query=str(environ.get("QUERY_STRING", "")),
        headers=headers,
    )


app = App(mount.router)
