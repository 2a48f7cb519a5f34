"""Endpoints, ``host:port``: of URLs, and in vegeta's ``-connect-to``."""

from __future__ import annotations

import re

from heapwise.errors import TargetError
from heapwise.formats.urls import check_host, check_url, port_of

_HOST_PORT = r"(\[[^\[\]]+\]|[^:\[\]]+):([0-9]{1,5})"
_MAPPING = re.compile(f"{_HOST_PORT}:{_HOST_PORT}", re.ASCII)


def endpoint_of(url: str) -> str:
    """The endpoint of a URL: ``host:port``, lower case, IPv6 in brackets.

    Raises:
        TargetError: the URL is malformed.
    """
    parts = check_url(url)
    host = parts.hostname or ""
    return f"[{host}]:{port_of(parts)}" if ":" in host else f"{host}:{port_of(parts)}"


def host_of(endpoint: str) -> str:
    """The host of an endpoint, IPv6 without brackets."""
    return endpoint.rpartition(":")[0].strip("[]")


def port_text(endpoint: str) -> str:
    """The port of an endpoint."""
    return endpoint.rpartition(":")[2]


def parse_connect_to(text: str) -> tuple[str, str]:
    """Read ``HOST:PORT:HOST:PORT``: an endpoint, and the one to connect to instead.

    Unlike vegeta's this takes IPv6 addresses, in brackets.

    Raises:
        TargetError: it is not such a pair.
    """
    found = _MAPPING.fullmatch(text.strip())
    if found is None:
        raise TargetError(
            f"not a mapping of endpoints: {text[:200]!r}",
            hint="write HOST:PORT:HOST:PORT, as example.org:443:127.0.0.1:8443",
        )
    host, port, other_host, other_port = found.groups()
    return _checked(host, port), _checked(other_host, other_port)


def _checked(host: str, port: str) -> str:
    if host.startswith("["):
        if ":" not in host:
            raise TargetError(f"not an IPv6 address: {host!r}")
        check_host(host[1:-1])
    else:
        check_host(host)
    if not 1 <= int(port) <= 65535:
        raise TargetError(f"not a port: {port!r}", "ports go from 1 to 65535")
    return f"{host.lower()}:{int(port)}"
