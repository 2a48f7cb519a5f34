"""What a page asks of a store, whether its watcher runs or not."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.model.watch import Alert, Bin, Captured, Deploy
from heapwise.watch.store.reads import Reads


class Kept:
    """The part of `heapwise.web.watch.source.Watched` that a store answers."""

    def __init__(self, store: Reads) -> None:
        self._store = store

    def bins(self, target_key: str, since_ns: int) -> Sequence[Bin]:
        """Complete bins of a target."""
        return self._store.bins(target_key, since_ns)

    def alerts(self, *, open_only: bool = False) -> Sequence[Alert]:
        """Alerts that last, or all that are kept."""
        return self._store.alerts(open_only=open_only)

    def deploys(self, service: str) -> Sequence[Deploy]:
        """Builds of a service."""
        return self._store.deploys(service)

    def profiles(self, target_key: str, since_ns: int) -> Sequence[Captured]:
        """Profiles taken of a target."""
        return self._store.profiles(target_key, since_ns=since_ns)

    def capture(self, profile_id: int) -> Captured | None:
        """One of them; None if it is not kept any more."""
        return self._store.capture(profile_id)

    def profile_bytes(self, profile_id: int) -> bytes:
        """As it was received."""
        return self._store.profile_bytes(profile_id)
