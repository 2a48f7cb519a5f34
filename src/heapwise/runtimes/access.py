"""How a debug endpoint lets one in: headers to send, certificates to show and to trust."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from heapwise.errors import UsageError

if TYPE_CHECKING:  # only https needs it, and it takes long to load
    import ssl

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e]*)", re.ASCII)
_CREDENTIALS = re.compile(r"((?:[a-z+]+://)?)([^/?#@]*)@(.*)", re.ASCII | re.DOTALL)
_INSECURE = "https+insecure://"
_MAX_HEADERS = 64 << 10

Headers = tuple[tuple[str, str], ...]
"""Names and values."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to be answered; nothing of it is ever printed.

    Attributes:
        headers: names and values, sent with every request.
        kept: more of them, read anew for each request where they are kept: tokens are exchanged
            while one watches. It may raise `UsageError`.
        verify: whether the server's certificate must be one that is trusted.
        authority: certificates to trust instead of the system's, PEM.
        certificate: to show the server, PEM.
        key: of the certificate, where it is not in the same file.
    """

    headers: Headers = ()
    kept: Callable[[], Headers] | None = None
    verify: bool = True
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Access({len(self.headers)} headers)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """The same for rich, which looks into structs."""
        return [("headers", len(self.headers))]

    def sent(self) -> Headers:
        """The headers of one request.

        Raises:
            UsageError: some cannot be read where they are kept.
        """
        return self.headers if self.kept is None else (*self.headers, *self.kept())

    def tls(self) -> ssl.SSLContext:
        """The settings of a TLS connection; the same object for as long as no file changes.

        Raises:
            UsageError: a file is no certificate or no key.
        """
        files = (self.authority, self.certificate, self.key)
        return _context(self.verify, *files, tuple(map(_written_ns, files)))


@lru_cache(maxsize=64)
def _context(
    verify: bool,
    authority: Path | None,
    certificate: Path | None,
    key: Path | None,
    _written: tuple[int, ...],
) -> ssl.SSLContext:
    """Kept, since reading the system's authorities takes 20 ms of CPU."""
    import ssl  # noqa: PLC0415 - see above

    try:
        context = ssl.create_default_context(cafile=authority)
        if certificate:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        files = [str(file) for file in (authority, certificate, key) if file]
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise UsageError(f"cannot use {' and '.join(files)} for TLS", str(reason)) from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _written_ns(file: Path | None) -> int:
    """When a file was last written: certificates are renewed while one watches."""
    try:
        return file.stat().st_mtime_ns if file else 0
    except OSError:
        return 0


ANYONE = Access()
"""Nothing needs to be sent."""


def read_headers(given: Iterable[str]) -> Headers:
    """Headers as typed: ``Name: value``, or ``@FILE`` with one a line, which hides it from `ps`.

    Raises:
        UsageError: one of them is none; its value is not repeated.
    """
    lines = [line for text in given for line in _lines(text)]
    return tuple(_header(line) for line in lines)


def _lines(text: str) -> list[str]:
    if not text.startswith("@"):
        return [text]
    try:
        with Path(text[1:]).open(encoding="ascii") as file:
            content = file.read(_MAX_HEADERS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not plain text"
        raise UsageError(f"cannot read headers from {text[1:]}", reason) from None
    return [line for line in content.splitlines() if line.strip()]


def _header(line: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(line.strip())
    if found is None:
        name = re.split(r"[:\s]", line.strip(), maxsplit=1)[0][:40]
        raise UsageError(f"not a header: {name!r}", hint="write it as 'Name: value'")
    return found[1], found[2]


def split_access(text: str, access: Access) -> tuple[str, Access]:
    """Take the user name, the password and ``https+insecure`` out of an address.

    What is left can be printed.
    """
    if text.startswith(_INSECURE):
        text = "https://" + text.removeprefix(_INSECURE)
        access = msgspec.structs.replace(access, verify=False)
    found = None if text.startswith("unix:") else _CREDENTIALS.fullmatch(text)
    if found is None:
        return text, access
    user = base64.b64encode(unquote(found[2]).encode()).decode()
    headers = (*access.headers, ("Authorization", f"Basic {user}"))
    return found[1] + found[3], msgspec.structs.replace(access, headers=headers)
