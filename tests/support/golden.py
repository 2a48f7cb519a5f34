"""Expected outputs kept in files; ``HEAPWISE_UPDATE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """Compare a text with ``tests/golden/NAME``."""
    file = FOLDER / name
    if os.environ.get("HEAPWISE_UPDATE_GOLDEN") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"{file} is missing: write it with HEAPWISE_UPDATE_GOLDEN=1"
    assert text == file.read_text(encoding="utf-8")
