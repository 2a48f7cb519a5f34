"""From what was typed to a transport, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from heapwise.errors import UsageError
from heapwise.formats.endpoints import endpoint_of, parse_connect_to
from heapwise.model.load import Target
from heapwise.model.transport import HttpVersion, Transport

TRANSPORT_OPTIONS = (
    "insecure", "cert", "key", "root-certs", "http2", "h2c", "http3", "session-tickets",
    "connections", "laddr", "redirects", "chunked", "max-body",
)  # fmt: skip
"""Their names in the option table; see also `REACH_OPTIONS`."""

REACH_OPTIONS = ("connect-to", "unix-socket")
"""Those that lead elsewhere than the targets' URLs say, where no debug endpoint is looked for."""

_LONGEST_PATH = 107
"""Of a unix socket on Linux, in bytes; see unix(7)."""


class TransportOptions(TypedDict):
    """`TRANSPORT_OPTIONS`, as click passes them."""

    insecure: bool
    cert: Path | None
    key: Path | None
    root_certs: str | None
    http2: bool
    h2c: bool
    http3: bool
    session_tickets: bool
    idle_connections: int
    laddr: str | None
    redirects: int
    chunked: bool
    max_body: int


def build_transport(options: TransportOptions) -> Transport:
    """The transport that the options tell, its files and addresses checked.

    Raises:
        UsageError: options that contradict each other, a file that is no certificate or key, or an
            address this machine does not have.
    """
    if options["key"] and not options["cert"]:
        raise UsageError("-key needs -cert", hint="the certificate that belongs to the key")
    transport = Transport(
        http=_version(options),
        insecure=options["insecure"],
        cert=_absolute(options["cert"]),
        key=_absolute(options["key"]),
        root_certs=tuple(
            _absolute(Path(name)) for name in (options["root_certs"] or "").split(",") if name
        ),
        session_tickets=options["session_tickets"],
        laddr=_local_address(options["laddr"] or ""),
        idle_connections=options["idle_connections"],
        redirects=options["redirects"],
        chunked=options["chunked"],
        max_body=options["max_body"],
    )
    _check_certificates(transport)
    return transport


def changed_transport(
    transport: Transport, options: TransportOptions, given: AbstractSet[str]
) -> Transport:
    """A transport with only those options applied that were given, by their parameter names."""
    typed = build_transport(options)
    origins = {"http": {"http2", "h2c", "http3"}}
    return msgspec.structs.replace(
        transport,
        **{
            name: getattr(typed, name)
            for name in Transport.__struct_fields__
            if origins.get(name, {name}) & given
        },
    )


def lead(
    transport: Transport,
    targets: tuple[Target, ...],
    *,
    connect_to: tuple[str, ...],
    unix_socket: Path | None,
    all_known: bool = True,
) -> Transport:
    """A transport that leads elsewhere than the targets' URLs say.

    Args:
        transport: of the other options.
        targets: to be reached.
        connect_to: ``HOST:PORT:HOST:PORT`` each.
        unix_socket: stands for every host.
        all_known: there are no other targets, which a mapping might be for.

    Raises:
        UsageError: a mapping is malformed or of no target, or the path cannot be a socket's.
    """
    mapping: dict[str, tuple[str, ...]] = {}
    known = {endpoint_of(target.url) for target in targets}
    for text in connect_to:
        source, place = parse_connect_to(text)
        if all_known and source not in known and transport.redirects < 0:
            raise UsageError(
                f"-connect-to {text}: no target is at {source}", f"there is {', '.join(known)}"
            )
        mapping[source] = (*mapping.get(source, ()), place)
    path = _absolute(unix_socket)
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise UsageError(f"not a socket's path: {path}", f"it has more than {_LONGEST_PATH} bytes")
    if path and transport.http is HttpVersion.THREE:
        raise UsageError("--http3 goes over UDP, and -unix-socket does not")
    return msgspec.structs.replace(transport, connect_to=mapping, unix_socket=path)


def check_targets(transport: Transport, targets: tuple[Target, ...]) -> None:
    """Refuse targets that the transport cannot reach.

    Raises:
        UsageError: HTTP/3 without TLS, or chunks over HTTP/2 and above, which has none.
    """
    plain = [target.url for target in targets if target.url.lower().startswith("http:")]
    if plain and transport.http is HttpVersion.THREE:
        raise UsageError(f"HTTP/3 needs https: {plain[0]}")
    if transport.chunked and transport.http in (HttpVersion.H2C, HttpVersion.THREE):
        raise UsageError(
            "-chunked is HTTP/1.1's", "later versions frame every body", "leave it out"
        )


def check_source(transport: Transport, addresses: dict[str, str]) -> None:
    """Refuse an address to send from that no packet of which would arrive.

    Raises:
        UsageError: it is of IPv4 and a target's of IPv6, or the other way round.
    """
    for endpoint, address in addresses.items():
        if transport.laddr and (":" in transport.laddr) != (":" in address):
            raise UsageError(
                f"-laddr {transport.laddr}: {endpoint} is {address}",
                "one is of IPv4 and the other of IPv6",
                "give both of one kind; -connect-to names a target's address",
            )


def _version(options: TransportOptions) -> HttpVersion:
    if options["h2c"] and options["http3"]:
        raise UsageError("-h2c and --http3 contradict each other")
    if options["http3"]:
        return HttpVersion.THREE
    if options["h2c"]:
        return HttpVersion.H2C
    return HttpVersion.AGREED if options["http2"] else HttpVersion.ONE


def _absolute(path: Path | None) -> str:
    """As a recording can be driven again from any folder."""
    return str(path.absolute()) if path else ""


def _local_address(text: str) -> str:
    """An address to send from; empty where any will do, as vegeta's 0.0.0.0."""
    if not text:
        return ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise UsageError(f"not an address to send from: {text!r}", hint="as 127.0.0.2") from None
    if address.is_unspecified:
        return ""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError as error:
            raise UsageError(f"cannot send from {text}", error.strerror or str(error)) from None
    return str(address)


def _check_certificates(transport: Transport) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for file in transport.root_certs:
        _load(file, lambda file=file: context.load_verify_locations(file))
    if transport.cert:
        _load(
            transport.cert,
            # Without a password of ours the user would be asked for one, once a connection.
            lambda: context.load_cert_chain(transport.cert, transport.key or None, lambda: ""),
        )


def _load(file: str, load: Any) -> None:
    try:
        load()
    except ssl.SSLError as error:
        raise UsageError(
            f"{file} is no certificate, or its key does not fit", error.reason or str(error)
        ) from None
    except OSError as error:
        raise UsageError(
            f"cannot read {error.filename or file}", error.strerror or str(error)
        ) from None
