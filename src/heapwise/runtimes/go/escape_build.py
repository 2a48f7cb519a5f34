"""Builds a service once more, so that the compiler tells what it knows of escapes.

The compiler writes its log only where it really runs: what comes from Go's build cache writes
nothing. A directory's name is part of the flags, hence of the cache's key, so a new name has just
the packages compiled again that log into it. For the standard library the name stays the same:
what was compiled before has left its log there, and what was not is compiled now. That saves most
of the time of a log of everything (measured: 38 s the first time, 2 s after that, chi lab).
"""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.formats import escapelog
from heapwise.model.escape import EscapeLog
from heapwise.runtimes.go.buildsettings import BuildSettings
from heapwise.runtimes.go.toolchain import Go

_FLAGS = ("-buildvcs=false",)
"""The version control system need not be there, and its state changes nothing."""


def escape_log(
    main_dir: Path, *, go: Go, settings: BuildSettings, everything: bool = False
) -> EscapeLog:
    """Build a main package for the log of its escape analysis; the program is thrown away.

    Args:
        main_dir: the main package's directory.
        go: the toolchain; another release than the service's decides differently.
        settings: what the service was built with.
        everything: dependencies and the standard library as well, not only the main module.

    Raises:
        ToolchainError: it does not build, or writes no log.
        ProfileError: the log cannot be read.
    """
    module, root = go.module(main_dir)
    # We ask for -mod=readonly elsewhere; a service with a vendor folder is built from that.
    vendored = ("-mod=vendor",) if (root / "vendor" / "modules.txt").is_file() else ()
    with tempfile.TemporaryDirectory(prefix="heapwise-escape-") as scratch:
        own, others = Path(scratch, "own"), Path(scratch, "others")
        logs = {f"{module}/...": own}
        if everything:
            # Of several patterns that match a package the last one counts.
            logs = {"all": others, "std": _library_log(go, settings, Path(scratch)), **logs}
        flags = [_log_into(pattern, log, settings) for pattern, log in logs.items()]
        go.build(
            main_dir,
            Path(scratch, "program"),
            flags=(*_FLAGS, *vendored, *settings.flags, *flags),
            env=settings.env,
        )
        written = [log for log in logs.values() if log.is_dir()]
        if not written:
            raise ToolchainError(f"{go.version} wrote no log of escapes for {module}")
        return escapelog.read(*written)


def _log_into(pattern: str, log: Path, settings: BuildSettings) -> str:
    """The flag that has packages log into a directory; quotes, since there may be blanks."""
    if "'" in str(log):
        raise ToolchainError(
            f"cannot log into {log}", "go build takes no quote in it", "set TMPDIR"
        )
    return f"-gcflags={pattern}={' '.join((*settings.compiler, ''))}'-json=0,{log.absolute()}'"


def _library_log(go: Go, settings: BuildSettings, scratch: Path) -> Path:
    """Where the standard library logs, by everything that decides what is written there.

    Below it the name is arbitrary: after somebody has emptied the cache another one is needed.
    """
    parts = (str(go.path), go.version, *settings.flags, *settings.compiler)
    variables = (f"{key}={value}" for key, value in sorted(settings.env.items()))
    key = sha256("\0".join((*parts, *variables)).encode()).hexdigest()[:16]
    home = _cache() / key
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = sorted(each for each in home.iterdir() if each.is_dir())
        return known[0] if known else Path(tempfile.mkdtemp(dir=home))
    except OSError:  # it only takes longer the next time
        return scratch / "library"


def _cache() -> Path:
    """``$XDG_CACHE_HOME/heapwise/escape``, by default below ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG_CACHE_HOME has relative paths ignored.
    cache = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return cache / "heapwise" / "escape"
