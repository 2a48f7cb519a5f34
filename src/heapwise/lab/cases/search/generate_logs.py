"""Makes the tree of log files for the lab: ``generate_logs.py --seed 1 --scale 1000 OUT``.

Most files are of some KB, as in any tree. In a few lies what faster ways to search get wrong: a
file longer than a buffer of 1 MiB, bytes that are no UTF-8, two matches in one line, a match that
only exists across the end of a line, the prefilter's word without the rest, and a last line that
no newline ends.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

PER_DIRECTORY = 50
DIRECTORIES = 10
"""Of the lower level in one of the upper: 100,000 files are 200 x 10 directories of 50."""

MEAN_BYTES = 2500
MATCHING = 0.02
"""Share of files that have a line to be found."""

_LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "WARN")
_WORDS = ("accepted", "cache", "closed", "commit", "connection", "flushed", "from", "index", "job",
          "opened", "page", "queue", "replica", "request", "retry", "segment", "session", "shard",
          "snapshot", "to", "user", "worker")  # fmt: skip
_LINES = 4000


class Text:
    """Draws the text of files."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - data, not secrets
        # Lines are drawn once and used again: to draw every word of 250 MB takes minutes.
        self._lines = [self._line() for _ in range(_LINES)]

    def file(self) -> bytes:
        """A file of the usual size: exponential, with a match in some."""
        lines = self.lines(int(self._draw.expovariate(1 / MEAN_BYTES)) + 1)
        if self._draw.random() < MATCHING:
            lines.insert(self._draw.randrange(len(lines) + 1), self.match())
        return b"".join(lines)

    def lines(self, size: int) -> list[bytes]:
        """Lines of so many bytes, or a little more."""
        lines = []
        while size > 0:
            lines.append(self._draw.choice(self._lines))
            size -= len(lines[-1])
        return lines

    def match(self) -> bytes:
        """A line to be found."""
        level = self._draw.choice((b"ERROR", b"FATAL"))
        return b"2026-11-%02d %s %s\n" % (self._draw.randrange(1, 31), level, self.found())

    def found(self) -> bytes:
        """The part of a line that is found."""
        return b"timeout after %dms on shard-%d" % (
            self._draw.randrange(50, 9000),
            self._draw.randrange(64),
        )

    def _line(self) -> bytes:
        words = " ".join(self._draw.choices(_WORDS, k=self._draw.randrange(4, 9)))
        level, day = self._draw.choice(_LEVELS), self._draw.randrange(1, 31)
        return f"2026-11-{day:02} {level} {words} {self._draw.randrange(10**6)}\n".encode()

    def odd_ones(self) -> Iterator[bytes]:
        """Files that tell a right search from a fast one."""
        yield b"".join(self.lines(5 << 19)) + self.match()  # behind what a buffer of 1 MiB holds
        yield b"".join(self.lines(1 << 20))[: (1 << 20) - 40] + b"\n" + self.match()  # across it
        yield b"\xff\xfe caf\xe9 \xc3\x28\n" + self.match() + b"\x80 ERROR " + self.found() + b"\n"
        yield b"ERROR " + self.found() + b", again ERROR " + self.found() + b"\n"
        yield b"ERROR\ntimeout after 70ms on shard-1\n"  # not on one line
        yield b"a word with a timeout after which nothing comes\n" + b"".join(self.lines(500))
        yield "a line \u2028 that str.splitlines cuts\n".encode() + self.match()
        yield b"".join(self.lines(3000)) + self.match().rstrip(b"\n")


def main() -> None:
    """Make the tree, whole or not at all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=int, required=True, help="files")
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    part = asked.out.with_name(f"{asked.out.name}.part-{os.getpid()}")
    try:
        write(part, Text(asked.seed), asked.scale)
        part.rename(asked.out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def write(root: Path, text: Text, count: int) -> None:
    """Write so many files; the odd ones lie between the others."""
    odd = list(text.odd_ones())[:count]
    every = max(count // len(odd), 1)
    for number in range(count):
        directory = number // PER_DIRECTORY
        folder = root / f"{directory // DIRECTORIES:03}" / f"{directory % DIRECTORIES}"
        if number % PER_DIRECTORY == 0:
            folder.mkdir(parents=True)
        which, rest = divmod(number, every)
        data = odd[which] if rest == 0 and which < len(odd) else text.file()
        (folder / f"{number:06}.log").write_bytes(data)


if __name__ == "__main__":
    main()
