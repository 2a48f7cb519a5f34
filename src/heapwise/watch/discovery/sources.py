"""Lists of targets that change: files, and URLs. A broken one keeps what it last said well."""

from __future__ import annotations

import glob
from itertools import islice
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


class ListSource(Protocol):
    """Something that lists targets."""

    def look(self, now_ns: int) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
        """What it lists, and what is wrong with it in words. Raises nothing."""
        ...


class Files:
    """All files of a glob. Each is read when it changed; one that was removed lists nothing."""

    def __init__(self, pattern: Path) -> None:
        self._pattern = str(pattern)
        self._files: dict[str, _File] = {}

    def look(self, now_ns: int) -> tuple[tuple[Listed, ...], tuple[str, ...]]:  # noqa: ARG002 - a file is looked at always
        """As `ListSource` says."""
        names = sorted(islice(glob.iglob(self._pattern), MOST_FILES))  # noqa: PTH207 - a path's own glob takes no absolute pattern
        self._files = {name: self._files.get(name) or _File(Path(name)) for name in names}
        for file in self._files.values():
            file.look()
        listed = tuple(each for file in self._files.values() for each in file.listed)
        problems = tuple(file.problem for file in self._files.values() if file.problem)
        return listed, problems or (() if names else (f"{self._pattern}: no such file",))


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self.listed: tuple[Listed, ...] = ()
        self.problem = ""

    def look(self) -> None:
        try:
            status = self._path.stat()
            now = (status.st_mtime_ns, status.st_size, status.st_ino)
            if now != self._seen:
                self.listed = self._read()
                self._seen, self.problem = now, ""
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
    """A URL, asked at an interval.

    Args:
        url: that passed `check_url`.
        access: what it wants to see.
        interval_ns: from one answer to the next question.
        deadline_s: of one answer.
    """

    def __init__(self, url: str, access: Access, interval_ns: int, deadline_s: float) -> None:
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
        self._next_ns = 0
        self._listed: tuple[Listed, ...] = ()
        self._problem = ""

    def look(self, now_ns: int) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
        """As `ListSource` says."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + self._interval_ns
            try:
                self._listed, self._problem = self._ask(), ""
            except HeapwiseError as error:
                why = HeapwiseError(error.what, error.why)  # hints are of debug endpoints
                self._problem = f"{self._url}: {why}; {_kept(self._listed)}"
        return self._listed, (self._problem,) if self._problem else ()

    def _ask(self) -> tuple[Listed, ...]:
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
