"""How a Python lab's variants are started: by our own interpreter, under the agent."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib import metadata

from heapwise.errors import ToolchainError
from heapwise.lab.cache import Place
from heapwise.lab.library import Case
from heapwise.lab.spec import PythonBuild

AGENT = "heapwise-agent"
INSTALL = "pip install 'heapwise[demo]'"

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
            f"the lab needs {' and '.join(missing)}", f"not installed in {sys.prefix}", INSTALL
        )
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ", ".join([python, *(f"{name} {release}" for name, release in releases.items())])


def start_of(case: Case, spec: PythonBuild) -> tuple[str, ...]:
    """The words that start a variant under the agent; its own arguments follow.

    Raises:
        ToolchainError: the cache, which the sources are run from, cannot be written.
    """
    place = Place(case, (".py",), ())
    with place.scratch() as scratch:
        script = place.copy(scratch) / spec.script
    agent = ("-m", "heapwise_agent", "run", "--quiet", "--address", "127.0.0.1:{debug_port}")
    return (*_ENVIRONMENT, sys.executable, *agent, str(script))
