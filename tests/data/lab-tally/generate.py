"""Writes lines of a number and a word."""

from __future__ import annotations

import argparse
import random
from pathlib import Path


def main() -> None:
    """Write as many lines as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=int, required=True)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311 - data, not secrets
    with options.out.open("w") as file:
        file.writelines(f"{draw.randrange(100)} word\n" for _ in range(options.scale))


if __name__ == "__main__":
    main()
