"""The service's own counts, read by other means than its debug endpoint."""

from __future__ import annotations

import msgspec

from heapwise.errors import ServiceError
from heapwise.runtimes.fetch import Endpoint, get

_LIMIT = 1 << 16


class Counts(msgspec.Struct, frozen=True):
    """What a lab's service says of itself since it started.

    Not every runtime can count its allocations twice, so a service gives what it can: all that it
    allocated, or what the planted defect did.

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

    def __post_init__(self) -> None:
        if self.alloc_bytes is None and self.owner_bytes is None:
            raise ValueError("alloc_bytes or owner_bytes must be given")

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
