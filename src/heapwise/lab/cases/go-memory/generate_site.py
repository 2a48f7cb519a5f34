"""Makes three days of exports and requests: ``generate.py --seed 1 --scale 100000 OUT``.

Of the requests most are for pages that many want, and the others for pages that nobody asked for
before: a cache without a bound keeps those too. The exports are JSON arrays; each is larger than
the one before, and the last has as many records as there are requests.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path

DAYS = (0.2, 0.3, 1.0)
"""Records of each day's export, as a share of the scale."""

WANTED = 0.7
"""Share of requests for the pages that many want."""

PAGES = 12_000
"""Of these there are so many; the n-th is wanted as often as 1/n, nearly."""

_COUNTRIES = ("AT", "BR", "DE", "FR", "IN", "JP", "KE", "US")
_WORDS = ("again", "answer", "blue", "door", "early", "green", "river", "seven", "table", "water")


def requests(draw: random.Random, count: int) -> str:
    """So many paths, a line each."""
    lines = []
    for _ in range(count):
        if draw.random() < WANTED:
            lines.append(f"/pages/{int(PAGES ** draw.random())}\n")
        else:
            lines.append(f"/search/{draw.getrandbits(40):x}\n")
    return "".join(lines)


def export(draw: random.Random, count: int) -> str:
    """So many records as one JSON array."""
    records = (
        {
            "id": number,
            "user": f"user-{draw.randrange(10**6)}",
            "country": draw.choice(_COUNTRIES),
            "score": draw.randrange(1000),
            "tags": draw.choices(_WORDS, k=2),
            "text": " ".join(draw.choices(_WORDS, k=12)),
        }
        for number in range(count)
    )
    return "[" + ",\n".join(map(json.dumps, records)) + "]\n"


def main() -> None:
    """Write the days beside where they are to be, and give them their name when they are whole."""
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--scale", type=int, required=True, help="requests")
    options.add_argument("out", type=Path)
    given = options.parse_args()
    scratch = given.out.with_name(f"{given.out.name}-{os.getpid()}")
    scratch.mkdir(parents=True)
    draw = random.Random(given.seed)  # noqa: S311 - data, not secrets
    left = given.scale
    for day, share in enumerate(DAYS, start=1):
        count = left if day == len(DAYS) else given.scale // len(DAYS)
        left -= count
        (scratch / f"export-{day}.json").write_text(export(draw, int(given.scale * share)))
        (scratch / f"requests-{day}.txt").write_text(requests(draw, count))
    scratch.rename(given.out)


if __name__ == "__main__":
    main()
