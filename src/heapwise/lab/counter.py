"""The service's own counts, read by other means than its debug endpoint."""

from __future__ import annotations

import msgspec

from heapwise.errors import ServiceError
from heapwise.runtimes.fetch import Endpoint, get

_LIMIT = 1 << 16


class Counts(msgspec.Struct, frozen=True):
    """What a lab's service says of itself since it started.

    Attributes:
        requests: answered on the route under load.
        alloc_bytes: allocated.
        alloc_objects: allocated.
        num_gc: collections.
    """

    requests: int
    alloc_bytes: int
    alloc_objects: int
    num_gc: int

    def since(self, earlier: Counts) -> Counts:
        """What came on top of an earlier reading."""
        return Counts(
            self.requests - earlier.requests,
            self.alloc_bytes - earlier.alloc_bytes,
            self.alloc_objects - earlier.alloc_objects,
            self.num_gc - earlier.num_gc,
        )


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
