"""Wrote python-heap.pb.gz beside it: a small heap of a Python program, with object sizes as labels.

    python -m heapwise_agent run --address=127.0.0.1:6061 --interval=2048 --quiet python-heap.py

It asks the agent of its own process for /debug/pprof/heap.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

ADDRESS = "127.0.0.1:6061"


def rows(count: int) -> list[dict[str, object]]:
    """What a database would answer."""
    return [{"id": row, "name": f"user-{row}", "score": row / 7} for row in range(count)]


def compressed(count: int) -> bytes:
    """A new compressor each time, as the standard library has it."""
    return zlib.compress(json.dumps(rows(count)).encode())


def nested(depth: int, leaf: Callable[[], object]) -> object:
    """Recursion, whose frames count once."""
    return nested(depth - 1, leaf) if depth else leaf()


class Cache:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[object] = []

    def keep(self, things: list[object]) -> None:
        """Hold on to a copy."""
        self.kept.append(list(things))


def main() -> None:
    """Allocate in ways that are told apart, and save what the agent saw."""
    cache = Cache()
    for round_ in range(20):
        compressed(200)
        nested(8, lambda: bytearray(4096))
        cache.keep([*range(round_ * 100)])
        re.findall(r"\w+", "to be or not to be " * 50)
    with urlopen(f"http://{ADDRESS}/debug/pprof/heap") as answer:
        Path(__file__).with_suffix(".pb.gz").write_bytes(answer.read())


if __name__ == "__main__":
    main()
