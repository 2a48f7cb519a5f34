"""The traces in tests/data/exectrace; README.md there says how they were made."""

from __future__ import annotations

import gzip
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "exectrace"
NAMES = sorted(path.name.removesuffix(".trace.gz") for path in FOLDER.glob("*.trace.gz"))


def trace_of(name: str) -> bytes:
    """The whole trace that this Go wrote."""
    return gzip.decompress((FOLDER / f"{name}.trace.gz").read_bytes())
