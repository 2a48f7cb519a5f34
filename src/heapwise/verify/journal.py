"""The directory of a verification: whole after every run, so that a crash costs one run at most.

::

    NAME.verify/
      verify.json             what was planned and done; rewritten after every run
      plan.json               the load with its bodies, secrets redacted, or null for programs
                              that run to their end; written once
      round-01-base.hw        a recording a run; a repetition is round-01-base.2.hw
      round-01-base.json      instead, what was analysed of it, where recordings are not kept
      lock                    held by the writer
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from heapwise.errors import RecordingError, UsageError
from heapwise.model.load import Plan
from heapwise.model.report import RunReport
from heapwise.model.verify import BASE, FORMAT, NEW, Attempt, Look, VerifyState
from heapwise.record.files import LOCK, cannot_write, read_file, take_lock, write_atomically
from heapwise.record.store import load
from heapwise.verify.round_validity import counted, examined

STATE, PLAN = "verify.json", "plan.json"

_LIMIT = 1 << 30
_WAIT = "wait for it to end"
_OURS = re.compile(r"round-\d{2,}-[a-z]+(\.\d+)?\.(hw|json)", re.ASCII)
_Read = TypeVar("_Read")


class Journal:
    """A verification that is being written; a context manager that gives up its lock.

    Attributes:
        directory: of the verification.
        state: as it stands on disk.
        plan: the load; None for programs that run to their end.
    """

    def __init__(
        self, directory: Path, state: VerifyState, plan: Plan | None, lock: int, *, new: bool
    ) -> None:
        self.directory = directory
        self.state = state
        self.plan = plan
        self._lock = lock
        self._new = new
        self._reports: dict[str, RunReport] = {}

    @classmethod
    def create(cls, directory: Path, state: VerifyState, plan: Plan | None, *, force: bool) -> Self:
        """Make the directory of a new verification.

        Args:
            directory: its parent must exist.
            state: without attempts.
            plan: with its secrets redacted.
            force: replace a verification that is there, and nothing else.

        Raises:
            UsageError: something is there.
            RecordingError: another process writes there, or it cannot be written.
        """
        must_be_replaceable(directory, force=force)
        try:
            directory.mkdir(exist_ok=True)
            lock = take_lock(directory, _WAIT)
            _clear(directory)
            journal = cls(directory, state, plan, lock, new=True)
            write_atomically(directory / PLAN, msgspec.json.encode(plan))
        except OSError as error:
            raise cannot_write(directory, error) from None
        journal._save()
        return journal

    @classmethod
    def resume(cls, directory: Path) -> Self:
        """Go on writing a verification.

        Raises:
            RecordingError: there is none, it is damaged, or another process writes it.
        """
        state = read_state(directory)
        plan = _decoded(directory / PLAN, msgspec.json.Decoder(Plan | None))
        try:
            return cls(directory, state, plan, take_lock(directory, _WAIT), new=False)
        except OSError as error:
            raise cannot_write(directory, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if (
            self._new and not self.state.attempts
        ):  # nothing to go on with: the name is free for another try
            with suppress(OSError):
                _clear(self.directory)
                (self.directory / LOCK).unlink()
                self.directory.rmdir()
        os.close(self._lock)

    def free_path(self, number: int, side: str) -> Path:
        """Where the next run of a round and side is recorded: nothing is there yet."""
        stem = f"round-{number:02}-{side}"
        path, attempt = self.directory / f"{stem}.hw", 1
        while path.exists() or path.with_suffix(".json").exists():
            attempt += 1
            path = self.directory / f"{stem}.{attempt}.hw"
        return path

    def add(self, attempt: Attempt, report: RunReport | None) -> None:
        """Note a run that is over.

        Args:
            attempt: the run.
            report: its analysis; None for one that was interrupted.
        """
        if report is not None:
            self._reports[attempt.recording] = report
            if not self.state.settings.keep_recordings:
                self._reduce(self.directory / attempt.recording, report)
        self._change(attempts=(*self.state.attempts, attempt))

    def looked(self, look: Look) -> None:
        """Note that the figures were compared."""
        self._change(looks=(*self.state.looks, look))

    def stop(self, why: str) -> None:
        """Note that no more rounds are made."""
        self._change(stopped=why)

    def reports(self, attempts: Sequence[Attempt]) -> list[RunReport]:
        """The analyses of runs, each read once.

        Raises:
            RecordingError: a recording is gone.
        """
        for attempt in attempts:
            name = attempt.recording
            if name not in self._reports:
                self._reports[name] = read_report(self.directory, name)
        return [self._reports[attempt.recording] for attempt in attempts]

    def examples(self) -> list[RunReport]:
        """A run of base and one of new, for what is shown of single runs: the first that count."""
        kept = counted(self.state.attempts)
        return self.reports(
            [next(each for each in kept if each.side == name) for name in (BASE, NEW)]
        )

    def _reduce(self, recording: Path, report: RunReport) -> None:
        try:
            write_atomically(recording.with_suffix(".json"), msgspec.json.encode(report))
        except OSError as error:
            raise cannot_write(self.directory, error) from None
        shutil.rmtree(recording, ignore_errors=True)

    def _change(self, **fields: object) -> None:
        self.state = msgspec.structs.replace(self.state, **fields)
        self._save()

    def _save(self) -> None:
        text = msgspec.json.format(msgspec.json.encode(self.state), indent=2)
        try:
            write_atomically(self.directory / STATE, text, durable=True)
        except OSError as error:
            raise cannot_write(self.directory, error) from None


def read_state(directory: Path) -> VerifyState:
    """What was planned and done in a verification, running or not.

    Raises:
        RecordingError: there is none, or it is damaged or written by a newer heapwise.
    """
    state = _decoded(directory / STATE, msgspec.json.Decoder(VerifyState))
    if state.format > FORMAT:
        raise RecordingError(
            f"cannot read {directory}",
            f"heapwise {state.tool} wrote it in a newer format",
            "read it with that version",
        )
    for attempt in state.attempts:
        if not _OURS.fullmatch(attempt.recording):
            raise RecordingError(
                f"{directory / STATE} is damaged", f"no name of a recording: {attempt.recording!r}"
            )
    return state


def read_report(directory: Path, recording: str) -> RunReport:
    """The analysis of one run of a verification.

    Raises:
        RecordingError: its recording is gone.
    """
    path = directory / recording
    if path.is_dir():
        return examined(load(path), str(path))
    return _decoded(path.with_suffix(".json"), msgspec.json.Decoder(RunReport))


def is_verification(path: Path) -> bool:
    """True for the directory of a verification."""
    return (path / STATE).is_file()


def _decoded(path: Path, decoder: msgspec.json.Decoder[_Read]) -> _Read:
    try:
        return decoder.decode(read_file(path, _LIMIT))
    except OSError as error:
        raise RecordingError(
            f"{path.parent} is no verification, or not a whole one",
            f"{path.name}: {error.strerror or error}",
            "name the directory that `heapwise verify -o` wrote",
        ) from None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecordingError(f"{path} is damaged", str(error)) from None


def must_be_replaceable(directory: Path, *, force: bool) -> None:
    """Refuse to overwrite.

    Raises:
        UsageError: something is there that may not be replaced, or its folder is missing.
    """
    if not directory.parent.is_dir():
        raise UsageError(f"cannot write {directory}", f"there is no folder {directory.parent}")
    if not directory.exists():
        return
    if not force:
        resumed = is_verification(directory)
        raise UsageError(
            f"{directory} exists already",
            hint=f"go on with `heapwise verify --resume {directory}`, replace it with --force, or "
            "choose another name with -o"
            if resumed
            else "choose another name with -o",
        )
    begun = directory.is_dir() and all(_is_ours(entry.name) for entry in directory.iterdir())
    if not begun and not is_verification(directory):
        raise UsageError(
            f"{directory} is no verification",
            "--force replaces verifications and nothing else",
            "choose another name with -o",
        )


def _is_ours(name: str) -> bool:
    return name in (STATE, PLAN, LOCK) or _OURS.fullmatch(name) is not None


def _clear(directory: Path) -> None:
    """Remove what a verification wrote, and leave what somebody else put beside it."""
    for entry in directory.iterdir():
        if not _is_ours(entry.name) or entry.name == LOCK:  # whoever holds it holds this file
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            with suppress(FileNotFoundError):
                entry.unlink()
