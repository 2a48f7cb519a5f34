"""Which schedulers may be trusted: whoever speaks for one can run code on every worker."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from heapwise.errors import UsageError
from heapwise.load.address import resolve

_FORM = "write tcp://HOST:PORT on this machine, or tls://HOST:PORT"


class Scheduler(NamedTuple):
    """A scheduler's address, and the files that prove who is who, PEM.

    Without ``ca`` the certificates of a ``tls://`` address are those of Dask's configuration.
    """

    address: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def host(self) -> str:
        """The address's host."""
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        """The address's port."""
        return urlsplit(self.address).port or 0

    @property
    def encrypted(self) -> bool:
        """True where both ends show certificates."""
        return self.address.startswith("tls://")


def check_scheduler(
    scheduler: Scheduler, resolver: Callable[[str], list[str]] = resolve
) -> Scheduler:
    """Accept a scheduler on loopback, or one that shows a certificate.

    Args:
        scheduler: as typed.
        resolver: tells the addresses of a host.

    Raises:
        UsageError: it is neither, the address is malformed, or files are missing.
    """
    _check_address(scheduler.address)
    if scheduler.encrypted:
        _check_files(scheduler)
        return scheduler
    if scheduler.ca or scheduler.cert or scheduler.key:
        raise UsageError(
            f"certificates for {scheduler.address}", "tcp:// shows none", "write tls://"
        )
    addresses = map(ipaddress.ip_address, resolver(scheduler.host))
    outside = [address for address in addresses if not address.is_loopback]
    if outside:
        raise UsageError(
            f"{scheduler.address} is {outside[0]}, without encryption",
            "whoever stands between could run code on every worker",
            "start the cluster with TLS and write tls://, with --cluster-ca, -cert and -key",
        )
    return scheduler


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"not a scheduler: {address!r}", str(error), _FORM) from None
    rest = parts.path or parts.query or parts.fragment or parts.username
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not port or rest:
        raise UsageError(f"not a scheduler: {address!r}", hint=_FORM)


def _check_files(scheduler: Scheduler) -> None:
    files = {"ca": scheduler.ca, "cert": scheduler.cert, "key": scheduler.key}
    missing = [f"--cluster-{name}" for name, file in files.items() if file is None]
    if 0 < len(missing) < len(files):
        raise UsageError(
            f"{scheduler.address} needs all three of its files", f"no {missing[0]} was given"
        )
    for file in files.values():
        if file is not None and not file.is_file():
            raise UsageError(f"cannot read {file}", "no such file")
