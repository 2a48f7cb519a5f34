"""The service behind the gateway: who is in a team, as JSON: ``GET /teams/7/users``.

It stands for any internal API. It costs as little as a server of Python can, so that what is
measured is the gateway: every answer is made before the first request comes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal

TEAMS = 20
USERS = 60
"""In a team."""

_SEED = 7
_FIRST = ("Ada", "Alan", "Barbara", "Dennis", "Edsger", "Grace", "Ken", "Niklaus", "Tony")
_LAST = ("Baker", "Cooper", "Fisher", "Hunter", "Mason", "Porter", "Smith", "Turner", "Weaver")
_CITIES = ("Bergen", "Bologna", "Ghent", "Graz", "Leiden", "Porto", "Turku", "Utrecht")
_STREETS = ("Canal Street", "Harbour Road", "Mill Lane", "Station Road", "Tower Hill")
_TITLES = ("analyst", "architect", "engineer", "manager", "tester")
_ROLES = ("admin", "auditor", "editor", "owner", "reader")
_THEMES = ("dark", "light", "system")


def user(ident: int, draw: random.Random) -> dict[str, object]:
    """All that is known of somebody; of most nested parts the gateway needs one field."""
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    return {
        "id": ident,
        "name": {"first": first, "last": last},
        "email": f"{first}.{last}.{ident}@example.org".lower(),
        "active": draw.random() < 0.9,
        "job": {"title": draw.choice(_TITLES), "level": draw.randrange(1, 6), "since": 2015},
        "address": {
            "street": f"{draw.randrange(1, 200)} {draw.choice(_STREETS)}",
            "city": draw.choice(_CITIES),
            "geo": {"lat": round(draw.uniform(38, 61), 4), "lon": round(draw.uniform(-9, 23), 4)},
        },
        "roles": draw.sample(_ROLES, 2),
        "settings": {"theme": draw.choice(_THEMES), "beta": False, "digest": "weekly"},
    }


def answers() -> dict[bytes, bytes]:
    """A whole response by the path that asks for it."""
    draw = random.Random(_SEED)  # noqa: S311 - these are no secrets
    found = {}
    for team in range(TEAMS):
        users = [user(1000 * team + number, draw) for number in range(USERS)]
        found[b"/teams/%d/users" % team] = response(b"200 OK", json.dumps(users).encode())
    return found


def response(status: bytes, body: bytes) -> bytes:
    """Head and body."""
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


class Connection(asyncio.Protocol):
    """Answers one GET after another, as HTTP/1.1 has it; a request has no body."""

    NOT_FOUND = response(b"404 Not Found", b'{"error": "there is /teams/0/users"}')

    def __init__(self, known: dict[bytes, bytes]) -> None:
        self._known = known
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server's always is
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request whose head has come."""
        *heads, self._read = (self._read + data).split(b"\r\n\r\n")
        for head in heads:
            path = head.split(b" ", 2)[1]
            self._transport.write(self._known.get(path, self.NOT_FOUND))


async def serve(port: int) -> None:
    """Serve until told to stop."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    known = answers()
    server = await loop.create_server(lambda: Connection(known), "127.0.0.1", port, backlog=1024)
    async with server:
        await told.wait()
        # Connections of pools stay open for long; from 3.12 on closing waits for them.
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            each.cancel()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8081)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
