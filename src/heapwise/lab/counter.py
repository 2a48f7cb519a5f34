"""The service's own counts, read by other means than its debug endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from heapwise.errors import ServiceError
from heapwise.record.session import Progress
from heapwise.runtimes.fetch import Endpoint, get

_LIMIT = 1 << 16


class Counts(msgspec.Struct, frozen=True):
    """What a lab's service says of itself since it started.

    Not every runtime can count its allocations twice, so a service gives what it can: all that it
    allocated, what the planted defect did, or neither.

    Attributes:
        requests: answered on the route under load.
        num_gc: collections.
        alloc_bytes: allocated altogether.
        owner: function that the lab is about, as profiles name it; empty for none.
        owner_bytes: allocated by it and what it called.
    """

    requests: int
    num_gc: int
    alloc_bytes: int | None = None
    owner: str = ""
    owner_bytes: int | None = None

    def since(self, earlier: Counts) -> Counts:
        """What came on top of an earlier reading."""
        return Counts(
            self.requests - earlier.requests,
            self.num_gc - earlier.num_gc,
            _less(self.alloc_bytes, earlier.alloc_bytes),
            self.owner,
            _less(self.owner_bytes, earlier.owner_bytes),
        )


def _less(value: int | None, earlier: int | None) -> int | None:
    return None if value is None or earlier is None else value - earlier


def read_counts(endpoint: Endpoint, path: str) -> Counts:
    """Read a service's own counts.

    Raises:
        ServiceError: it does not answer, or not with counts.
    """
    body = get(endpoint, path, deadline_s=10, max_bytes=_LIMIT).body
    try:
        return msgspec.json.decode(body, type=Counts)
    except msgspec.DecodeError as error:
        raise ServiceError(f"{endpoint.url_of(path)} reports no counts", str(error)) from None


class Counted(NamedTuple):
    """The service's own counts around its load; None where it could not be asked.

    Attributes:
        start: when the load began, before its first request.
        end: when the load had ended, before the run's last fence.
    """

    start: Counts | None = None
    end: Counts | None = None

    @property
    def stretch(self) -> Counts | None:
        """What was counted between the two; None where no request was."""
        if self.start is None or self.end is None:
            return None
        between = self.end.since(self.start)
        return between if between.requests > 0 else None


NOT_COUNTED = Counted()
"""Of a program that was not asked."""


class Witness:
    """Asks the service for its own counts at the turning points of a run.

    The run's progress tells when: with the first news of the load it is being measured and has
    answered nothing yet, at the next fence the load is over.
    """

    def __init__(self, ask: Callable[[], Counts | None]) -> None:
        self.counted = NOT_COUNTED
        self._ask = ask

    def see(self, progress: Progress) -> None:
        """Read the counts where the progress is a turning point."""
        counted = self.counted
        fence = progress.step.startswith("fence")
        if progress.step == "load" and counted.start is None:
            self.counted = counted._replace(start=self._ask())
        elif fence and counted.start is not None and counted.end is None:
            self.counted = counted._replace(end=self._ask())
