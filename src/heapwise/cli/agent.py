"""``heapwise agent run``: a Python program under the agent, in its own interpreter."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import click

from heapwise.errors import ToolchainError, UsageError

MINIMUM = (3, 11)
"""The oldest Python that the agent runs on."""

_PROBE = (
    "import sys; from importlib.util import find_spec;"
    "print(*sys.version_info[:2], int(find_spec('heapwise_agent') is not None))"
)
_PROBE_S = 30.0


@click.group("agent")
def command() -> None:
    """The profiling agent for Python services."""


@click.command(
    "run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    options_metavar="[--python PATH] [AGENT OPTIONS]",
)
@click.option(
    "--python",
    metavar="PATH",
    help="The program's interpreter; comes first. Default: the active virtual environment's, else"
    " python3 on PATH.",
)
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="(-m MODULE | SCRIPT) [ARGS]…")
def run(python: str | None, program: tuple[str, ...]) -> None:
    """Run a Python program with the agent in it, its Python children included.

    The program runs in its own interpreter, which needs heapwise-agent installed; this becomes
    `python -m heapwise_agent run …`, whose options and --help apply.
    """
    if not program:
        raise UsageError(
            "run what?", hint="name a program, as heapwise agent run -m uvicorn app:app"
        )
    interpreter = find_python(python, os.environ)
    require_agent(interpreter)
    words = [interpreter, "-m", "heapwise_agent", "run", *program]
    os.execv(interpreter, words)  # noqa: S606 - the user's own program, without a shell


command.add_command(run)


def find_python(given: str | None, environ: Mapping[str, str]) -> str:
    """The interpreter to run a program with.

    Args:
        given: what the user named: a path, or a name on PATH.
        environ: has ``VIRTUAL_ENV`` where one is active.

    Raises:
        ToolchainError: there is none.
    """
    if given:
        found = shutil.which(given)
        if found is None:
            raise ToolchainError(f"cannot run {given}", "it is no program")
        return found
    environment = environ.get("VIRTUAL_ENV", "")
    if environment:
        inside = Path(environment) / "bin" / "python"
        if os.access(inside, os.X_OK):
            return str(inside)
    path = environ.get("PATH")
    found = shutil.which("python3", path=path) or shutil.which("python", path=path)
    if found is None:
        raise ToolchainError("no Python was found on PATH", hint="name one with --python PATH")
    return found


def require_agent(python: str) -> None:
    """See to it that an interpreter can import the agent.

    Raises:
        ToolchainError: it cannot; the hint is the line that installs it.
    """
    try:
        done = subprocess.run(
            [python, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_S, check=True
        )
        major, minor, has_agent = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ToolchainError(f"{python} does not work as a Python", str(error)) from None
    if (major, minor) < MINIMUM:
        raise ToolchainError(
            f"{python} is Python {major}.{minor}",
            f"the agent needs {MINIMUM[0]}.{MINIMUM[1]} or newer",
            "name another one with --python PATH",
        )
    if not has_agent:
        raise ToolchainError(
            f"{python} has no heapwise-agent",
            hint=f"install it: {shlex.quote(python)} -m pip install heapwise-agent",
        )
