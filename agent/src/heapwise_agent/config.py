"""What the agent is asked to do: arguments first, then the environment, then defaults.

==============================  ==========================================================
``HEAPWISE_AGENT``              ``off`` or ``0``: `start` does nothing at all
``HEAPWISE_AGENT_ADDRESS``      ``127.0.0.1:6060``; a port of 0 takes a free one; ``none``: do
                                not listen at all
``HEAPWISE_AGENT_INTERVAL``     bytes between two samples, 524288
``HEAPWISE_AGENT_TOKEN``        what clients have to send; needed away from loopback
``HEAPWISE_AGENT_HOSTS``        names that clients may use in ``Host``, split at commas
``HEAPWISE_AGENT_UNIX_SOCKET``  a path: listen there (mode 0600) and not on TCP
``HEAPWISE_AGENT_GROUP``        a name: its processes share one view; else the process group
``HEAPWISE_AGENT_OOM_DIR``      where profiles go before memory runs out; unset: none
``HEAPWISE_AGENT_OOM_SHARE``    the share of the limit at which they are written, 0.9
==============================  ==========================================================
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

PREFIX = "HEAPWISE_AGENT"
ADDRESS = "127.0.0.1:6060"
NOWHERE = "none"
INTERVAL = 512 << 10

_MAX_INTERVAL = 1 << 40
_GROUP = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)

T = TypeVar("T")


class ConfigError(ValueError):
    """A setting that the agent refuses; says what, why and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen on TCP."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True where only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings that were checked.

    Attributes:
        address: where to listen, unless `unix_socket` is set; None: nowhere.
        interval: mean bytes between two samples; 1 samples everything.
        token: what clients have to send; empty for none.
        hosts: names beside the loopback ones that clients may use.
        unix_socket: listen here and not on TCP.
        group: a name that joins processes to one view; empty: the process group does.
        oom_directory: where to write before memory runs out; None: nowhere.
        oom_share: of the memory limit, at which that happens.
    """

    address: Address | None
    interval: int = INTERVAL
    token: str = ""
    hosts: tuple[str, ...] = ()
    unix_socket: Path | None = None
    group: str = ""
    oom_directory: Path | None = None
    oom_share: float = 0.9

    @property
    def place(self) -> str:
        """Where it listens, in words."""
        return str(self.unix_socket or self.address or NOWHERE)


def is_off(environ: Mapping[str, str]) -> bool:
    """True where the kill switch is thrown."""
    return environ.get(PREFIX, "").strip().lower() in ("off", "0", "false", "no")


def configure(
    environ: Mapping[str, str],
    *,
    address: str | None = None,
    interval: int | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    unix_socket: str | Path | None = None,
    group: str | None = None,
    oom_directory: str | Path | None = None,
    oom_share: float | None = None,
) -> Config:
    """Check the settings; the environment fills in what the caller left out.

    Raises:
        ConfigError: a setting cannot be read, or would open the process to the network.
    """

    def pick(name: str, given: T | None, parse: Callable[[str], T], default: T) -> T:
        text = environ.get(f"{PREFIX}_{name}", "").strip()
        if given is not None:
            return given
        return parse(text) if text else default

    names = pick("HOSTS", hosts, lambda text: text.split(","), ())
    socket = pick("UNIX_SOCKET", unix_socket, Path, None)
    directory = pick("OOM_DIR", oom_directory, Path, None)
    place = pick("ADDRESS", address, str, ADDRESS)
    config = Config(
        address=None if place == NOWHERE else parse_address(place),
        interval=_interval(pick("INTERVAL", interval, _integer, INTERVAL)),
        token=pick("TOKEN", token, str, ""),
        hosts=tuple(_name(host.strip()) for host in names if host.strip()),
        unix_socket=Path(socket) if socket else None,
        group=_group(pick("GROUP", group, str, "")),
        oom_directory=Path(directory) if directory else None,
        oom_share=_share(pick("OOM_SHARE", oom_share, _number, 0.9)),
    )
    reachable = config.address is not None and not config.address.is_loopback
    if reachable and config.unix_socket is None and not config.token:
        raise ConfigError(
            f"{config.address} can be reached from other machines, and no token is set; listen on"
            f" 127.0.0.1, or set {PREFIX}_TOKEN to a secret that clients have to send"
        )
    return config


def parse_address(text: str) -> Address:
    """Read ``127.0.0.1:6060``, ``[::1]:6060``, ``localhost:0``; ``:6060`` is every interface.

    Raises:
        ConfigError: the text is no address.
    """
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        known = _is_ip(host, 6)
    elif ":" in host:
        known = False  # an IPv6 address without brackets: which colon is the port's?
    else:
        known = _is_ip(host, 4) or (_HOST.fullmatch(host) is not None and not _looks_ip(host))
    if not colon or not _PORT.fullmatch(port) or int(port) > 65535 or (host and not known):
        raise ConfigError(f"not an address to listen on: {text!r}; write it as {ADDRESS}")
    return Address(host=host or "0.0.0.0", port=int(port))  # noqa: S104 - asked for as ":PORT"


def _is_ip(host: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(host).version == version
    except ValueError:
        return False


def _looks_ip(host: str) -> bool:
    """True for ``1.94`` or ``127.1``: typing errors that the C library would take for addresses."""
    return host.replace(".", "").isdigit()


def _integer(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise ConfigError(f"not a number of bytes: {text!r}; write digits, as {INTERVAL}")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"not a share: {text!r}; write a number as 0.9") from None


def _interval(interval: int) -> int:
    if isinstance(interval, bool) or not isinstance(interval, int):
        raise ConfigError(f"the interval is not a whole number of bytes: {interval!r}")
    if not 1 <= interval <= _MAX_INTERVAL:
        raise ConfigError(f"an interval of {interval} bytes is out of range; 1 samples everything")
    return interval


def _share(share: float) -> float:
    if not 0.1 <= share <= 1:
        raise ConfigError(f"a share of {share} is out of range; use 0.1 to 1, as 0.9")
    return float(share)


def _name(host: str) -> str:
    if not _HOST.fullmatch(host) and not _is_ip(host.strip("[]"), 6):
        raise ConfigError(f"not a host name: {host!r}; write names without a port")
    return host.lower()


def _group(name: str) -> str:
    if name and not _GROUP.fullmatch(name):
        raise ConfigError(f"not a group's name: {name!r}; use up to 32 letters, digits, - and _")
    return name
