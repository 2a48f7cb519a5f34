"""URLs and hosts a load may go to, read so strictly that no resolver can read them otherwise.

`inet_aton`, `getaddrinfo` and libcurl all take shorthand for an address: ``1.94`` is 1.0.0.94 to
them and ``010.0.0.1`` is 8.0.0.1, which looks private. So a host that ends in a number must be a
full dotted quad, and that is settled here, before any of them sees it.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from heapwise.errors import TargetError

MAX_URL = 8192
"""Longer than any server reads by default."""

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*", re.ASCII)
_QUAD_PART = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_NETLOC = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]*))?", re.ASCII)
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_host(host: str) -> None:
    """Accept a DNS name, a full dotted quad or an IPv6 address without brackets and zone.

    Raises:
        TargetError: it is none of these, or could be taken for another address than it shows.
    """
    if ":" in host:
        _check_ipv6(host)
        return
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        _check_quad(host)
        return
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        why = "a name outside ASCII needs its xn-- form" if not host.isascii() else ""
        raise TargetError(f"not a host name: {host!r}", why)


def check_url(url: str) -> SplitResult:
    """Accept an absolute http or https URL whose host passes `check_host`.

    Returns:
        the parts; `port_of` tells the port, the default one included.

    Raises:
        TargetError: it is not such a URL.
    """
    if len(url) > MAX_URL:
        raise TargetError("URL is too long", f"{len(url)} characters, {MAX_URL} are allowed")
    bad = _UNSENDABLE.search(url)
    if bad:
        raise TargetError(
            f"URL has a character that cannot be sent: {bad[0]!r}", hint="percent-encode it"
        )
    scheme, colon, rest = url.partition("://")
    if not colon or scheme.lower() not in _DEFAULT_PORTS:
        raise TargetError(
            f"not an http or https URL: {url!r}", hint="write it as http://localhost:8080/path"
        )
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise TargetError(
            "URL holds a user name or password", hint="send an Authorization header instead"
        )
    found = _NETLOC.fullmatch(authority)
    if found is None:
        raise TargetError(f"URL has no proper host: {url!r}")
    bracketed = found[1].startswith("[")
    (_check_ipv6 if bracketed else check_host)(found[1].strip("[]"))
    if found[2] is not None and not 1 <= int(found[2][:6] or 0) <= 65535:
        raise TargetError(f"not a port: {found[2]!r}", "ports go from 1 to 65535")
    return urlsplit(url)


def port_of(parts: SplitResult) -> int:
    """The port a URL that passed `check_url` leads to."""
    return parts.port or _DEFAULT_PORTS[parts.scheme]


def _check_quad(host: str) -> None:
    parts = host.split(".")
    if len(parts) == 4 and all(_QUAD_PART.fullmatch(part) and int(part) < 256 for part in parts):
        return
    raise TargetError(
        f"not a full address: {host!r}",
        "a host that ends in a number must be four numbers from 0 to 255 without leading zeros",
        "write the whole address, as 127.0.0.1",
    )


def _check_ipv6(host: str) -> None:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        address = None
    if address is None or address.scope_id:
        raise TargetError(f"not an IPv6 address: {host!r}")
