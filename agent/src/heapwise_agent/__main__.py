"""The command line: ``python -m heapwise_agent run [options] (-m module | script) [args]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from heapwise_agent.config import ADDRESS, INTERVAL, PREFIX, ConfigError, configure
from heapwise_agent.run import run

EPILOG = f"""\
The settings are also read from {PREFIX}_ADDRESS, _INTERVAL, _HOSTS, _UNIX_SOCKET, _OOM_DIR and
_OOM_SHARE. A token is read from {PREFIX}_TOKEN only, since a command line is for all to see.
{PREFIX}=off starts the program without the agent.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and become the program.

    Returns:
        2 for a command line that cannot be, 1 for an interpreter that cannot be started.
    """
    words, program = split(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options = parser.parse_args(words)
    if options.command != "run":
        parser.print_help(sys.stderr)
        return 2
    given = {name: getattr(options, name) for name in _SETTINGS}
    settings = {name.upper(): value for name, value in given.items() if value is not None}
    if not program:
        return _complain("run what? give a script, or -m and a module", 2)
    try:
        configure({**os.environ, **{f"{PREFIX}_{name}": text for name, text in settings.items()}})
        run(program, settings, quiet=options.quiet)
    except ConfigError as error:
        return _complain(str(error), 2)
    except OSError as error:
        return _complain(f"cannot start {sys.executable}: {error.strerror}", 1)
    return 0


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own words, and the program's: what begins at its name, at ``-m`` or behind ``--``.

    argparse would look for our options behind the program's name too.
    """
    position = 1 if words[:1] == ["run"] else 0
    while position < len(words):
        word = words[position]
        if word == "--":
            return [*words[:position]], [*words[position + 1 :]]
        if word.startswith("-m") or not word.startswith("-"):
            return [*words[:position]], [*words[position:]]
        takes_value = word[2:].replace("-", "_") in _SETTINGS
        position += 2 if takes_value else 1
    return [*words], []


def _complain(text: str, code: int) -> int:
    print(f"heapwise_agent: {text}", file=sys.stderr)  # noqa: T201 - this is a command line
    return code


_SETTINGS = {
    "address": f"listen on HOST:PORT (default {ADDRESS}; port 0 takes a free one)",
    "interval": f"mean bytes between two samples (default {INTERVAL})",
    "hosts": "names that clients may use beside the loopback ones, split at commas",
    "unix_socket": "listen on this path, mode 0600, and not on TCP",
    "oom_dir": "write the live heap there before memory runs out",
    "oom_share": "the share of the memory limit at which that is done (default 0.9)",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m heapwise_agent",
        description="An always-on allocation profiler.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="run")
    command = commands.add_parser(
        "run",
        help="run a program under the agent, its Python children included",
        usage="%(prog)s [options] (-m module | script) [arguments ...]",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    for name, text in _SETTINGS.items():
        command.add_argument(f"--{name.replace('_', '-')}", help=text, metavar="…")
    command.add_argument("-q", "--quiet", action="store_true", help="say nothing on stderr")
    return parser


if __name__ == "__main__":
    sys.exit(main())
