"""Who may ask.

A profile shows code paths and file names, and taking one costs the service time. So: loopback
unless there is a token; names in ``Host`` that only a local user can have meant, since a web page
can point a name of its own at 127.0.0.1 (DNS rebinding) but cannot make a browser send another
name; and nothing that a browser says comes from another site.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from heapwise_agent.messages import RefusedError

_LOOPBACK_NAMES = frozenset({"localhost"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(?::[0-9]*)?", re.ASCII | re.IGNORECASE)
_FOREIGN_SITES = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one listener.

    Attributes:
        token: what a client has to send, as bearer or as the password of basic authentication;
            empty for none.
        hosts: names beside ``localhost`` and addresses that may stand in ``Host``, lower case.
        any_host: do not look at ``Host``: browsers cannot reach a unix socket.
        token_needed: refuse everybody while there is no token. So it is where the agent is part
            of an application: behind a proxy every client seems to be local, whatever its Host.
    """

    token: str = ""
    hosts: Collection[str] = ()
    any_host: bool = False
    token_needed: bool = False

    def check(self, headers: Mapping[str, str]) -> None:
        """Let the request pass.

        Raises:
            RefusedError: 403 for a strange Host or another site's request, 401 without the token.
        """
        if not self.any_host:
            self._check_host(headers.get("host"))
        if headers.get("sec-fetch-site") in _FOREIGN_SITES:
            raise RefusedError(403, "another site's page may not ask")
        if self.token_needed and not self.token:
            raise RefusedError(
                403, "as a part of an application the agent needs a token: set HEAPWISE_AGENT_TOKEN"
            )
        if self.token and not _has_token(headers.get("authorization", ""), self.token):
            raise RefusedError(
                401,
                "a token is needed: send it as 'Authorization: Bearer TOKEN', or as the password"
                " in the URL",
                {"WWW-Authenticate": 'Basic realm="heapwise-agent", charset="UTF-8"'},
            )

    def _check_host(self, host: str | None) -> None:
        if host is None:
            raise RefusedError(400, "missing required Host header")
        name = host_name(host)
        if name not in _LOOPBACK_NAMES and name not in self.hosts and not _is_address(name):
            raise RefusedError(
                403,
                f"unknown Host {host[:80]!a}; ask for 127.0.0.1 or localhost, or add the name to"
                " HEAPWISE_AGENT_HOSTS",
            )


def host_name(host: str) -> str:
    """The name in a Host header: without its port, in lower case, without a final dot.

    Empty for what is no name with a port: what a reader would have to guess is nobody's name.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return ""
    name = found[1].lower()
    return name[1:-1] if name.startswith("[") else name.removesuffix(".")


def _is_address(name: str) -> bool:
    """True for a bare address, which no web page can have rebound."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _has_token(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            sent = given.strip().encode("latin-1", "replace")
        case "basic":
            try:
                sent = base64.b64decode(given.strip(), validate=True).partition(b":")[2]
            except (ValueError, binascii.Error):
                return False
        case _:
            return False
    return hmac.compare_digest(sent, token.encode())
