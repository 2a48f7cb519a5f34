"""``python -m heapwise_agent run``: a program under the agent, its children included.

Nothing of the program is imitated. The settings go into the environment, the directory
``bootstrap`` with its ``sitecustomize`` goes on PYTHONPATH, and this process becomes the same
interpreter with the program's own arguments; so ``sys.argv``, ``sys.path[0]``, ``__main__`` and
the process id are what they would be without the agent.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from heapwise_agent.config import PREFIX, ConfigError

BOOTSTRAP = Path(__file__).parent / "bootstrap"

MAIN = f"{PREFIX}_MAIN"
"""Holds the process id of the program itself; its children find another than theirs in it."""

QUIET = f"{PREFIX}_QUIET"
"""Keeps the program from saying on stderr where it can be asked."""

_MODULE_OPTION = re.compile(r"-([A-Za-z]*)m(heapwise_agent)?", re.ASCII)


def is_launcher(command: Sequence[str]) -> bool:
    """True for the interpreter that is about to become the program, see `run`.

    Args:
        command: `sys.orig_argv`.
    """
    return _launch(command) is not None


def interpreter_options(command: Sequence[str]) -> list[str]:
    """The options that the interpreter itself was given: ``-X dev`` of ``python -X dev -m …``.

    Args:
        command: `sys.orig_argv`.
    """
    launch = _launch(command)
    if launch is None:
        return []
    position, beside = launch
    return [*command[1:position], *([f"-{beside}"] if beside else [])]


def _launch(command: Sequence[str]) -> tuple[int, str] | None:
    """Where the option ``-m heapwise_agent`` stands, and what else stands in its word."""
    for position, word in enumerate(command):
        found = _MODULE_OPTION.fullmatch(word)
        if found and (found[2] or command[position + 1 : position + 2] == ["heapwise_agent"]):
            return position, found[1]
    return None


def environment(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of the program: settings without their prefix, and the bootstrap first."""
    paths = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    rest = [path for path in paths if path != str(BOOTSTRAP)]
    return {
        **environ,
        **{f"{PREFIX}_{name}": value for name, value in settings.items()},
        "PYTHONPATH": os.pathsep.join([str(BOOTSTRAP), *rest]),
    }


def run(program: Sequence[str], settings: Mapping[str, str], *, quiet: bool) -> None:
    """Become the program; returns only by raising.

    Args:
        program: ``-m``, a module and its arguments, or a script and its arguments.
        settings: as `environment` takes them.
        quiet: do not say on stderr where it can be asked.

    Raises:
        ConfigError: this interpreter was told to ignore the environment.
        OSError: the interpreter cannot be started.
    """
    if sys.flags.ignore_environment or sys.flags.no_site:
        raise ConfigError(
            "python -I, -E and -S keep the agent from starting before the program; leave them out,"
            " or call heapwise_agent.start() in the program"
        )
    environ = environment(os.environ, settings)
    environ[MAIN] = str(os.getpid())
    environ[QUIET] = "1" if quiet else ""
    environ.setdefault(f"{PREFIX}_GROUP", f"run{os.getpid()}")  # wherever its children go
    command = [sys.executable, *interpreter_options(sys.orig_argv), *program]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, command, environ)  # noqa: S606 - the user's own program, no shell
