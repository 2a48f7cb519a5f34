"""Response bodies kept for an oracle: bounded on the wire and after decompression."""

from __future__ import annotations

import zlib

import pycurl

from heapwise.model.transport import KEPT_BODY

_GROWTH = 1 << 16
"""Bytes kept on the wire beyond the limit: what does not compress grows a little."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class KeptBody:
    """Collects one response body from a handle.

    Args:
        limit: bytes to keep, decompressed; longer bodies are cut there, whatever their encoding.
    """

    def __init__(self, limit: int = KEPT_BODY) -> None:
        self._limit = limit
        self._data = bytearray()
        self._encoding = ""

    def attach(self, handle: pycurl.Curl) -> None:
        """Collect what the next transfer of ``handle`` receives."""
        handle.setopt(pycurl.WRITEFUNCTION, self._write)
        handle.setopt(pycurl.HEADERFUNCTION, self._header)

    def content(self) -> bytes:
        """The body, decompressed if it was sent compressed, cut at the limit.

        A body that does not decompress is returned as far as it did.
        """
        return decompressed(bytes(self._data), self._encoding, self._limit)

    def _write(self, chunk: bytes) -> int:
        self._data += chunk[: self._limit + _GROWTH - len(self._data)]
        return len(chunk)

    def _header(self, line: bytes) -> int:
        name, _, value = line.partition(b":")
        if line.startswith(b"HTTP/"):
            self._encoding = ""  # the response after a 1xx
        elif name.lower() == b"content-encoding":
            self._encoding = value.strip().lower().decode("latin-1")
        return len(line)


def decompressed(data: bytes, encoding: str, limit: int = KEPT_BODY) -> bytes:
    """What a body says, cut at ``limit``; as far as it goes where it does not decompress.

    Args:
        data: as it was sent.
        encoding: ``Content-Encoding``, in lower case.
        limit: bytes to return at most.
    """
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return data[:limit]
    try:
        # A length of 0 would mean all of it.
        whole = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(data, limit or 1)
    except zlib.error:
        whole = data
    return whole[:limit]
