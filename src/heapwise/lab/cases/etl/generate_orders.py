"""Makes the file to load: orders as CSV, six columns, 88 B a row, the same for the same seed.

``python generate_orders.py --seed 1 --scale 200000 orders.csv``

One note in 50 goes over two lines, others hold commas and quotes, many are empty, and customers
are written in more than one script: what a file of a real shop does to whoever splits it at line
breaks.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADER = ("id", "placed_at", "customer", "country", "amount", "note")

_FIRST_ID = 10_000_001
_FIRST_AT = datetime(2026, 1, 1, tzinfo=UTC)
_GIVEN = ("Ada", "Björn", "Chloë", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Inga", "Jürgen")
_FAMILY = ("Abe", "Brandt", "Castillo", "Dąbrowska", "Eriksen", "Fontaine", "Gruber", "Иванова")
_COUNTRIES = ("at", "br", "ch", "de", "es", "fr", "gb", "jp", "pl", "se", "us")
_WORDS = ("ring", "twice", "leave", "it", "with", "the", "neighbour", "door", "after", "six")
_NOTES = 2000


def notes(draw: random.Random) -> list[str]:
    """So many notes that no two rows in a row are likely to have the same."""
    return [_note(draw) for _ in range(_NOTES)]


def _note(draw: random.Random) -> str:
    kind = draw.randrange(50)
    if kind < 8:
        return ""
    words = draw.choices(_WORDS, k=draw.randint(3, 11))
    text = " ".join(words)
    if kind == 8:
        return f"{text}\nthanks"
    if kind < 14:
        return f'"{words[0]}", {text}'
    return text


def rows(seed: int, count: int) -> Iterator[tuple[object, ...]]:
    """So many orders, one after another in time."""
    draw = random.Random(seed)  # noqa: S311 - orders are no secret
    texts, placed = notes(draw), _FIRST_AT
    names = [f"{given} {family}" for given in _GIVEN for family in _FAMILY]
    names += [f"  {name} " for name in names[::7]]  # typed by hand
    for number in range(_FIRST_ID, _FIRST_ID + count):
        placed += timedelta(seconds=draw.randrange(4))
        yield (
            number,
            f"{placed:%Y-%m-%dT%H:%M:%SZ}",
            draw.choice(names),
            draw.choice(_COUNTRIES),
            f"{draw.randrange(100, 40_000) / 100:.2f}",
            draw.choice(texts),
        )


def write(out: Path, seed: int, count: int) -> None:
    """Write the file; it has its name once it is whole."""
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(rows(seed, count))
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=int, required=True, help="rows")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    write(options.out, options.seed, options.scale)


if __name__ == "__main__":
    main()
