"""Where a service answers questions about itself."""

from __future__ import annotations

import msgspec

from heapwise.errors import UsageError
from heapwise.formats.urls import check_url, port_of
from heapwise.runtimes.access import ANYONE, Access, split_access

BASE = "/debug/pprof"
_HINT = "write it as host:port, http://host:port/debug/pprof or unix:/path"
_SUN_PATH = 107
"""Bytes that `sockaddr_un` has for a path, less its NUL."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A debug endpoint.

    Attributes:
        scheme: ``http``, ``https`` or ``unix``.
        host: as given, without brackets; for ``unix`` the path of the socket.
        port: 0 for ``unix``.
        base: path under which the profiles lie, without a slash at its end.
        address: the IP address that was found to answer; empty where none was pinned.
        access: what has to be sent to be answered.
    """

    scheme: str
    host: str
    port: int
    base: str = BASE
    address: str = ""
    access: Access = ANYONE

    @classmethod
    def parse(cls, text: str, access: Access = ANYONE) -> Endpoint:
        """Read what a user writes.

        As in pprof the scheme may be missing, and ``/debug/pprof`` is meant where no path is
        given. The name of one profile at the end (``…/debug/pprof/heap``) is dropped, and so are
        user name and password, which go into the access.

        Raises:
            UsageError: it is no address, or its host could be taken for another one.
        """
        text, access = split_access(text, access)
        if text.startswith("unix:"):
            return cls(scheme="unix", host=_socket_path(text), port=0, access=access)
        url = check_url(_completed(text))
        if url.query or url.fragment:
            raise UsageError(f"not an endpoint: {text!r}", "a query stands in it", _HINT)
        host = (url.hostname or "").removesuffix(".")
        return cls(
            scheme=url.scheme, host=host, port=port_of(url), base=_base(url.path), access=access
        )

    @property
    def origin(self) -> str:
        """The address without a path, as it is printed: ``http://localhost:6060``."""
        if self.scheme == "unix":
            return f"unix:{self.host}"
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """``host:port`` as the Host header wants it."""
        if self.scheme == "unix":
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address: ``http://localhost:6060/debug/pprof``."""
        return self.origin if self.scheme == "unix" else self.origin + self.base

    def path(self, name: str) -> str:
        """The path of a profile (``heap``), of the index (empty), or of an absolute path."""
        return name if name.startswith("/") else f"{self.base}/{name}"

    def url_of(self, name: str, query: str = "") -> str:
        """The address of a profile for messages."""
        return self.origin + self.path(name) + (f"?{query}" if query else "")


def _completed(text: str) -> str:
    """Add what users leave out: the scheme, and the host of ``:6060``, as Go writes listeners."""
    if "://" in text:
        return text
    return "http://" + (f"127.0.0.1{text}" if text.startswith(":") else text)


def _socket_path(text: str) -> str:
    path = text.removeprefix("unix:").removeprefix("//")
    if not path.startswith("/") or len(path.encode()) > _SUN_PATH:
        raise UsageError(
            f"not a socket: {text!r}", f"its path must be absolute and fit {_SUN_PATH} bytes", _HINT
        )
    return path


def _base(path: str) -> str:
    path = path.rstrip("/")
    before, found, _ = path.partition(BASE)
    return before + BASE if found or not path else path
