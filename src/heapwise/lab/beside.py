"""What runs beside a lab's program, started before its first variant and ended after its last."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from heapwise.lab.components.base import Running, first_of, provided
from heapwise.lab.components.script import Script
from heapwise.lab.library import Case
from heapwise.lab.python import copied

_PREFIX = "heapwise-lab-"
_NAME = re.compile(rf"{_PREFIX}(?P<lab>.+)-(?P<pid>\d+)-[^-]+")


@contextmanager
def beside(
    case: Case, directory: Path, *, require_real: bool, announce: Callable[[str], None]
) -> Iterator[dict[str, Running]]:
    """Start every component of a lab, and end them in reverse.

    Args:
        case: the lab.
        directory: for their data.
        require_real: take no stand-in.
        announce: told what runs, with its release and origin.

    Raises:
        ToolchainError: one cannot be started.
    """
    with ExitStack() as stack:
        running: dict[str, Running] = {}
        for name, spec in case.lab.parts.items():
            if spec.script:
                own = Script(copied(case) / spec.script, spec.args)
                started = first_of(
                    name, (own,), directory, require_real=require_real, announce=announce
                )
            else:
                started = provided(name, directory, require_real=require_real, announce=announce)
            running[name] = stack.enter_context(started)
        yield running


@contextmanager
def workplace(lab: str) -> Iterator[Path]:
    """A directory for one run of a lab, removed with all that lies in it.

    Its name is short, for sockets, and says whose it is, for `leftovers`. Others may pass through
    it: a server that refuses to run as root has its data below.
    """
    with tempfile.TemporaryDirectory(
        prefix=f"{_PREFIX}{lab}-{os.getpid()}-", ignore_cleanup_errors=True
    ) as name:
        directory = Path(name)
        directory.chmod(0o711)
        yield directory


def leftovers(lab: str) -> Iterator[Path]:
    """Directories of runs that were killed and could not remove them."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        name = _NAME.fullmatch(path.name)
        if name is None or name["lab"] != lab or path.is_symlink() or not path.is_dir():
            continue
        if path.stat().st_uid == os.getuid() and not Path(f"/proc/{name['pid']}").exists():
            yield path
