"""Another process of the service, asked over its socket."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

from heapwise_agent.cpu import CancelledError
from heapwise_agent.encode import Profile
from heapwise_agent.memstats import Stats
from heapwise_agent.messages import RefusedError
from heapwise_agent.prefork import wire
from heapwise_agent.prefork.member import BUSY
from heapwise_agent.prefork.registry import Member
from heapwise_agent.prefork.wire import Message, WireError
from heapwise_agent.sampler import Snapshot
from heapwise_agent.source import BusyError, Source
from heapwise_agent.stacks import Activity
from heapwise_agent.version import VERSION

PATIENCE_S = 10.0
"""A process that says nothing for so long is left out."""

_ASK_MS = 250

T = TypeVar("T")


class AbsentError(RefusedError):
    """The process does not answer."""

    def __init__(self, pid: int, why: str) -> None:
        super().__init__(503, f"process {pid} does not answer: {why}", {"Retry-After": "1"})


class EndedError(AbsentError):
    """The process has ended, and left its socket behind."""


def _never() -> bool:
    return False


class RemoteSource:
    """See `heapwise_agent.source.Source`; every method may raise `AbsentError`."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def why_no_heap(self) -> str:
        """See `Source`."""
        return str(self._ask("command_line").head.get("no_heap", ""))

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """See `Source`."""
        return self._read(wire.to_snapshot, "snapshot", {"fresh": fresh})

    def collect(self) -> None:
        """See `Source`."""
        self._ask("collect")

    def stats(self) -> Stats:
        """See `Source`."""
        return self._ask("stats").head

    def cpu(self, seconds: int, *, wall: bool, cancelled: Callable[[], bool]) -> Profile:
        """See `Source`."""
        how = {"seconds": seconds, "wall": wall}
        answer = self._ask("cpu", how, cancelled, extra_s=seconds)
        return self._checked(wire.to_profile, answer)

    def activities(self) -> list[Activity]:
        """See `Source`."""
        return self._read(wire.to_activities, "activities")

    def activity_count(self) -> int:
        """See `Source`."""
        return int(self._ask("activity_count").head.get("count", 0))

    def gc_profile(self) -> Profile:
        """See `Source`."""
        return self._read(wire.to_profile, "gc_profile")

    def gc_events(self, since: int) -> dict[str, object]:
        """See `Source`."""
        return self._read(wire.to_collections, "gc_events", {"since": since})

    def variables(self) -> dict[str, object]:
        """See `Source`."""
        return self._ask("variables").head

    def command_line(self) -> list[str]:
        """See `Source`."""
        return [str(word) for word in self._ask("command_line").head.get("words", [])]

    def of_process(self, pid: int) -> Source | None:
        """See `Source`."""
        return self if pid == self._member.pid else None

    def _read(
        self, parse: Callable[[Message], T], call: str, how: dict[str, Any] | None = None
    ) -> T:
        return self._checked(parse, self._ask(call, how))

    def _checked(self, parse: Callable[[Message], T], answer: Message) -> T:
        try:
            return parse(answer)
        except WireError as error:
            raise AbsentError(self._member.pid, str(error)) from None

    def _ask(
        self,
        call: str,
        how: dict[str, Any] | None = None,
        cancelled: Callable[[], bool] = _never,
        *,
        extra_s: float = 0,
    ) -> Message:
        pid = self._member.pid
        line = wire.question({"version": VERSION, "call": call, **(how or {})})
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE_S)
                client.connect(os.fspath(self._member.path))
                client.sendall(line)
                _wait(client, PATIENCE_S + extra_s, cancelled)
                with client.makefile("rb") as file:
                    answer = wire.decode(file)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            self._member.path.unlink(missing_ok=True)
            raise EndedError(pid, error.strerror or "") from None
        except (OSError, WireError) as error:
            raise AbsentError(pid, str(error)) from None
        problem: Any = answer.head.get("error")
        if problem == BUSY:
            raise BusyError
        if problem is not None:
            raise AbsentError(pid, str(problem))
        return answer


def _wait(client: socket.socket, seconds: float, cancelled: Callable[[], bool]) -> None:
    """Until the answer begins."""
    poll = select.poll()
    poll.register(client, select.POLLIN)
    end = time.monotonic() + seconds
    while not poll.poll(_ASK_MS):
        if cancelled():
            raise CancelledError
        if time.monotonic() > end:
            raise TimeoutError("it takes too long")
