"""A service that does a little of everything: ``busy.py INTERVAL TOKEN`` prints its port."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
import zlib

from heapwise_agent import listen, sampler
from heapwise_agent.routes import Router
from heapwise_agent.security import Policy
from heapwise_agent.server import Server
from heapwise_agent.source import local

KEPT = [bytes(5_000_000) for _ in range(2)]
"""Allocated by the module's own code."""


class Node:
    """Part of a cycle, which only the collector frees."""

    def __init__(self) -> None:
        self.me = self


def churn() -> None:
    """Allocate, compress and forget."""
    while True:
        text = json.dumps([{"id": number, "name": f"n{number}"} for number in range(50)])
        zlib.compress(text.encode())
        for _ in range(20):
            Node()
        time.sleep(0.001)


async def wait_for_nothing() -> None:
    """A task."""
    await asyncio.sleep(3600)


async def main() -> None:
    """Some tasks."""
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(wait_for_nothing())


if __name__ == "__main__":
    interval, token = sys.argv[1:]
    sampler.start(int(interval))
    KEPT += [bytes(5_000_000) for _ in range(8)]
    server = Server(Router(local(), Policy(token=token)), listen.tcp("127.0.0.1", 0))
    server.start()
    threading.Thread(target=churn, name="churn", daemon=True).start()
    threading.Timer(120, os._exit, (1,)).start()
    print(server.port, flush=True)  # noqa: T201 - for whoever started it
    asyncio.run(main())
