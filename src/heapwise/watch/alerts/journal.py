"""What each sink was told: kept, so that a watcher that is started again tells nothing twice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from heapwise.model.watch import Alert, Severity

_MAX_BYTES = 64 << 20


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a sink knows of an alert.

    Attributes:
        severity: it was told; None where it has yet to be told anything.
        at_ns: when.
        alert: itself, while it was not told; it may be over before the sink answers again.
    """

    severity: Severity | None = None
    at_ns: int = 0
    alert: Alert | None = None


def without_unstored(told: Mapping[str, Told], stored: Iterable[Alert]) -> dict[str, Told]:
    """What a sink knows, less alerts that it was to be told of and that only its journal knows.

    A watcher that is killed has perhaps written its journals, and not yet the store. Of what the
    store does not know nobody will see the end; while its sign is there it is found anew.

    Args:
        told: what the journal says.
        stored: all alerts that the store knows, also those that are over.
    """
    ids = {alert.id for alert in stored}
    return {
        key: known
        for key, known in told.items()
        if known.alert is None or known.alert.ended_ns is not None or key in ids
    }


class Journal(Protocol):
    """Where that is kept."""

    def read(self, sink: str) -> dict[str, Told]:
        """What a sink knows, by the id of the alert; nothing where that is not known."""
        ...

    def write(self, sink: str, told: Mapping[str, Told]) -> None:
        """Keep it.

        Raises:
            OSError: it cannot be kept.
        """
        ...


class NoJournal:
    """Forgets: after a restart everything that lasts is told again."""

    def read(self, sink: str) -> dict[str, Told]:
        """Nothing."""
        del sink
        return {}

    def write(self, sink: str, told: Mapping[str, Told]) -> None:
        """Nothing."""


class FolderJournal:
    """A file for each sink, replaced as a whole.

    Args:
        folder: of the files; it is made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, sink: str) -> dict[str, Told]:
        """What the file says; a damaged one says nothing, and alerts are told once more."""
        try:
            with self._path(sink).open("rb") as file:
                return msgspec.json.decode(file.read(_MAX_BYTES), type=dict[str, Told])
        except (OSError, msgspec.MsgspecError, ValueError):
            return {}

    def write(self, sink: str, told: Mapping[str, Told]) -> None:
        """Replace the file.

        Not synced: what a crash of the machine takes is told once more.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(sink)
        new = path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(told))
        new.replace(path)

    def _path(self, sink: str) -> Path:
        # A name is somebody's text; as a file name it is spelled in letters that cannot lead away.
        return self._folder / f"told-{sink.encode('utf-8', 'backslashreplace').hex()[:200]}.json"
