"""Adds up the numbers of a file, from a list of its lines or as they come."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from urllib.request import urlopen

from heapwise_agent import work

KEPT_BYTES = 1 << 16


def main() -> None:
    """Print the sum, how much was read, and what was kept of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--greeter", required=True)
    parser.add_argument("--how", choices=["list", "stream", "hoard", "wrong"], default="stream")
    options = parser.parse_args()
    with urlopen(options.greeter) as answer:
        greeting = answer.read().decode()
    kept: list[object] = []
    total = lines = 0
    with options.input.open() as file:
        for line in file.readlines() if options.how == "list" else file:
            total += int(line.split()[0])
            lines += 1
            work("line")
            if options.how == "hoard":
                kept.append(b"x" * KEPT_BYTES)
    (options.out / "total").write_text(str(total))
    print(greeting)  # noqa: T201 - a job may print what it likes before its last line
    result = {"total": total + (options.how == "wrong"), "lines": lines}
    share = 0.5 if options.how == "list" else 0.4
    print(json.dumps({"work": lines, "result": result, "guard": {"share": share}}))  # noqa: T201 - its result


if __name__ == "__main__":
    main()
