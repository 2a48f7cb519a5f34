"""One process of a service: answers the process that speaks for all."""

from __future__ import annotations

import logging
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from heapwise_agent import own
from heapwise_agent.cpu import CancelledError
from heapwise_agent.crowd import Workers
from heapwise_agent.prefork import wire
from heapwise_agent.prefork.wire import Message, WireError
from heapwise_agent.source import BusyError, Source
from heapwise_agent.version import VERSION

log = logging.getLogger("heapwise_agent")

BUSY = "busy"
"""The answer to a CPU profile while another is being taken."""


class MemberServer:
    """Answers on a unix socket until it is stopped.

    Args:
        path: where to bind; the caller sees to it that nobody else can reach it.
        source: this process.

    Raises:
        OSError: it cannot listen there.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self._server = _Server(str(path), source)
        self._thread = threading.Thread(target=self._run, name="heapwise-agent-member", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def mute(self) -> None:
        """Say no more figures, though questions still find somebody: the last ones come next."""
        self._server.is_mute = True

    def stop(self) -> None:
        """Listen no more."""
        with suppress(OSError):  # wakes the thread, which would look around only each half second
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()
        self._server.server_close()
        self._server.workers.stop()

    def abandon(self) -> None:
        """Close a forked child's copy; the parent goes on."""
        self._server.socket.close()

    def _run(self) -> None:
        with own.quiet():
            self._server.serve_forever(poll_interval=0.5)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128

    def __init__(self, path: str, source: Source) -> None:
        super().__init__(path, _Handler)
        self.source = source
        self.is_mute = False
        self.workers = Workers("heapwise-agent-answer")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread that is the agent's before the handler makes its buffers."""
        self.workers.give(partial(self.process_request_thread, request, client_address))

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - its signature
        """Leave the program's stderr alone."""
        log.debug("could not answer another process of the service", exc_info=True)  # noqa: LOG014 - inside an except block of socketserver


class _Handler(socketserver.StreamRequestHandler):
    timeout = 30
    server: _Server

    def handle(self) -> None:
        """Answer one question."""
        for line in self._lines():
            self.wfile.write(line)

    def _lines(self) -> Iterable[bytes]:
        try:
            asked = wire.read_question(self.rfile)
            if self.server.is_mute:
                raise WireError("it is ending")  # noqa: TRY301 - answered like the others
            answer = answer_to(self.server.source, asked, self._gone)
        except BusyError:
            answer = Message({"error": BUSY})
        except CancelledError:
            return []
        except WireError as error:
            answer = Message({"error": str(error)})
        except Exception as error:  # noqa: BLE001 - said to who asked; the service goes on
            answer = Message({"error": f"{type(error).__name__}: {error}"})
        return wire.encode(answer)

    def _gone(self) -> bool:
        """True once nobody waits for the answer; nothing else ever follows a question."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0))


Gone = Callable[[], bool]

ANSWERS: dict[str, Callable[[Source, dict[str, Any], Gone], Message]] = {
    "snapshot": lambda source, asked, _: wire.from_snapshot(
        source.snapshot(fresh=bool(asked["fresh"]))
    ),
    "collect": lambda source, *_: Message({"done": source.collect()}),
    "stats": lambda source, *_: Message(dict(source.stats())),
    "cpu": lambda source, asked, gone: wire.from_profile(
        source.cpu(int(asked["seconds"]), wall=bool(asked["wall"]), cancelled=gone)
    ),
    "activities": lambda source, *_: wire.from_activities(source.activities()),
    "activity_count": lambda source, *_: Message({"count": source.activity_count()}),
    "gc_profile": lambda source, *_: wire.from_profile(source.gc_profile()),
    "gc_events": lambda source, asked, _: Message(source.gc_events(int(asked["since"]))),
    "variables": lambda source, *_: Message(source.variables()),
    "command_line": lambda source, *_: Message(
        {"words": source.command_line(), "no_heap": source.why_no_heap()}
    ),
}
"""What can be asked, and how it is answered."""


def answer_to(source: Source, asked: dict[str, Any], gone: Gone) -> Message:
    """Put a question to a source.

    Raises:
        WireError: there is no such question, or this is another version of the agent.
    """
    if asked.get("version") != VERSION:
        raise WireError(f"this process has version {VERSION} of the agent")
    answer = ANSWERS.get(str(asked.get("call")))
    if answer is None:
        raise WireError("no such question")
    return answer(source, asked, gone)
