"""What `heapwise_agent` offers."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import pytest

import heapwise_agent


def test_the_public_names_are_these() -> None:
    """The surface fits into one line."""
    assert heapwise_agent.__all__ == ["Agent", "__version__", "start", "stop", "work"]


def test_the_version_is_the_distributions() -> None:
    """One version, in the package and in its metadata."""
    assert heapwise_agent.__version__ == importlib.metadata.version("heapwise-agent")


def test_what_can_be_mounted_is_imported_on_demand() -> None:
    """The import costs neither asyncio nor an HTTP server, until an app is asked for."""
    code = (
        "import sys, heapwise_agent\n"
        "assert 'asyncio' not in sys.modules\n"
        "assert 'http.server' not in sys.modules\n"
        "assert callable(heapwise_agent.asgi.app) and callable(heapwise_agent.wsgi.app)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_names_are_missing() -> None:
    """A wrong name is an AttributeError as everywhere."""
    with pytest.raises(AttributeError, match="no attribute 'begin'"):
        _ = heapwise_agent.begin
