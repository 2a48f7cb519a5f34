"""Lists of targets that change: files, and URLs. A broken one keeps what it last said well."""

from __future__ import annotations

import glob
import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from heapwise.errors import HeapwiseError
from heapwise.formats.urls import port_of
from heapwise.runtimes.access import Access
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.fetch import get
from heapwise.watch.discovery.groups import Listed, ListError, parse_groups

MOST_FILES = 1000
LARGEST = 16 << 20
"""Bytes of a list: ten thousand targets with long labels."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a source said.

    Attributes:
        listed: its targets.
        problems: what is wrong with it, in words.
        known: all that it lists was read once; else there may be targets that nobody knows yet.
    """

    listed: tuple[Listed, ...] = ()
    problems: tuple[str, ...] = ()
    known: bool = False


class ListSource(Protocol):
    """Something that lists targets."""

    @property
    def said(self) -> Said:
        """What it said last."""
        ...

    def look(self, now_ns: int) -> None:
        """See what it says now, or ask it if that may take its time. Raises nothing."""
        ...

    def wait(self) -> None:
        """Wait for the answer, if it is asked."""
        ...


class Files:
    """All files of a glob. Each is read when it changed; one that was removed lists nothing."""

    def __init__(self, pattern: Path) -> None:
        self._pattern = str(pattern)
        self._files: dict[str, _File] = {}
        self.said = Said()

    def look(self, now_ns: int) -> None:  # noqa: ARG002 - a file is looked at always
        """As `ListSource` says."""
        found = glob.iglob(self._pattern)  # noqa: PTH207 - a path's own glob takes no absolute pattern
        names = heapq.nsmallest(MOST_FILES + 1, found)
        files = [self._files.get(name) or _File(Path(name)) for name in names[:MOST_FILES]]
        self._files = dict(zip(names, files, strict=False))
        for file in files:
            file.look()
        problems = [file.problem for file in files if file.problem]
        if not names:
            problems.append(f"{self._pattern}: no such file")
        if len(names) > MOST_FILES:
            problems.append(
                f"{self._pattern}: more than {MOST_FILES:,} files; the first by name are read"
            )
        listed = tuple(each for file in files for each in file.listed)
        self.said = Said(listed, tuple(problems), known=all(file.known for file in files))

    def wait(self) -> None:
        """As `ListSource` says; files answer at once."""


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self.listed: tuple[Listed, ...] = ()
        self.known = False
        self.problem = ""

    def look(self) -> None:
        try:
            status = self._path.stat()
            now = (status.st_mtime_ns, status.st_size, status.st_ino)
            if now != self._seen:
                self.listed = self._read()
                self._seen, self.known, self.problem = now, True, ""
        except (OSError, ListError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self.problem = f"{self._path}: {why}; {_kept(self.listed)}"

    def _read(self) -> tuple[Listed, ...]:
        if self._path.suffix in {".yml", ".yaml"}:
            raise ListError("YAML is not read", hint="write the list as JSON")
        if not self._path.is_file():  # a pipe would block
            raise ListError("not a regular file")
        with self._path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ListError("not a list of targets", f"more than {LARGEST >> 20} MiB")
        return parse_groups(data)


class Url:
    """A URL, asked at an interval, by a thread of its own: nobody waits for one that hangs.

    Attributes:
        said: as `ListSource` says; replaced as a whole, by that thread.

    Args:
        url: that passed `check_url`.
        access: what it wants to see.
        interval_ns: from one answer to the next question.
        deadline_s: of one answer.
        heard: called, by that thread, when there was an answer or none will come.
    """

    def __init__(
        self,
        url: str,
        access: Access,
        interval_ns: int,
        deadline_s: float,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        parts = urlsplit(url)
        self._url = url
        self._path, self._query = parts.path or "/", parts.query
        self._endpoint = Endpoint(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=port_of(parts),
            base="",
            access=access,
        )
        self._interval_ns, self._deadline_s = interval_ns, deadline_s
        self._heard = heard
        self._next_ns = 0
        self._asking: threading.Thread | None = None
        self.said = Said()

    def look(self, now_ns: int) -> None:
        """As `ListSource` says."""
        if now_ns < self._next_ns or (self._asking is not None and self._asking.is_alive()):
            return
        self._next_ns = now_ns + self._interval_ns
        self._asking = threading.Thread(target=self._ask, name="heapwise-list", daemon=True)
        self._asking.start()

    def wait(self) -> None:
        """As `ListSource` says; for the deadline at most."""
        if self._asking is not None:
            self._asking.join()

    def _ask(self) -> None:
        try:
            self.said = Said(self._answer(), known=True)
        except HeapwiseError as error:
            self._failed(HeapwiseError(error.what, error.why))  # hints are of debug endpoints
        except Exception as error:  # noqa: BLE001 - nobody would hear of it in this thread
            self._failed(HeapwiseError(f"{type(error).__name__}: {error}"))
        self._heard()

    def _failed(self, why: HeapwiseError) -> None:
        problem = f"{self._url}: {why}; {_kept(self.said.listed)}"
        self.said = replace(self.said, problems=(problem,))

    def _answer(self) -> tuple[Listed, ...]:
        answer = get(
            self._endpoint,
            self._path,
            query=self._query,
            deadline_s=self._deadline_s,
            max_bytes=LARGEST,
        )
        if answer.content_type != "application/json":  # Prometheus insists on it as well
            raise ListError("not a list of targets", f"its type is {answer.content_type[:60]!r}")
        return parse_groups(answer.body)


def _kept(listed: tuple[Listed, ...]) -> str:
    return f"its last {len(listed):,} targets are kept" if listed else "it lists nothing so far"
