"""Puts the shared helpers on the path and says which interpreters there are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from agentsupport.interpreters import Interpreter, interpreters, remove_trees

FULL = os.environ.get("HEAPWISE_FULL") == "1"

# How long an example takes says more about the machine than about the code. The same examples each
# time, so that what turns red is what was changed; `make test-long` looks for others.
settings.register_profile("heapwise", deadline=None, derandomize=not FULL)
settings.load_profile("heapwise")


@pytest.fixture(params=interpreters(), ids=lambda each: f"cpython-{each.version}")
def python(request: pytest.FixtureRequest) -> Interpreter:
    """Each CPython from 3.11 to 3.14 that this machine has."""
    return request.param


def pytest_report_header() -> str:
    """Which interpreters the agent is tested on."""
    return "agent: CPython " + ", ".join(each.version for each in interpreters())


@pytest.fixture(scope="session", autouse=True)
def _trees() -> Iterator[None]:
    yield
    remove_trees()
