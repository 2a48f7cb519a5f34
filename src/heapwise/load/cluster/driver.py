"""Load from all workers of a Dask cluster, with the face of the driver of one machine."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from fractions import Fraction
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from heapwise import __version__
from heapwise.errors import HeapwiseError, UsageError
from heapwise.load.cluster import tasks
from heapwise.load.cluster.client import ClusterClient, WorkerError
from heapwise.load.cluster.clocks import check_offset
from heapwise.load.cluster.member import Member
from heapwise.load.cluster.scheduler import Scheduler
from heapwise.load.cluster.wire import Join, Judge, Order, Verdict, Willing, pack
from heapwise.load.engine import More, Phase, PhaseReport
from heapwise.load.generator import scarcest
from heapwise.load.share import Share
from heapwise.load.wire import Failed
from heapwise.model.cluster import ClusterWorker
from heapwise.model.load import Hits, Plan

_EVERY_S = 0.2
"""How often a worker is asked for its hits, unless more are there already."""

_ASK_STOP_S = 0.05
_JUDGE_S = 15
_READY_S = 30
_LEAVE_S = 3

_LEAD_NS = 500_000_000
"""From the moment that all are ready until the start: every order has arrived by then."""

Result = TypeVar("Result")


class ClusterDriver:
    """Sends phases from every worker there is, each its share; a context manager.

    Hit i is worker ``i modulo n``'s. Rows are kept nowhere here: what stays in memory is 16 bytes
    a hit, for what is told of every worker. A worker that is lost leaves its part open, and the
    others go on.

    Args:
        plan: with its addresses pinned here; each worker pins and judges its own.
        scheduler: a checked one.
        zero_ns: CLOCK_MONOTONIC of the run's zero, which the hits' times are relative to.
        allow_remote: accept targets outside loopback and private networks.

    Raises:
        HeapwiseError: there is no cluster, or a worker of it cannot or must not send the plan.
    """

    def __init__(
        self, plan: Plan, scheduler: Scheduler, *, zero_ns: int, allow_remote: bool
    ) -> None:
        self._zero = zero_ns
        self._next = 0
        self._stop = asyncio.Event()
        self._members: list[Member] = []
        self._client: ClusterClient | None = None
        self._runner = asyncio.Runner()
        try:
            self._do(self._join(plan, scheduler, allow_remote=allow_remote))
        except BaseException:
            self.close()
            raise

    @property
    def workers(self) -> tuple[ClusterWorker, ...]:
        """How each of them fared, so far."""
        return tuple(member.account() for member in self._members)

    @property
    def addresses(self) -> dict[str, dict[str, str]]:
        """What the targets' hosts are, worker by worker."""
        return {member.name: member.addresses for member in self._members}

    def run(
        self,
        phase: Phase,
        on_hits: Callable[[Hits], None],
        stop: Callable[[], bool],
        _new_rate: Callable[[], Fraction | None] = lambda: None,
        _more: Callable[[], More | None] = lambda: None,
    ) -> PhaseReport:
        """Send a phase; see `heapwise.load.driver.LoadDriver.run`. Its rate cannot be changed.

        Returns:
            of CPU, descriptors and ports what the busiest worker used; the rest is of all.

        Raises:
            HeapwiseError: no worker was left before this, or one was lost before anything was sent.
        """
        return self._do(self._run(phase, on_hits, stop))

    def close(self) -> None:
        """Tell the workers that it is over, as far as they hear it, and let the cluster go."""
        try:
            self._do(self._leave())
        finally:
            self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    async def _join(self, plan: Plan, scheduler: Scheduler, *, allow_remote: bool) -> None:
        self._client = client = await ClusterClient.connect(scheduler)
        judged = pack(Judge(version=__version__, plan=plan, allow_remote=allow_remote))
        try:
            verdicts = await client.everywhere(tasks.judge, judged, seconds=_JUDGE_S)
        except WorkerError as error:
            raise HeapwiseError("a worker cannot take part", str(error)) from None
        if not verdicts:
            raise HeapwiseError(
                f"the scheduler at {scheduler.address} has no workers",
                hint=f"start them: dask worker {scheduler.address}",
            )
        run = secrets.token_hex(4)
        for first, (address, data) in enumerate(sorted(verdicts.items())):
            willing = _willing(address, data)
            share = Share(first, len(verdicts))
            self._members.append(Member(client, run, address, willing, share))
        await self._read_clocks()
        for member, own in zip(self._members, _parts(plan, len(verdicts)), strict=True):
            member.join(Join(run, msgspec.structs.replace(own, addresses=member.addresses)))

    async def _read_clocks(self) -> None:
        for member in self._members:
            try:
                member.offset = await member.read_clocks()
            except WorkerError as error:
                raise HeapwiseError(f"cannot read the clock of {member.name}", str(error)) from None
            check_offset(member.name, member.offset)

    async def _run(
        self, phase: Phase, on_hits: Callable[[Hits], None], stop: Callable[[], bool]
    ) -> PhaseReport:
        number, self._next = self._next, self._next + 1
        self._stop.clear()
        await asyncio.gather(*(self._get_ready(member, number) for member in self._members))
        self._check_members(number)
        start = time.monotonic_ns() + _LEAD_NS
        following = {
            asyncio.create_task(self._follow(member, phase, start, number, on_hits))
            for member in self._members
            if not member.lost
        }
        waiting = following
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=_ASK_STOP_S)
            if stop():
                self._stop.set()
        reports = [report for task in following if (report := task.result()) is not None]
        for member in self._members:
            if not member.lost:
                await member.watch_drift()
            else:
                for hits in member.open_hits(start - self._zero):
                    on_hits(hits)
        return _together(reports, start - self._zero, time.monotonic_ns() - self._zero)

    async def _get_ready(self, member: Member, number: int) -> None:
        deadline = time.monotonic() + _READY_S
        while not member.lost:
            told = await member.ask()
            if told is not None and told.ready == number:
                return
            if time.monotonic() > deadline:
                member.lost = f"not ready for {_READY_S} s: does it do something else?"
            await asyncio.sleep(_ASK_STOP_S)

    def _check_members(self, number: int) -> None:
        """Before anything was sent, all must be there; later, one."""
        lost = [member for member in self._members if member.lost]
        if lost and (number == 0 or len(lost) == len(self._members)):
            raise HeapwiseError(f"worker {lost[0].name} was lost", lost[0].lost)

    async def _follow(
        self,
        member: Member,
        phase: Phase,
        start_ns: int,
        number: int,
        on_hits: Callable[[Hits], None],
    ) -> PhaseReport | None:
        """Take a worker's hits until its part has ended; None if it is lost before."""
        order = Order(number, member.part_of(phase, start_ns))
        while told := await member.ask(order, stop=number if self._stop.is_set() else -1):
            if told.rows:
                on_hits(member.take(told.rows, self._zero))
            if not told.more:
                if told.ready > number:
                    return member.finish(told.report)
                await self._pause()
        return None

    async def _pause(self) -> None:
        """Until the next question: short once all shall stop, and they hear it at the same time."""
        if self._stop.is_set():
            await asyncio.sleep(_ASK_STOP_S)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), _EVERY_S)

    async def _leave(self) -> None:
        if self._client is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_S):
                there = (member for member in self._members if not member.lost)
                await asyncio.gather(*(member.ask(leave=True) for member in there))
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_S):
                await self._client.close()


def _willing(address: str, data: bytes) -> Willing:
    try:
        verdict: Willing | Failed = msgspec.msgpack.decode(data, type=Verdict)
    except msgspec.DecodeError as error:
        raise HeapwiseError(f"worker {address} speaks another language", str(error)) from None
    if isinstance(verdict, Failed):
        raise UsageError(f"worker {address}: {verdict.what}", verdict.why, verdict.hint)
    return verdict


def _parts(plan: Plan, count: int) -> Sequence[Plan]:
    """The plan for each worker: what may be open at once is divided among them.

    Raises:
        UsageError: there are fewer connections than workers.
    """
    if 0 < plan.connections < count:
        raise UsageError(
            f"{plan.connections} connections among {count} workers",
            hint="raise -max-connections to one for each at least",
        )
    return [
        msgspec.structs.replace(
            plan, connections=(plan.connections + first) // count, save_bodies=0
        )
        for first in range(count)
    ]


def _together(reports: Sequence[PhaseReport], zero_ns: int, ended_ns: int) -> PhaseReport:
    """One account of several, or of none where all workers were lost."""
    busiest = max((report.usage.cpu_share for report in reports), default=0.0)
    return PhaseReport(
        zero_ns=zero_ns,
        ended_ns=ended_ns,
        cpu_ns=round(busiest * (ended_ns - zero_ns)),
        connections_opened=sum(report.connections_opened for report in reports),
        queue_max=sum(report.queue_max for report in reports),
        stopped=any(report.stopped for report in reports),
        descriptors=scarcest(report.descriptors for report in reports),
        ports=scarcest(report.ports for report in reports),
    )
