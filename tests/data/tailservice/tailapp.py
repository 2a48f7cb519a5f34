"""An event loop that is slow now and then, for one reason at a time, while it collects garbage.

    python tailapp.py PORT MODE

========  ============================================================
gc        a cache of many small objects turns over: long generation 2
blocking  some requests sleep in the event loop
gil       a thread calls C code that keeps the interpreter to itself
========  ============================================================
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections import deque

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndone\n"
STALL_S = 0.06
LIVE = {"gc": 500_000}
FEW = 25_000
SPARE = 10_000


class Service(asyncio.Protocol):
    """Answers every request with the same, and keeps a cache in motion."""

    def __init__(self, mode: str, cache: deque[list[object]]) -> None:
        self.mode = mode
        self.cache = cache

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Do a request's work."""
        if self.mode == "blocking" and random.random() < 0.004:  # noqa: S311 - chance
            time.sleep(STALL_S)
        turn_over(self.cache, 300, LIVE.get(self.mode, FEW))
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


def turn_over(cache: deque[list[object]], count: int, live: int) -> None:
    """Add entries; drop the oldest many at a time, as freeing undoes what counts towards a GC."""
    cache.extend([number] for number in range(count))
    if len(cache) > live + SPARE:
        for _ in range(SPARE):
            cache.popleft()


def hog() -> None:
    """Sort: no container is made, and no other thread runs meanwhile."""
    numbers = [random.random() for _ in range(250_000)]  # noqa: S311 - chance
    while True:
        time.sleep(random.expovariate(2.0))
        sorted(numbers)


async def main(port: int, mode: str) -> None:
    """Serve until killed."""
    cache: deque[list[object]] = deque([number] for number in range(LIVE.get(mode, FEW)))
    if mode == "gil":
        threading.Thread(target=hog, daemon=True).start()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Service(mode, cache), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
