"""Response bodies kept for an oracle: bounded on the wire and after decompression."""

from __future__ import annotations

import zlib

import pycurl

MAX_BODY = 1 << 20
"""Bytes kept of one body, decompressed. Longer ones are cut here, whatever their encoding."""

_MAX_WIRE = MAX_BODY + (1 << 16)
"""Bytes kept on the wire: what does not compress grows a little."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class KeptBody:
    """Collects one response body from a handle."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._encoding = ""

    def attach(self, handle: pycurl.Curl) -> None:
        """Collect what the next transfer of ``handle`` receives."""
        handle.setopt(pycurl.WRITEFUNCTION, self._write)
        handle.setopt(pycurl.HEADERFUNCTION, self._header)

    def content(self) -> bytes:
        """The body, decompressed if it was sent compressed, cut at `MAX_BODY`.

        A body that does not decompress is returned as far as it did.
        """
        if self._encoding not in ("gzip", "x-gzip", "deflate"):
            return bytes(self._data[:MAX_BODY])
        try:
            return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(self._data, MAX_BODY)
        except zlib.error:
            return bytes(self._data[:MAX_BODY])

    def _write(self, chunk: bytes) -> int:
        self._data += chunk[: _MAX_WIRE - len(self._data)]
        return len(chunk)

    def _header(self, line: bytes) -> int:
        name, _, value = line.partition(b":")
        if line.startswith(b"HTTP/"):
            self._encoding = ""  # the response after a 1xx
        elif name.lower() == b"content-encoding":
            self._encoding = value.strip().lower().decode("latin-1")
        return len(line)
