"""Makes the tree of log files that the lab searches: ``generate.py --seed 1 --scale 1000 OUT``.

Most files are of some KB, and two in a hundred have a line to be found. In a few lies what a faster
way to search might get wrong: bytes that are no UTF-8, a match that only exists across the end of a
line, two in one line, the pattern's words without the rest, no newline at the end, a line of half
a MiB, and nothing at all.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

PER_DIRECTORY = 50
MEAN_BYTES = 2500
MATCHING = 0.02
"""Share of files that have a line to be found."""

_ODD = (
    b"\xff\xfe caf\xe9 \xc3\x28\n\x80 ERROR in \xff: timeout after 70ms\n",
    b"ERROR\ntimeout after 70ms on shard-1\n",
    b"ERROR timeout after 1ms, again ERROR timeout after 2ms\n",
    b"ERROR timeout after all\nWARN timeout after 70ms\n",
    b"INFO ok\nFATAL timeout after 7ms",
    b"INFO " + b"x" * (1 << 19) + b"\nERROR " + b"y" * (1 << 19) + b" timeout after 9ms\n",
    b"",
)


def texts(seed: int) -> Iterator[bytes]:
    """The text of one file after the other, without end."""
    yield from _ODD
    draw = random.Random(seed)  # noqa: S311 - data, not secrets
    words = ("accepted", "cache", "commit", "flushed", "index", "page", "queue", "retry", "shard")
    # Lines are drawn once and used again: to draw every word of 250 MB takes minutes.
    lines = [
        f"2026-11-{draw.randrange(1, 31):02} INFO {' '.join(draw.choices(words, k=6))}\n".encode()
        for _ in range(1000)
    ]
    while True:
        size = int(draw.expovariate(1 / MEAN_BYTES))
        text = draw.choices(lines, k=1 + size // len(lines[0]))
        if draw.random() < MATCHING:
            level, waited = draw.choice(("ERROR", "FATAL")), draw.randrange(50, 9000)
            text.insert(
                draw.randrange(len(text)), f"{level} write: timeout after {waited}ms\n".encode()
            )
        yield b"".join(text)


def main() -> None:
    """Write the tree beside where it is to be, and give it its name when it is whole."""
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--scale", type=int, required=True, help="files")
    options.add_argument("out", type=Path)
    given = options.parse_args()
    scratch = given.out.with_name(f"{given.out.name}-{os.getpid()}")
    for number, text in enumerate(islice(texts(given.seed), given.scale)):
        directory = scratch / f"d{number // PER_DIRECTORY:05}"
        if number % PER_DIRECTORY == 0:
            directory.mkdir(parents=True)
        (directory / f"f{number:07}.log").write_bytes(text)
    scratch.rename(given.out)


if __name__ == "__main__":
    main()
