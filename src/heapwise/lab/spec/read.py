"""Reads a ``lab.toml``; everything is checked while it is read."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from heapwise.errors import UsageError
from heapwise.lab.spec.lab import JobLab, ServiceLab


def load_spec(path: Path) -> ServiceLab | JobLab:
    """Read a ``lab.toml``; a table ``job`` makes it a job's.

    Raises:
        UsageError: naming the file, the key and the expected form.
    """
    spec = _toml(path)
    lab: ServiceLab | JobLab
    try:
        lab = msgspec.convert(spec, JobLab) if "job" in spec else msgspec.convert(spec, ServiceLab)
    except msgspec.ValidationError as error:
        what, _, key = str(error).partition(" - at `$")
        where = key.rstrip("`").replace("[...]", ".*").lstrip(".")
        raise UsageError(f"{path}: {where or 'top level'}", what) from None
    for key, name in lab.files():
        _must_lie_beside(path, key, name)
    return lab


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read", error.strerror or str(error)) from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise UsageError(f"{path}: not TOML", str(error)) from None


def _must_lie_beside(spec: Path, key: str, name: str) -> None:
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise UsageError(f"{spec}: {key}", f"must lie beside lab.toml, not at {name!r}")
    if not (spec.parent / relative).is_file():
        raise UsageError(f"{spec}: {key}", f"no such file: {name!r}")
