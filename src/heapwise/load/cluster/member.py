"""A worker as its driver sees it: what it was told, what came back, and whether it is lost."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator

import msgspec
import numpy as np

from heapwise.errors import UsageError
from heapwise.load.cluster import tasks
from heapwise.load.cluster.client import ClusterClient, WorkerError
from heapwise.load.cluster.clocks import Offset, RoundTrip, offset_of
from heapwise.load.cluster.timeline import on_our_time, open_hits
from heapwise.load.cluster.wire import Ask, Clocks, Join, Order, Told, Willing, pack, unpack
from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.share import Share
from heapwise.model.cluster import ClusterWorker
from heapwise.model.load import HitFlag, Hits
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import Percentiles

PATIENCE_S = 5
"""How long a worker may take to answer before it counts as lost."""

_TRIPS = 15


class Member:
    """One worker.

    Args:
        client: of the cluster.
        run: the run's name.
        address: the worker's.
        willing: what it said of itself.
        share: of every schedule that is its part.

    Attributes:
        name: for people.
        offset: of its clocks.
        lost: why it is, empty while it is not.
    """

    def __init__(
        self, client: ClusterClient, run: str, address: str, willing: Willing, share: Share
    ) -> None:
        self.name = f"{address} on {willing.host}"
        self.addresses = willing.addresses
        self.offset = Offset(0, 0, 0)
        self.lost = ""
        self._client = client
        self._run = run
        self._address = address
        self._host = willing.host
        self._share = share
        self._received = 0
        self._drift = self._sent = self._unknown = 0
        self._lags = array("q")
        self._due = array("q")
        self._phase: Phase | None = None
        self._report: PhaseReport | None = None

    async def read_clocks(self) -> Offset:
        """How far its clocks are ahead of ours.

        Raises:
            WorkerError: it does not answer.
        """
        trips = []
        for _ in range(_TRIPS):
            before = Clocks(time.monotonic_ns(), time.time_ns())
            data = await self._client.call(self._address, tasks.clocks, seconds=PATIENCE_S)
            after = time.monotonic_ns()
            trips.append(RoundTrip(before, unpack(data, Clocks), after))
        return offset_of(trips)

    async def watch_drift(self) -> None:
        """Read its clocks once more."""
        try:
            later = await self.read_clocks()
        except WorkerError as error:
            self.lost = str(error)
        else:
            self._drift = later.monotonic_ns - self.offset.monotonic_ns

    def join(self, join: Join) -> None:
        """Have it start its engine."""
        key = f"heapwise-{self._run}-{self._share.first}"
        self._client.begin(self._address, key, tasks.send, pack(join))

    def part_of(self, phase: Phase, start_ns: int) -> Phase:
        """Its part of a phase that starts at ``start_ns`` of our CLOCK_MONOTONIC."""
        self._phase = msgspec.structs.replace(
            phase,
            share=self._share,
            targets=self._share.turns(phase.targets),
            start_ns=start_ns + self.offset.monotonic_ns,
        )
        self._due = array("q")
        self._report = None
        return self._phase

    async def ask(
        self, order: Order | None = None, *, stop: int = -1, leave: bool = False
    ) -> Told | None:
        """What it has to tell; None from now on if it is lost."""
        question = Ask(run=self._run, received=self._received, order=order, stop=stop, leave=leave)
        try:
            await self._client.check(self._address, seconds=PATIENCE_S)
            data = await self._client.call(
                self._address, tasks.ask, pack(question), seconds=PATIENCE_S
            )
            told = unpack(data, Told)
        except (WorkerError, msgspec.DecodeError) as error:
            self.lost = str(error)
            return None
        if told.failed is not None:
            self.lost = str(UsageError(told.failed.what, told.failed.why))
            return None
        return told

    def take(self, data: bytes, zero_ns: int) -> Hits:
        """Hits that came, on the time line whose zero is ``zero_ns`` of our CLOCK_MONOTONIC."""
        hits = on_our_time(data, zero_ns + self.offset.monotonic_ns)
        self._received += len(data)
        self._due.frombytes(hits.intended.tobytes())
        counted = hits.select((hits.sent >= 0) & ((hits.flags & HitFlag.WARMUP) == 0))
        self._sent += len(counted)
        self._lags.frombytes((counted.sent - counted.ready).tobytes())
        return hits

    def finish(self, report: PhaseReport | None) -> PhaseReport | None:
        """It has sent its part."""
        self._report = report
        return report

    def open_hits(self, start_ns: int) -> Iterator[Hits]:
        """What it left open, on the time line on which its phase started at ``start_ns``."""
        if self._phase is None:
            return
        for hits in open_hits(self._phase, start_ns, _int64s(self._due)):
            if not self._phase.flags & HitFlag.WARMUP:
                self._unknown += len(hits)
            yield hits

    def account(self) -> ClusterWorker:
        """How it fared."""
        lags = Percentiles.of(_int64s(self._lags))
        return ClusterWorker(
            address=self._address,
            host=self._host,
            clock_ns=self.offset.wall_ns,
            clock_error_ns=self.offset.error_ns,
            drift_ns=self._drift,
            sent=self._sent,
            unknown=self._unknown,
            lag_p99=lags.p99 if lags else None,
            cpu_share=self._report.usage.cpu_share if self._report else None,
            lost=self.lost,
        )


def _int64s(values: array[int]) -> Int64s:
    return np.frombuffer(values, np.int64)
