"""Load from a process of its own, so that whoever measures beside it cannot delay it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Self

import msgspec

from heapwise.errors import HeapwiseError
from heapwise.load.engine import More, NewRate, Phase, PhaseReport, Stop
from heapwise.load.wire import (
    Begin,
    Body,
    Failed,
    Finished,
    FromWorker,
    Inbox,
    Rows,
    Run,
    frame,
    hits_since,
)
from heapwise.model.load import Hits, Plan

_READ = 1 << 20
_ASK_STOP_S = 0.05
_PATIENCE_S = 5
_LAST_WORDS = 2000


class LoadDriver:
    """A worker process with an engine in it; a context manager.

    Args:
        plan: with every address pinned.
        zero_ns: CLOCK_MONOTONIC of the run's zero, which the hits' times are relative to.
    """

    def __init__(self, plan: Plan, *, zero_ns: int) -> None:
        self._zero = zero_ns
        self._inbox = Inbox(FromWorker)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "heapwise.load.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            process_group=0,  # Ctrl-C is ours to understand
        )
        self._tell(Begin(plan))

    def run(
        self,
        phase: Phase,
        on_hits: Callable[[Hits], None],
        stop: Callable[[], bool],
        new_rate: Callable[[], Fraction | None] = lambda: None,
        more: Callable[[], More | None] = lambda: None,
    ) -> PhaseReport:
        """Send a phase; return when every hit has ended, or soon after ``stop`` says so.

        Args:
            phase: what to send.
            on_hits: takes hits as they end, in batches, times in ns since the run's zero.
            stop: asked some twenty times a second.
            new_rate: asked as often; a rate is for what is left of the phase.
            more: asked as often, for the next targets of a plan that streams them.

        Returns:
            the engine's account, its own two times since the run's zero too.

        Raises:
            HeapwiseError: the worker failed or died.
        """
        self._tell(Run(phase))
        bodies: list[tuple[int, bytes]] = []
        stopping = False
        while True:
            if not stopping and stop():
                stopping = True
                self._tell(Stop())
            elif (rate := new_rate()) is not None:
                self._tell(NewRate(*rate.as_integer_ratio()))
            elif (targets := more()) is not None:
                self._tell(targets)
            match self._receive():
                case Rows() as rows:
                    on_hits(hits_since(self._zero, rows.rows()))
                case Body(target, content):
                    bodies.append((target, content))
                case Finished(report):
                    return msgspec.structs.replace(
                        report,
                        zero_ns=report.zero_ns - self._zero,
                        ended_ns=report.ended_ns - self._zero,
                        bodies=tuple(bodies),
                    )
                case Failed(what, why, hint):
                    raise HeapwiseError(what, why, hint)

    def close(self) -> None:
        """End the worker."""
        if self._worker.stdin:
            self._worker.stdin.close()
        try:
            self._worker.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()
        if self._worker.stdout:
            self._worker.stdout.close()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._worker.kill()
        self.close()

    def _tell(self, message: msgspec.Struct) -> None:
        assert self._worker.stdin  # noqa: S101 - we asked for a pipe
        data = memoryview(frame(message))
        try:
            while data:
                data = data[self._worker.stdin.write(data) or 0 :]
        except BrokenPipeError:
            raise self._died() from None

    def _receive(self) -> object | None:
        """The next message, or None if there is none for a moment."""
        message = self._inbox.take()
        if message is not None:
            return message
        assert self._worker.stdout  # noqa: S101 - we asked for a pipe
        readable, _, _ = select.select([self._worker.stdout], [], [], _ASK_STOP_S)
        if readable:
            data = os.read(self._worker.stdout.fileno(), _READ)
            if not data:
                raise self._died()
            self._inbox.feed(data)
        return self._inbox.take()

    def _died(self) -> HeapwiseError:
        """How the worker ended, with its last words."""
        try:
            code: int | str = self._worker.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            code = "still running"
        self._stderr.seek(0)
        lines = self._stderr.read()[-_LAST_WORDS:].decode(errors="replace").splitlines()
        why = lines[-1] if lines else f"exit status {code}"
        return HeapwiseError("the load generator died", why)
