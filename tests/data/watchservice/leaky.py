"""A Python program that leaks: for every line it reads it keeps a little more.

It runs under ``python -m heapwise_agent run`` and says "ready" once it can be written to.
"""

import sys

cache: list[bytes] = []


def remember(size: int) -> None:
    """Keep what nobody asks for again."""
    cache.append(bytes(size))


def handle(line: str) -> None:
    """Answer a request."""
    remember(int(line))
    tell("done")


def tell(what: str) -> None:
    """One line."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


tell("ready")
for request in sys.stdin:
    handle(request)
