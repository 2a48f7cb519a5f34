"""What a server wants to see before it answers: keys that services, sinks and exports share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from heapwise.errors import UsageError
from heapwise.runtimes.access import Access, Headers, read_headers
from heapwise.watch.config.forms import FilePath, SecretFrom
from heapwise.watch.config.tables import Table


class Tls(Table, frozen=True, kw_only=True):
    """Of https connections.

    Attributes:
        ca: certificates to trust instead of the system's, PEM.
        cert: to show the server, PEM.
        key: of that certificate, where it is not in the same file.
        insecure: take any certificate; for a laboratory.
    """

    ca: FilePath | None = None
    cert: FilePath | None = None
    key: FilePath | None = None
    insecure: bool = False

    def faults(self) -> Iterator[tuple[str, str]]:
        """A key belongs to a certificate, and files are there and are what they should be."""
        if self.key is not None and self.cert is None:
            yield "cert", "is missing: key belongs to a certificate"
        files = (("ca", self.ca), ("cert", self.cert), ("key", self.key))
        missing = [(name, file) for name, file in files if file is not None and not file.is_file()]
        for name, file in missing:
            yield name, f"no such file: {file}"
        if not missing:
            yield from self._useless()

    def _useless(self) -> Iterator[tuple[str, str]]:
        authority = Access(authority=self.ca)
        certificate = Access(certificate=self.cert, key=self.key)
        for name, file, access in (("ca", self.ca, authority), ("cert", self.cert, certificate)):
            try:
                _ = file and access.tls()
            except UsageError as error:
                yield name, str(error)


class Guarded(Table, frozen=True, kw_only=True):
    """Something behind a server that wants to know who asks.

    Attributes:
        headers_file: file of `Name: value` lines, sent with every request.
        token_file: a token, sent as `Authorization: Bearer`.
        tls: of https connections.
    """

    headers_file: FilePath | None = None
    token_file: SecretFrom | None = None
    tls: Tls = Tls()

    def faults(self) -> Iterator[tuple[str, str]]:
        """What is to be sent can be read."""
        try:
            self._headers()
        except UsageError as error:
            yield "headers_file" if "header" in error.what else "token_file", str(error)

    def access(self) -> Access:
        """What is sent and trusted."""
        return Access(
            kept=self._headers if self.headers_file or self.token_file else None,
            verify=not self.tls.insecure,
            authority=self.tls.ca,
            certificate=self.tls.cert,
            key=self.tls.key,
        )

    def _headers(self) -> Headers:
        """Out of the files, read anew.

        Raises:
            UsageError: one is not there, or holds something else.
        """
        headers = headers_in(self.headers_file)
        if self.token_file is not None:
            headers = (*headers, ("Authorization", f"Bearer {self.token_file.read()}"))
        return headers


def headers_in(file: Path | None) -> Headers:
    """The headers in a file; none without one.

    Raises:
        UsageError: it is not there, or holds something else.
    """
    return read_headers([f"@{file}"]) if file is not None else ()
