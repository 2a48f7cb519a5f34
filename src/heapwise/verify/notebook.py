"""The notebook: what was thought, changed, foretold and measured, one entry a verification.

``heapwise-log.jsonl`` is read by programs, ``heapwise-log.md`` by people; both are only ever
appended to, and belong into the repository beside the code they tell of.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from heapwise.errors import RecordingError
from heapwise.model.comparison import MOVED, ComparisonRow, Role
from heapwise.model.verify import BASE, NEW, Entry, Moved, Notebook, Verification
from heapwise.record.files import read_file

LINES, PAGE = "heapwise-log.jsonl", "heapwise-log.md"

_LIMIT = 256 << 20
_TITLE = "# Experiments\n"


def entry_of(verification: Verification, folder: Path) -> Entry:
    """What a verification leaves in the notebook.

    Args:
        verification: finished, or given up.
        folder: of the notebook.
    """
    state, comparison = verification.state, verification.comparison
    titles = {side.name: side.title for side in state.sides}
    return Entry(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        hypothesis=state.hypothesis,
        change=f"{titles[BASE]} -> {titles[NEW]}",
        files=state.changed,
        prediction=state.prediction,
        result=comparison.sentence,
        primary=tuple(_moved(row) for row in comparison.rows if row.role is Role.PRIMARY),
        side_effects=tuple(_moved(row) for row in comparison.rows if _side_effect(row)),
        warnings=tuple(problem.what for problem in verification.warnings),
        machine=state.machine.fingerprint,
        directory=_relative(Path(verification.directory), folder),
        rounds=comparison.rounds,
    )


def append(entry: Entry, folder: Path, render: Callable[[Entry], str]) -> Path:
    """Write an entry behind the others, in both files.

    Args:
        entry: the new one.
        folder: where the notebook lies, or will.
        render: an entry as Markdown.

    Returns:
        The page for people.

    Raises:
        RecordingError: a file cannot be written.
    """
    page = folder / PAGE
    _append(folder / LINES, msgspec.json.encode(entry) + b"\n", head=b"")
    _append(page, render(entry).encode(), head=_TITLE.encode())
    return page


def read_notebook(path: Path) -> Notebook:
    """Every entry that is whole; a line that broke in a crash costs itself and no other.

    Args:
        path: the notebook's lines, its page, or its folder.

    Raises:
        RecordingError: there is none.
    """
    file = path / LINES if path.is_dir() else path
    file = file.with_suffix(".jsonl") if file.suffix == ".md" else file
    try:
        lines = read_file(file, _LIMIT).splitlines()
    except OSError as error:
        raise RecordingError(
            f"no notebook {file}",
            error.strerror or str(error),
            "`heapwise verify --log` begins one",
        ) from None
    found = [_entry(line) for line in lines if line.strip()]
    entries = tuple(entry for entry in found if entry is not None)
    return Notebook(entries=entries, damaged=len(found) - len(entries))


def _entry(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _append(path: Path, data: bytes, *, head: bytes) -> None:
    """Append in one write while nobody else does, and so that the line before is over."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "rb+", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if not size:
                data = head + data
            elif not _ends_in_newline(descriptor, size):
                data = b"\n" + data
            _write_all(descriptor, data)
            os.fsync(descriptor)
    except OSError as error:
        raise RecordingError(f"cannot write {path}", error.strerror or str(error)) from None


def _ends_in_newline(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _moved(row: ComparisonRow) -> Moved:
    return Moved(
        metric=row.metric,
        name=row.name,
        unit=row.unit,
        before=row.before,
        after=row.after,
        delta=row.delta,
        verdict=row.verdict.value,
        p=row.p if row.p_adjusted is None else row.p_adjusted,
    )


def _side_effect(row: ComparisonRow) -> bool:
    """What moved without having been asked for."""
    return row.role is not Role.PRIMARY and row.verdict in MOVED


def _relative(path: Path, folder: Path) -> str:
    path, folder = path.resolve(), folder.resolve()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
