"""Builds a lab's variants in the user's cache, never beside the sources."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from heapwise.errors import ToolchainError
from heapwise.lab.library import Case
from heapwise.lab.spec import Build
from heapwise.runtimes.go.toolchain import Go

_BINARY = "service"
_SOURCES = "src"
_FLAGS = (
    # The cache may lie inside somebody's repository.
    "-buildvcs=false",
)


def cache_root() -> Path:
    """Where builds are kept: ``$XDG_CACHE_HOME/heapwise/labs``, by default below ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG_CACHE_HOME has relative paths ignored.
    cache = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return cache / "heapwise" / "labs"


def build(case: Case, variant: str, go: Go, *, announce: Callable[[str], None]) -> Path:
    """Build a variant, unless its sources were built before with this toolchain and these flags.

    Args:
        case: the lab.
        variant: key of its variants.
        go: the toolchain.
        announce: told when something is really built, since that may take a while and download.

    Returns:
        The program. Its sources lie in ``src`` beside it, as profiles name them.

    Raises:
        ToolchainError: it does not build, or the cache cannot be written.
    """
    spec = case.lab.variants[variant].build
    home = cache_root() / case.name / _key(case.directory, spec, go)
    program = home / _BINARY
    if program.is_file():
        return program
    announce(
        f"building {case.name} {variant} with {go.version} (the first build downloads modules)"
    )
    try:
        _build(case.directory, spec, go, home)
    except ToolchainError as error:
        raise ToolchainError(
            error.what, error.why, "the first build needs the Go module proxy (go env GOPROXY)"
        ) from None
    except OSError as error:
        raise ToolchainError(
            f"cannot build in {cache_root()}",
            error.strerror or str(error),
            "set XDG_CACHE_HOME to a directory that can be written",
        ) from None
    return program


def _build(directory: Path, spec: Build, go: Go, home: Path) -> None:
    """Copy the sources, compile them, and only then give the program its name.

    Two processes may do so at once: whatever has its final name is complete.
    """
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        source = _copied(directory, Path(scratch) / _SOURCES, home / _SOURCES)
        program = Path(scratch) / _BINARY
        go.build(source, program, flags=(*_FLAGS, f"-modfile={spec.modfile}", *spec.flags))
        program.replace(home / _BINARY)


def _copied(directory: Path, scratch: Path, final: Path) -> Path:
    """Copy the sources to where profiles will name them; never compile them anywhere else."""
    for file in _sources(directory):
        copy = scratch / file.relative_to(directory)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    try:
        scratch.rename(final)
    except OSError:
        if not final.is_dir():  # else another process was first
            raise
    return final


def _key(directory: Path, spec: Build, go: Go) -> str:
    """The name of a build: a hash of everything that decides what comes out."""
    digest = sha256()
    for part in (go.version, spec.modfile, *spec.flags):
        digest.update(part.encode() + b"\0")
    for file in _sources(directory):
        digest.update(f"{file.relative_to(directory)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _sources(directory: Path) -> list[Path]:
    """What the compiler reads. ``lab.toml`` and the request's body are not part of it."""
    kinds = {".go", ".mod", ".sum"}
    return sorted(file for file in directory.rglob("*") if file.suffix in kinds)
