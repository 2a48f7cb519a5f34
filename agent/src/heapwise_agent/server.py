"""Our own listener, and a few threads.

One thread accepts, others serve: a few connections at a time, and the rest gets 503 at once
(`heapwise_agent.crowd`). The threads are the agent's own: what they allocate is not counted as the
program's.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from functools import partial

from heapwise_agent import http1, own
from heapwise_agent.crowd import SEATS, Seats, TurnedAway, Workers
from heapwise_agent.listen import Listener
from heapwise_agent.messages import RefusedError, Request
from heapwise_agent.routes import Router

_SEND_S = 30.0
_FAREWELL_S = 1.0
_FAREWELL_BYTES = 256 << 10
_TICK_MS = 500

log = logging.getLogger("heapwise_agent")


class Server:
    """Serves until it is stopped.

    Args:
        router: answers.
        listener: where to listen.
    """

    def __init__(self, router: Router, listener: Listener) -> None:
        self._router = router
        self._listener = listener
        self._seats = Seats()
        self._turned_away = TurnedAway()
        self._workers = Workers("heapwise-agent-worker")
        self._wake, self._alarm = socket.socketpair()
        self._stopping = False
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="heapwise-agent", daemon=True)

    @property
    def place(self) -> str:
        """``127.0.0.1:6060``, or the path of the socket."""
        return self._listener.place

    @property
    def port(self) -> int:
        """The TCP port, also where a free one was asked for; 0 for a unix socket."""
        return self._listener.port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def warm(self) -> None:
        """Have as many threads ready as one client has seats."""
        self._workers.warm(SEATS)

    def stop(self) -> None:
        """Listen no more, and end what is being measured; harmless when it is said twice.

        In a forked child only the inherited sockets are closed: the parent still listens.
        """
        if self._stopping:
            return
        self._stopping = True
        if os.getpid() == self._pid:
            self._alarm.send(b"\0")
            if self._thread.is_alive() and self._thread is not threading.current_thread():
                self._thread.join(timeout=5)
            self._listener.close()
        else:
            self._listener.abandon()
        self._wake.close()
        self._alarm.close()

    def _run(self) -> None:
        poll = select.poll()  # not epoll, which a forked child would share
        poll.register(self._listener.socket, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        with own.quiet():
            while not self._stopping:
                poll.poll(_TICK_MS if self._turned_away else None)  # an idle agent sleeps
                self._turned_away.sweep()
                if not self._stopping:
                    self._accept()
            self._turned_away.sweep(everything=True)
            self._workers.stop()

    def _accept(self) -> None:
        try:
            connection, address = self._listener.socket.accept()
        except BlockingIOError:
            return
        except OSError:  # out of descriptors: the program's trouble, which passes or does not
            time.sleep(0.1)
            return
        client = str(address[0]) if isinstance(address, tuple) else ""
        if not self._seats.take(client):
            self._turned_away.add(connection)
            return
        try:
            self._workers.give(partial(self._serve, connection, client))
        except RuntimeError:  # no thread to be had
            self._seats.give(client)
            connection.close()

    def _serve(self, connection: socket.socket, client: str) -> None:
        try:
            with connection:
                self._answer(connection)
        except OSError:  # the client left, or is too slow
            pass
        except Exception:
            log.warning("the agent could not serve a connection", exc_info=True)
        finally:
            self._seats.give(client)

    def _answer(self, connection: socket.socket) -> None:
        try:
            head = http1.read_head(connection)
        except RefusedError as refused:
            response = refused.response()
        else:
            if head is None:
                return
            path, _, query = head.target.partition("?")
            answered = self._router(
                Request(
                    method=head.method,
                    path=path,
                    query=query,
                    headers=head.headers,
                    cancelled=lambda: self._stopping or _is_gone(connection),
                )
            )
            if answered is None:
                return
            response = answered
        connection.settimeout(_SEND_S)  # for all of it together
        connection.sendall(http1.write(response))
        _bid_farewell(connection)


def _is_gone(connection: socket.socket) -> bool:
    """True where the client closed its side; what else it sends is thrown away."""
    try:
        connection.setblocking(False)
        return connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _bid_farewell(connection: socket.socket) -> None:
    """Let the client read everything before the socket is closed, and take what it still sends."""
    connection.shutdown(socket.SHUT_WR)
    end = time.monotonic() + _FAREWELL_S
    left = _FAREWELL_BYTES
    while left > 0 and (patience := end - time.monotonic()) > 0:
        connection.settimeout(patience)
        received = connection.recv(4096)
        if not received:
            return
        left -= len(received)
