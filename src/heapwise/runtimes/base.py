"""What a runtime is: something that can be recognised, read, and made to collect."""

from __future__ import annotations

from typing import Protocol

import msgspec

from heapwise.model.gc import Pause
from heapwise.model.memory import Counters
from heapwise.model.recording import ServiceInfo
from heapwise.runtimes.fetch import Endpoint


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a service's counters.

    Attributes:
        counters: exact.
        pauses: the newest pauses the runtime still remembers, oldest first; the caller knows
            which it has seen. Go remembers 256.
        contradictions: values that cannot all be true, in words.
        limits: what the service's profiles cannot tell, in words.
        victims: by number of a pause the stack that it held up, where the runtime tells.
        work: units of work that the program says it has done, by unit.
    """

    counters: Counters
    pauses: tuple[Pause, ...] = ()
    contradictions: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    victims: dict[int, str] = {}
    work: dict[str, int] = {}


class Fenced(msgspec.Struct, frozen=True, kw_only=True):
    """A heap profile taken after forced collections.

    Attributes:
        data: the bytes as received.
        cycles_forced: collections that were asked for. That they happened is for the caller to
            see: `Counters.num_forced_gc` rises by as many between a reading before and one after.
    """

    data: bytes
    cycles_forced: int


class Runtime(Protocol):
    """A language runtime behind a debug endpoint. Every method may raise `ServiceError`.

    Attributes:
        remembers: pauses that a process remembers; older ones cannot be read any more.
    """

    name: str
    remembers: int

    def detect(self, endpoint: Endpoint) -> ServiceInfo | None:
        """What runs behind the endpoint, or None where it is not this runtime.

        Raises:
            ServiceError: nothing answers, or it refuses (401, 404, 405, an HTML page).
        """
        ...

    def read(self, endpoint: Endpoint) -> Reading:
        """Read the exact counters, as cheaply as the runtime allows."""
        ...

    def tasks(self, endpoint: Endpoint) -> int:
        """How many goroutines, threads or tasks there are; -1 where it cannot be told."""
        ...

    def fence(self, endpoint: Endpoint) -> Fenced:
        """Collect until the heap profile is up to date, then fetch it."""
        ...

    def process(self, endpoint: Endpoint) -> int | None:
        """The process on this machine whose figures are meant, with all it forked.

        None where that is not certain: the counters of another one would pass for its own.
        """
        ...
