"""Dask's client, as much of it as a load needs; nothing else here imports Dask."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import dask
from distributed import Client
from distributed.security import Security

from heapwise.errors import HeapwiseError, UsageError
from heapwise.load.cluster.scheduler import Scheduler

_CONNECT_S = 10

_TALKATIVE = ("distributed", "distributed.client", "distributed.comm", "tornado", "asyncio")
"""Loggers with a level of their own, which print the tracebacks of what we report."""

_WHICH_END = re.compile(r"^in <.*>: ")
"""What Dask puts before what happened to a connection."""

_SETTINGS = {"distributed.comm.timeouts.connect": f"{_CONNECT_S}s"}

Task = Callable[..., bytes]
"""A function of `heapwise.load.cluster.tasks`."""


class WorkerError(Exception):
    """A worker did not answer, or not as it should; the message says how."""


class ClusterClient:
    """A connection to a scheduler. Every call is bounded in time.

    Args:
        client: Dask's, connected.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._futures: list[Any] = []

    @classmethod
    async def connect(cls, scheduler: Scheduler) -> Self:
        """Connect.

        Raises:
            HeapwiseError: nobody answers there, or not with the right certificate.
        """
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # we say it in one line
        with dask.config.set(_SETTINGS):
            try:
                await _knock(scheduler)
                client = await Client(
                    scheduler.address,
                    asynchronous=True,
                    timeout=_CONNECT_S,
                    security=_security(scheduler),
                    set_as_default=False,
                )
            except (OSError, TimeoutError) as error:
                raise HeapwiseError(
                    f"cannot reach the scheduler at {scheduler.address}", _words(error)
                ) from None
        return cls(client)

    async def everywhere(self, task: Task, *data: bytes, seconds: float) -> dict[str, bytes]:
        """What every worker there is answers, by its address.

        Raises:
            WorkerError: one did not.
        """
        answers = await self._run(task, data, seconds, None)
        for address, answer in answers.items():
            _check(answer, address)
        return answers

    async def check(self, address: str, *, seconds: float) -> None:
        """Ask the scheduler for a worker: to call one that died it would try for long.

        Raises:
            WorkerError: it has left.
        """
        there = await _bounded(self._client.nthreads(workers=[address]), seconds)
        if address not in there:
            raise WorkerError("it left the cluster")

    async def call(self, address: str, task: Task, *data: bytes, seconds: float) -> bytes:
        """What one worker answers, at once, whatever else it does.

        Raises:
            WorkerError: it did not.
        """
        answers = await self._run(task, data, seconds, [address])
        return _check(answers.get(address), address)

    def begin(self, address: str, key: str, task: Task, data: bytes) -> None:
        """Have one worker do something that takes longer, and no other."""
        future = self._client.submit(
            task, data, key=key, workers=[address], allow_other_workers=False, pure=False
        )
        self._futures.append(future)

    async def close(self) -> None:
        """Let the cluster go; what has not begun is forgotten."""
        for future in self._futures:
            future.release()
        await self._client.close()

    async def _run(
        self, task: Task, data: tuple[bytes, ...], seconds: float, workers: list[str] | None
    ) -> dict[str, Any]:
        asked = self._client.run(task, *data, workers=workers, on_error="return")
        answers: dict[str, Any] = await _bounded(asked, seconds)
        return answers


async def _bounded(asked: Awaitable[Any], seconds: float) -> Any:
    try:
        return await asyncio.wait_for(asked, seconds)
    except TimeoutError:
        raise WorkerError(f"no answer for {seconds:g} s") from None
    except Exception as error:  # noqa: BLE001 - whatever Dask raises, the worker is gone
        raise WorkerError(_words(error)) from None


async def _knock(scheduler: Scheduler) -> None:
    """Dask would try again and again where nobody listens."""
    _, writer = await asyncio.wait_for(
        asyncio.open_connection(scheduler.host, scheduler.port), _CONNECT_S
    )
    writer.close()


def _security(scheduler: Scheduler) -> Security | None:
    if not scheduler.encrypted:
        return None
    if scheduler.ca is None:
        security = Security(require_encryption=True)
        if not (security.tls_ca_file and security.tls_client_cert):
            raise UsageError(
                f"no certificates for {scheduler.address}",
                hint="give --cluster-ca, --cluster-cert and --cluster-key, or set Dask's own",
            )
        return security
    return Security(
        tls_ca_file=str(scheduler.ca),
        tls_client_cert=str(scheduler.cert),
        tls_client_key=str(scheduler.key),
        require_encryption=True,
    )


def _check(answer: object, address: str) -> bytes:
    if isinstance(answer, bytes):
        return answer
    words = _words(answer) if isinstance(answer, BaseException) else "no answer"
    raise WorkerError(f"{address}: {words}")


def _words(error: BaseException) -> str:
    """An error of Dask's in one line."""
    lines = _WHICH_END.sub("", str(error)).splitlines()
    return lines[0] if lines else type(error).__name__
