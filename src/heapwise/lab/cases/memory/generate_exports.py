"""Makes what the memory lab reads: ``generate_exports.py --seed 1 --scale 990000 OUT``.

A directory: as many requests as the scale says, a key a line, in three parts; and before each part
an export of records, the last with a record for three requests and the two before it with an eighth
and a quarter of that, each as one JSON array and as a record a line.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

SHARES = (8, 4, 1)
"""The exports hold the records divided by these."""

REQUESTS = 3
"""For each record of the largest export."""

KEYS = 2
"""For each request, that it may ask for."""

SKEW = 3.0
"""Of the keys: half of all requests ask for an eighth of them; 1 would be even."""

_CITIES = ("Aachen", "Bremen", "Erfurt", "Kassel", "Lübeck", "Mainz", "Ulm", "Worms")
_PLANS = ("basic", "free", "plus", "team")


def records(draw: random.Random, count: int) -> Iterator[str]:
    """Records as JSON, of which the service needs the score."""
    for number in range(count):
        yield json.dumps(
            {
                "id": 10_000_000 + number,
                "name": f"customer {draw.randrange(10**6)}",
                "email": f"c{number}@example.com",
                "city": draw.choice(_CITIES),
                "plan": draw.choice(_PLANS),
                "tags": [draw.choice(_PLANS), draw.choice(_CITIES)],
                "score": draw.randrange(10**6) / 1000,
            },
            ensure_ascii=False,
        )


def write_export(folder: Path, number: int, lines: Iterator[str]) -> None:
    """The same records in both forms."""
    with (
        (folder / f"export-{number}.json").open("w", encoding="utf-8") as array,
        (folder / f"export-{number}.ndjson").open("w", encoding="utf-8") as one_a_line,
    ):
        array.write("[")
        for position, line in enumerate(lines):
            array.write(f",\n{line}" if position else line)
            one_a_line.write(line + "\n")
        array.write("]\n")


def write_requests(path: Path, draw: random.Random, count: int, keys: int) -> None:
    """Keys, of which few are asked for often and many once."""
    with path.open("w", encoding="ascii") as file:
        for _ in range(count):
            file.write(f"{int(keys * draw.random() ** SKEW)}\n")


def main() -> None:
    """Make the directory, whole or not at all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=int, required=True, help="requests")
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    draw = random.Random(asked.seed)  # noqa: S311 - data, not secrets
    part = asked.out.with_name(f"{asked.out.name}.part-{os.getpid()}")
    try:
        part.mkdir()
        for number, share in enumerate(SHARES):
            write_export(part, number, records(draw, asked.scale // REQUESTS // share))
            count = asked.scale // len(SHARES)
            write_requests(part / f"requests-{number}.txt", draw, count, asked.scale * KEYS)
        part.rename(asked.out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


if __name__ == "__main__":
    main()
