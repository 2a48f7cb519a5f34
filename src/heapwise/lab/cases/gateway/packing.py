"""Ways to compress an answer. All give a gzip file of their own that any client can read."""

from __future__ import annotations

import gzip
import zlib
from struct import pack


class PerAnswer:
    """A compressor for every answer.

    Args:
        level: 1 is the fastest; 9, the smallest, is what gzip takes where nobody says.
    """

    def __init__(self, level: int) -> None:
        self._level = level

    def __call__(self, body: bytes) -> bytes:
        """Compress an answer."""
        return gzip.compress(body, self._level)


class Kept:
    """One compressor for all answers, which are made one after another in one thread.

    A zlib object of Python cannot be reset, but after a full flush no later byte depends on an
    earlier one; the lab py-compress tells more. An answer that fails halfway ends the compressor.

    Args:
        level: as above.
    """

    _HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    """No name, no time, unknown system (RFC 1952)."""

    _LAST = b"\x03\x00"
    """An empty block that is the last one (RFC 1951, 3.2.6)."""

    def __init__(self, level: int) -> None:
        self._stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)

    def __call__(self, body: bytes) -> bytes:
        """Compress an answer."""
        packed = self._stream.compress(body) + self._stream.flush(zlib.Z_FULL_FLUSH)
        end = pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)
        return b"".join((self._HEAD, packed, self._LAST, end))
