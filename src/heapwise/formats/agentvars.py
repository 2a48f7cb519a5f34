"""``/debug/vars`` of heapwise-agent: the counters of a Python service, and of the agent itself.

The page has expvar's shape, so that whoever reads Go's reads this one too: ``memstats`` under Go's
names, beside it an object ``heapwise`` that no other program has. Everything in it was sent by the
service and may be anything.
"""

from __future__ import annotations

import zlib
from typing import Annotated

import msgspec

from heapwise.errors import ProfileError
from heapwise.formats.memstats import MemStats, read_memstats
from heapwise.formats.work_counts import announced

MAX_BYTES = 4 << 20
"""The page of 512 workers has some 200 KB; the application's own variables are not on it."""

_Int = Annotated[int, msgspec.Meta(ge=0, le=2**62)]

_LOSSES = (
    ("stack_overflow", "allocations on call stacks for which its table had no room"),
    ("live_overflow", "sampled blocks that it could not follow until they were freed"),
)
"""Counters of the sampler that ought to be zero."""


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a service that has several.

    Attributes:
        answers: it said something when it was asked; else its last figures stand for it.
    """

    pid: _Int
    answers: bool = True


class AgentVars(msgspec.Struct, frozen=True, kw_only=True):
    """The object ``heapwise``.

    Attributes:
        version: of the agent.
        runtime: as ``CPython 3.11.7``.
        pid: of the process that answered; 0 if unknown.
        interval: mean bytes between two sampled allocations; 0 where nothing is sampled.
        unavailable: why there is neither a heap profile nor an exact counter; empty if there is.
        frames: why call stacks cannot be walked; empty if they can.
        workers: the processes whose figures were added up; empty for the one that answered.
        work: as sent; `AgentVars.done` reads it.
    """

    version: str = ""
    runtime: str = ""
    pid: _Int = 0
    interval: _Int = 0
    unavailable: str = ""
    frames: str = ""
    stack_overflow: _Int = 0
    live_overflow: _Int = 0
    workers: tuple[Worker, ...] = ()
    work: object = None

    @property
    def done(self) -> dict[str, int]:
        """Units of work that the program counted with `heapwise_agent.work`."""
        return announced(self.work)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that counted, ascending."""
        pids = {worker.pid for worker in self.workers} or {self.pid}
        return tuple(sorted(pids - {0}))

    @property
    def identity(self) -> int:
        """A number that stands for `pids`; -1 where they are unknown."""
        text = ",".join(map(str, self.pids))
        return zlib.crc32(text.encode()) if text else -1

    @property
    def limits(self) -> tuple[str, ...]:
        """What the profiles of this service cannot tell, in words."""
        found = [f"call stacks are not known: {self.frames[:200]}"] if self.frames else []
        for name, what in _LOSSES:
            if count := getattr(self, name):
                found.append(f"the agent lost {count:,} {what}")
        if silent := [str(worker.pid) for worker in self.workers if not worker.answers]:
            found.append(f"{len(silent)} of {len(self.workers)} workers do not answer")
        return tuple(found)


class AgentPage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page.

    Attributes:
        heapwise: what the agent says of itself.
        memstats: as sent; `AgentPage.counted` reads it.
    """

    heapwise: AgentVars
    memstats: dict[str, object] = {}

    def counted(self) -> MemStats:
        """The counters.

        Raises:
            ProfileError: the exact ones are missing.
        """
        stats = read_memstats(self.memstats)
        counters = msgspec.structs.replace(stats.counters, process=self.heapwise.identity)
        return msgspec.structs.replace(stats, counters=counters)


def parse_agent_vars(text: bytes | str) -> AgentPage | None:
    """Read the page; None where it is not heapwise-agent's.

    Raises:
        ProfileError: there is an object ``heapwise``, and it is damaged.
    """
    try:
        known = msgspec.json.decode(text, type=_Recognised).heapwise
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(known, dict) or "version" not in known:
        return None
    try:
        return msgspec.json.decode(text, type=AgentPage)
    except msgspec.ValidationError as error:
        raise ProfileError("variables of no agent that we know", str(error)[:200]) from error


class _Recognised(msgspec.Struct):
    heapwise: object = None
