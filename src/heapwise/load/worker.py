"""The engine in a process of its own: ``python -m heapwise.load.worker``, started by the driver.

Nothing else runs here, so nothing can hold the interpreter while a hit is due: no other thread,
no garbage collection, no write that waits for a slow reader.
"""

from __future__ import annotations

import gc
import os
import select
import sys
from collections import deque

import msgspec

from heapwise.errors import HeapwiseError
from heapwise.load.engine import More, NewRate, Stop
from heapwise.load.engines import engine_of
from heapwise.load.limits import descriptors, local_ports, socket_budget
from heapwise.load.schedule import check_closed_loop
from heapwise.load.wire import (
    Begin,
    Body,
    Failed,
    Finished,
    Inbox,
    Rows,
    Run,
    ToWorker,
    frame,
)
from heapwise.model.profile import Int64s

_READ = 1 << 20


def main() -> None:
    """Serve the driver on file descriptors 0 and 1 until it closes its end, or dies."""
    gc.freeze()
    gc.disable()
    outbox = _Outbox(1)
    try:
        try:
            _serve(_Commands(0), outbox)
        except HeapwiseError as error:
            outbox.send(Failed.of(error))
        outbox.flush()
    except BrokenPipeError:
        sys.exit(1)


def _serve(commands: _Commands, outbox: _Outbox) -> None:
    begin = commands.wait()
    if not isinstance(begin, Begin):
        return
    engine = engine_of(begin.plan)
    while (command := commands.wait()) is not None:
        if not isinstance(command, Run):
            continue  # an order that came after the end
        check_closed_loop(command.phase.schedule, begin.plan.connections, socket_budget())
        report = engine.run(command.phase, outbox.send_rows, commands.control)
        for target, content in report.bodies:
            outbox.send(Body(target, content))
        report = msgspec.structs.replace(
            report, bodies=(), descriptors=descriptors(), ports=local_ports(begin.plan)
        )
        outbox.send(Finished(report))
        outbox.flush()
    engine.close()


class _Commands:
    """What the driver says."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._inbox = Inbox(ToWorker)
        self._closed = False

    def wait(self) -> object | None:
        """The next command; None once the driver closed its end."""
        while (message := self._inbox.take()) is None and not self._closed:
            self._read()
        return message

    def control(self) -> Stop | NewRate | More | None:
        """What the driver wants of the phase that runs; `Stop` too once the driver is gone.

        Takes 1 us when it wants nothing.
        """
        while not self._closed and select.select([self._fd], [], [], 0)[0]:
            self._read()
        if self._closed:
            return Stop()
        message = self._inbox.take()
        return message if isinstance(message, Stop | NewRate | More) else None

    def _read(self) -> None:
        data = os.read(self._fd, _READ)
        self._inbox.feed(data)
        self._closed = not data


class _Outbox:
    """What the driver is told. While hits are due, what does not fit the pipe waits here."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._waiting: deque[memoryview] = deque()
        os.set_blocking(fd, False)

    def send_rows(self, rows: Int64s) -> None:
        self.send(Rows.of(rows))

    def send(self, message: msgspec.Struct) -> None:
        self._waiting.append(memoryview(frame(message)))
        self._write()

    def flush(self) -> None:
        """Wait until the driver has taken everything."""
        while self._waiting:
            select.select([], [self._fd], [])
            self._write()

    def _write(self) -> None:
        while self._waiting:
            head = self._waiting.popleft()
            try:
                written = os.write(self._fd, head)
            except BlockingIOError:
                written = 0
            if written < len(head):
                self._waiting.appendleft(head[written:])
                return


if __name__ == "__main__":
    main()
