"""How a Python lab's variants are started: by our own interpreter, under the agent."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.cache import Place
from heapwise.lab.extras import install
from heapwise.lab.library import Case

AGENT = "heapwise-agent"

_ENVIRONMENT = (
    "PYTHONHASHSEED=0",  # no run differs by the order of a set
    # What the user's shell sets for services of their own must not change a lab's figures.
    "HEAPWISE_AGENT=on",
    "HEAPWISE_AGENT_INTERVAL=524288",
    *(f"HEAPWISE_AGENT_{name}=" for name in ("GROUP", "HOSTS", "OOM_DIR", "TOKEN", "UNIX_SOCKET")),
)


def installed(needed: Iterable[str]) -> str:
    """The interpreter and the releases of the agent and of what a lab needs, in a line.

    Args:
        needed: distributions, beside the agent.

    Raises:
        ToolchainError: naming all that is not installed.
    """
    releases: dict[str, str | None] = {}
    for name in (AGENT, *needed):
        try:
            releases[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            releases[name] = None
    missing = [name for name, release in releases.items() if release is None]
    if missing:
        raise ToolchainError(
            f"the lab needs {' and '.join(missing)}",
            f"not installed in {sys.prefix}",
            install(missing),
        )
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ", ".join([python, *(f"{name} {release}" for name, release in releases.items())])


def copied(case: Case) -> Path:
    """The sources of a lab in the cache, from where they are run.

    Raises:
        ToolchainError: the cache cannot be written.
    """
    place = Place(case, (".py",), ())
    with place.scratch() as scratch:
        return place.copy(scratch)


def start_of(script: Path) -> tuple[str, ...]:
    """The words that start a service under the agent; its own arguments follow."""
    agent = ("-m", "heapwise_agent", "run", "--quiet", "--address", "127.0.0.1:{debug_port}")
    return (*_ENVIRONMENT, sys.executable, *agent, str(script))


def start_of_job(script: Path) -> tuple[str, ...]:
    """The words that start a job; whoever records it sees to the agent."""
    return (*_ENVIRONMENT, sys.executable, str(script))
