"""libcurl's multi interface on an epoll of our own, with a timer that keeps nanoseconds."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable

import pycurl

from heapwise.load.timer import Timer

Ended = Callable[[pycurl.Curl, int], None]
"""Takes a handle whose transfer ended, and libcurl's code, 0 for success."""

_FOREVER = 1 << 62
_MAX_EVENTS = 64

_TO_EPOLL = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Reactor:
    """Transfers in flight.

    Args:
        ended: called for every transfer that ends, possibly before `start` returns; it must not
            start another itself.
        max_connections: connections, busy and idle, that libcurl may have open at once.
        max_idle: of these, how many may be idle; 0 is no limit of its own.
    """

    def __init__(self, ended: Ended, max_connections: int, max_idle: int) -> None:
        self._ended = ended
        self._running = 0
        self._max_idle = max_idle
        self._curl_wants = _FOREVER
        self._timer = Timer()
        self._epoll = select.epoll()
        self._epoll.register(self._timer, select.EPOLLIN)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, max_connections)

    @property
    def running(self) -> int:
        """Transfers in flight."""
        return self._running

    def start(self, handle: pycurl.Curl) -> None:
        """Start a transfer: on a connection that is open already, the request is sent now."""
        self._multi.add_handle(handle)
        self._running += 1
        self._limit_idle()
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def cancel(self, handle: pycurl.Curl) -> None:
        """Give up a transfer and close its connection; ``ended`` is not called."""
        self._multi.remove_handle(handle)
        self._running -= 1

    def wait(self, until_ns: int) -> list[tuple[int, int]]:
        """Sleep until something happens on a socket, or until ``until_ns``.

        Returns:
            events for `handle`, one by one.
        """
        self._timer.set(min(until_ns, self._curl_wants))
        events = self._epoll.poll(-1, _MAX_EVENTS)
        if time.monotonic_ns() >= self._curl_wants:
            self._curl_wants = _FOREVER
            self._act(pycurl.SOCKET_TIMEOUT, 0)
        return events

    def handle(self, fd: int, events: int) -> None:
        """Let libcurl act on one event."""
        if fd == self._timer.fileno():
            return
        mask = 0
        if events & select.EPOLLIN:
            mask |= pycurl.CSELECT_IN
        if events & select.EPOLLOUT:
            mask |= pycurl.CSELECT_OUT
        if events & (select.EPOLLERR | select.EPOLLHUP):
            mask |= pycurl.CSELECT_ERR
        self._act(fd, mask)

    def close(self) -> None:
        """Close every connection."""
        self._multi.close()
        self._epoll.close()
        self._timer.close()

    def _act(self, fd: int, mask: int) -> None:
        _, running = self._multi.socket_action(fd, mask)
        while running < self._running:
            _, succeeded, failed = self._multi.info_read()
            ends = [(handle, 0) for handle in succeeded]
            ends += [(handle, code) for handle, code, _ in failed]
            for handle, _ in ends:
                self._multi.remove_handle(handle)
            self._running -= len(ends)
            self._limit_idle()
            for handle, code in ends:
                self._ended(handle, code)
            if not ends:
                raise RuntimeError("libcurl lost a transfer")

    def _limit_idle(self) -> None:
        """Tell libcurl how many connections there may be when the next transfer ends.

        It counts those in use as well, and looks at the number when one becomes idle.
        """
        if self._max_idle:
            self._multi.setopt(pycurl.M_MAXCONNECTS, max(self._running - 1, 0) + self._max_idle)

    def _on_timer(self, timeout_ms: int) -> None:
        """Take libcurl's own deadline, in steps of 1 ms: connect and transfer timeouts."""
        self._curl_wants = (
            _FOREVER if timeout_ms < 0 else time.monotonic_ns() + timeout_ms * 1_000_000
        )

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            # It may be closed already, which took it out of the epoll.
            with contextlib.suppress(OSError):
                self._epoll.unregister(fd)
            return
        try:
            self._epoll.register(fd, _TO_EPOLL[what])
        except FileExistsError:
            self._epoll.modify(fd, _TO_EPOLL[what])
