"""Puts tests/support on the path and says once what the machine lacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

FULL = os.environ.get("HEAPWISE_FULL") == "1"

# How long an example takes says more about the machine than about the code. The same examples each
# time, so that what turns red is what was changed; `make test-long` looks for others.
settings.register_profile("heapwise", deadline=None, derandomize=not FULL)
settings.load_profile("heapwise")


@pytest.fixture(scope="session")
def full() -> bool:
    """True for `make test-long`: the full counts named in the issues."""
    return FULL
