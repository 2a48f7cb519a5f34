"""Lets atheris make up profiles: ``python guided.py CORPUS [libFuzzer's flags]``."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["heapwise"]):
    from fuzzed import holds, seeds


def attempt(data: bytes) -> None:
    """What libFuzzer calls; it would take a result for an instruction."""
    holds(data)


if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    for number, seed in enumerate(seeds()):
        (corpus / f"seed{number}").write_bytes(seed)
    atheris.Setup(sys.argv, attempt)
    atheris.Fuzz()
