"""All that runs on a worker: each function takes bytes and returns bytes.

Dask sends the names of these functions, and the worker looks them up in its own heapwise.
"""

from __future__ import annotations

import socket
import time
from contextlib import closing
from pathlib import Path

import msgspec

from heapwise import __version__
from heapwise.errors import HeapwiseError, UsageError
from heapwise.load.address import pin_addresses
from heapwise.load.cluster.session import Session
from heapwise.load.cluster.wire import Ask, Clocks, Join, Judge, Told, Willing, pack, unpack
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase
from heapwise.load.share import Share
from heapwise.load.wire import Failed
from heapwise.model.load import Plan
from heapwise.model.schedules import ConstantRate

wall_clock = time.time_ns
"""The machine's wall clock; a worker's own set-up may put another in its place."""

_SESSIONS: dict[str, Session] = {}

_NOTHING = Phase(schedule=ConstantRate(1, 1, 1_000_000_000), targets=(0,), share=Share(1, 2))
"""A phase without hits: it ends as soon as the engine is there."""


def judge(data: bytes) -> bytes:
    """A `Judge` in; `Willing` out, or `Failed` where the load must not be sent from here."""
    try:
        asked = unpack(data, Judge)
    except msgspec.DecodeError as error:
        return pack(Failed("the plan cannot be read there", str(error), ""))
    try:
        if asked.version != __version__:
            raise UsageError(f"heapwise {__version__} there, {asked.version} here")
        _check_files(asked.plan)
        addresses = pin_addresses(
            asked.plan.targets, transport=asked.plan.transport, allow_remote=asked.allow_remote
        )
    except HeapwiseError as error:
        return pack(Failed.of(error))
    return pack(Willing(socket.gethostname(), addresses))


def clocks() -> bytes:
    """`Clocks` out."""
    return pack(Clocks(time.monotonic_ns(), wall_clock()))


def send(data: bytes) -> bytes:
    """A `Join` in: sends the phases that `ask` orders until it says leave; nothing out."""
    join = unpack(data, Join)
    with closing(Session()) as session:
        _SESSIONS[join.run] = session
        try:
            _follow(session, join.plan)
        finally:
            del _SESSIONS[join.run]
    return b""


def ask(data: bytes) -> bytes:
    """An `Ask` in, `Told` out; of a run that has not begun here that it is not ready."""
    asked = unpack(data, Ask)
    session = _SESSIONS.get(asked.run)
    return pack(session.answer(asked) if session else Told())


def _follow(session: Session, plan: Plan) -> None:
    try:
        with LoadDriver(plan, zero_ns=0) as driver:
            session.finish(driver.run(_NOTHING, session.take, lambda: False))
            while (phase := session.next_phase()) is not None:
                session.finish(driver.run(phase, session.take, session.stopped))
    except HeapwiseError as error:
        session.fail(error)


def _check_files(plan: Plan) -> None:
    """Certificates and keys are read where the load is made."""
    transport = plan.transport
    named = (transport.cert, transport.key, *transport.root_certs, transport.unix_socket)
    for name in named:
        if name and not Path(name).exists():
            raise UsageError(f"{name} is not there", hint="put it there too, at the same path")
