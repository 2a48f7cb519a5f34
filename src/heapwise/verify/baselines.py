"""Baselines as files: one per name and machine, small enough for a repository."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from heapwise import __version__
from heapwise.errors import RecordingError, ToolchainError, UsageError
from heapwise.model.baseline import FORMAT, Baseline
from heapwise.model.report import RunReport, Timeline
from heapwise.record.files import read_file, write_atomically
from heapwise.verify.git import git

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_LARGEST = 64 << 20
"""Bytes of a baseline; a real one has some 100 KB."""


def make_baseline(name: str, fingerprint: str, rounds: Sequence[RunReport]) -> Baseline:
    """A baseline of the rounds of one side, now.

    Raises:
        UsageError: the name cannot be that of a file everywhere.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"not a name for a baseline: {name!r}",
            hint="use letters, digits, dot, dash, underscore",
        )
    return Baseline(
        format=FORMAT,
        tool=__version__,
        name=name,
        saved=datetime.now(UTC).isoformat(timespec="seconds"),
        fingerprint=fingerprint,
        revision=_revision(),
        rounds=tuple(_lean(report) for report in rounds),
    )


def save(baseline: Baseline, folder: Path) -> Path:
    """Write a baseline; one of the same name and machine is replaced, as its purpose is.

    Raises:
        RecordingError: it cannot be written.
    """
    path = folder / f"{baseline.name}-{baseline.fingerprint}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.format(msgspec.json.encode(baseline), indent=1))
    except OSError as error:
        raise RecordingError(f"cannot write {path}", error.strerror or str(error)) from None
    return path


def read(path: Path) -> Baseline:
    """Read one baseline.

    Raises:
        RecordingError: it cannot be read, or is none.
    """
    try:
        found = msgspec.json.decode(read_file(path, _LARGEST), type=Baseline)
    except OSError as error:
        raise RecordingError(f"cannot read {path}", error.strerror or str(error)) from None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecordingError(f"{path} is not a baseline", str(error)) from None
    if found.format != FORMAT or not found.rounds:
        raise RecordingError(
            f"{path} is not a baseline of this version",
            hint="save it again: heapwise baseline save RECORDING…",
        )
    return found


def all_of(folder: Path, name: str = "*") -> tuple[Path, ...]:
    """The files of baselines in a folder, of one name or of all, in order of their names."""
    if not folder.is_dir():
        return ()
    return tuple(
        path
        for path in sorted(folder.glob("*.json"))
        if _named(path) is not None and name in ("*", _named(path))
    )


def find(folder: Path, name: str, fingerprint: str) -> Baseline:
    """The baseline of a name for a machine; that of another machine where there is no own.

    Raises:
        UsageError: there is none, with the command that makes one.
        RecordingError: what is there cannot be read.
    """
    paths = all_of(folder, name)
    if not paths:
        raise UsageError(
            f"no baseline {name!r} in {folder}",
            hint=f"make one: heapwise baseline save --dir {folder} --name {name} RECORDING…",
        )
    own = folder / f"{name}-{fingerprint}.json"
    if own in paths:
        return read(own)
    return max(map(read, paths), key=lambda baseline: baseline.saved)


def _named(path: Path) -> str | None:
    """The name of a baseline from that of its file."""
    name, _, fingerprint = path.stem.rpartition("-")
    good = _NAME.fullmatch(name) and _FINGERPRINT.fullmatch(fingerprint)
    return name if good else None


def _lean(report: RunReport) -> RunReport:
    """What comparing needs of a report, and no more."""
    return msgspec.structs.replace(report, timeline=Timeline(), tail=None, trace=None)


def _revision() -> str:
    """The commit of the folder we are in, empty outside a repository or without git."""
    try:
        done = git(Path(), "rev-parse", "--short=12", "HEAD")
    except ToolchainError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
