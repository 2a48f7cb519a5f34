"""Where a load really goes: every host resolved once, before anything is fired, and then pinned."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

from heapwise.errors import TargetError
from heapwise.formats.endpoints import endpoint_of, host_of
from heapwise.formats.urls import check_host
from heapwise.model.load import Target
from heapwise.model.transport import Transport

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], list[str]]

_LOCAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
"""Loopback and private networks. `ipaddress.is_private` also says yes to 169.254/16, where clouds
keep their metadata, and to 0.0.0.0."""


def is_local(address: str) -> bool:
    """True for an address that may be fired at without asking; a mapped one counts as its IPv4."""
    parsed = _plain(ipaddress.ip_address(address))
    return any(parsed.version == network.version and parsed in network for network in _LOCAL)


def resolve(host: str) -> list[str]:
    """The addresses of a host, in the resolver's order, IPv4-mapped ones as IPv4.

    Raises:
        TargetError: the host is malformed or unknown.
    """
    check_host(host)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetError(
            f"cannot resolve {host}", getattr(error, "strerror", None) or str(error)
        ) from None
    return list(dict.fromkeys(str(_plain(ipaddress.ip_address(info[4][0]))) for info in found))


def destinations(endpoint: str, transport: Transport) -> tuple[str, ...]:
    """The endpoints that connections to ``endpoint`` really go to, in turn."""
    return transport.connect_to.get(endpoint, (endpoint,))


def pin_addresses(
    targets: Iterable[Target],
    *,
    transport: Transport | None = None,
    allow_remote: bool = False,
    resolver: Resolve = resolve,
) -> dict[str, str]:
    """Resolve the host of every target once, for `Plan.addresses`.

    Args:
        targets: whose URLs to resolve.
        transport: of the plan; hosts that it leads elsewhere are not resolved but where it leads,
            and none at all where everything goes through a unix socket.
        allow_remote: accept addresses outside loopback and private networks.
        resolver: tells the addresses of a host.

    Returns:
        ``host:port -> address``. The first address that answers would make two runs differ, so
        it is the first one the resolver names; IPv4 before IPv6, as Go's services on
        ``localhost`` more often listen there.

    Raises:
        TargetError: a host is malformed, unknown, or leads outside; the message has the address.
    """
    pinned: dict[str, str] = {}
    for endpoint in _reachable(targets, transport or Transport()):
        # Every address is judged, not just the chosen one: a name that leads both ways is no
        # name of a private service.
        addresses = resolver(host_of(endpoint))
        outside = [address for address in addresses if not is_local(address)]
        if outside and not allow_remote:
            raise TargetError(
                f"{endpoint} is {outside[0]}",
                "which lies outside loopback and private networks",
                "if it is yours to load, add --allow-remote",
            )
        pinned[endpoint] = min(addresses, key=lambda text: ipaddress.ip_address(text).version)
    return pinned


def _reachable(targets: Iterable[Target], transport: Transport) -> dict[str, None]:
    """Every endpoint a connection may go to, once each, as an ordered set."""
    if transport.unix_socket:
        return {}
    named = [
        endpoint
        for target in targets
        for endpoint in destinations(endpoint_of(target.url), transport)
    ]
    followed = transport.connect_to.values() if transport.redirects >= 0 else ()
    return dict.fromkeys([*named, *(endpoint for group in followed for endpoint in group)])


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
