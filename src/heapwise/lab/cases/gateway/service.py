"""A gateway: ``GET /api/v1/team?session=s004711`` says who is in the team of whoever is logged in.

It looks up the session, asks the service behind it for the team, makes a smaller answer of what
that says, and compresses it. Each argument below is one decision; the variants of the lab differ in
one of them.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
from collections.abc import AsyncIterator, Callable

import clients
import packing
import sessions
import teams
import uvloop
from aiohttp import ClientError, web
from counting import Counter

CLIENTS: dict[str, type[clients.PerRequest | clients.Shared]] = {
    "per-request": clients.PerRequest,
    "shared": clients.Shared,
}
CODECS = {"json": teams.with_dictionaries, "msgspec": teams.with_types}
PACKERS: dict[str, Callable[[int], Callable[[bytes], bytes]]] = {
    "per-answer": packing.PerAnswer,
    "kept": packing.Kept,
}
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


class Gateway:
    """The routes."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._behind = options.downstream
        self._sessions = sessions.load(options.state)
        self._make_client = CLIENTS[options.client]
        self._reshape = CODECS[options.codec]
        self._pack = PACKERS[options.compressor](options.level)
        self._counter = Counter()

    async def team(self, request: web.Request) -> web.Response:
        """Who is in the team of whoever asks."""
        self._counter.requests += 1
        session = self._sessions.get(request.query.get("session", ""))
        if session is None:
            return web.json_response({"error": "who is not logged in has no team"}, status=401)
        try:
            found = await self._client.get(f"{self._behind}/teams/{session['team']}/users")
        except (ClientError, TimeoutError):
            return web.json_response({"error": "the team cannot be asked for"}, status=502)
        body = self._reshape(found)
        headers = {"Content-Type": "application/json", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body = self._pack(body)
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    async def stats(self, _request: web.Request) -> web.Response:
        """What it counts about itself."""
        return web.json_response(self._counter.read())

    async def opened(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep the client for as long as the gateway serves."""
        self._client = self._make_client()
        yield
        await self._client.close()


def application(options: argparse.Namespace) -> web.Application:
    """The gateway, ready to be served."""
    gateway = Gateway(options)
    app = web.Application()
    app.add_routes([web.get("/api/v1/team", gateway.team), web.get("/stats", gateway.stats)])
    app.cleanup_ctx.append(gateway.opened)
    return app


def settle_collector() -> None:
    """Tell the collector what stays: it is never walked through again, and runs less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--downstream", default="http://127.0.0.1:8081", metavar="ORIGIN")
    parser.add_argument("--state", type=int, default=150_000, metavar="SESSIONS")
    parser.add_argument("--client", choices=CLIENTS, default="per-request")
    parser.add_argument("--codec", choices=CODECS, default="json")
    parser.add_argument("--level", type=int, choices=range(1, 10), default=9)
    parser.add_argument("--compressor", choices=PACKERS, default="per-answer")
    parser.add_argument("--loop", choices=LOOPS, default="asyncio")
    parser.add_argument("--settled-collector", action="store_true")
    options = parser.parse_args()
    app = application(options)
    if options.settled_collector:
        settle_collector()
    web.run_app(
        app,
        host="127.0.0.1",
        port=options.port,
        loop=LOOPS[options.loop](),
        access_log=None,
        print=None,
        # Longer than a run: a connection that idles must not be closed under the next request.
        keepalive_timeout=600,
    )


if __name__ == "__main__":
    main()
