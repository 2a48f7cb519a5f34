"""Ways to compress one answer. All give a gzip file of their own that any client can read.

The level is 9 everywhere, as `gzip` has it by default: what differs is the memory, not the work.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from struct import pack

Compress = Callable[[bytes], bytes]

LEVEL = 9
_GZIP = 16
"""Added to the window's bits: zlib writes the frame of gzip."""


def gzip_file(body: bytes) -> bytes:
    """A file for every answer, as the middleware of well-known frameworks has it."""
    buffer = io.BytesIO()
    with gzip.GzipFile(mode="wb", fileobj=buffer, compresslevel=LEVEL) as file:
        file.write(body)
    return buffer.getvalue()


def one_call(body: bytes) -> bytes:
    """The shorter way to write it; below it a compressor is made all the same."""
    return gzip.compress(body, LEVEL)


def right_sized(body: bytes) -> bytes:
    """A compressor for every answer, as small as the answer allows.

    zlib takes ``4 << window`` bytes for the window and its chains and ``768 << level`` for hash
    table and symbols. A window as long as the body finds every match; smaller ones than 512 bytes
    do not exist. Memory level 1 to 9: hash table and symbols, half as many as the body has bytes.
    """
    bits = max(9, (len(body) - 1).bit_length())
    compressor = zlib.compressobj(
        LEVEL, zlib.DEFLATED, _GZIP + min(bits, zlib.MAX_WBITS), min(max(bits - 7, 1), 8)
    )
    return compressor.compress(body) + compressor.flush()


class Pool:
    """Compressors that are used again: as many as there are answers in the making at once.

    A zlib object of Python cannot be reset, but a full flush comes to the same: it ends on a whole
    byte and forgets the past, so that nothing later refers to anything before it. What is between
    two full flushes is a stream of its own once an empty last block ends it; gzip's frame is ten
    bytes before it and its checksum and length behind it. It costs some 6 bytes per answer.
    """

    _HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    """No name, no time, best compression, unknown system (RFC 1952)."""

    _LAST = b"\x03\x00"
    """An empty block that is the last one (RFC 1951, 3.2.6)."""

    def __init__(self) -> None:
        self._idle: list[zlib._Compress] = []

    def compress(self, body: bytes) -> bytes:
        """Compress an answer. Any thread may."""
        try:
            stream = self._idle.pop()
        except IndexError:
            stream = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = stream.compress(body) + stream.flush(zlib.Z_FULL_FLUSH)
        # Only now: one that failed halfway holds a part of somebody's answer.
        self._idle.append(stream)
        end = pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)
        return b"".join((self._HEAD, packed, self._LAST, end))


CHOICES: dict[str, Callable[[], Compress]] = {
    "gzip-file": lambda: gzip_file,
    "one-call": lambda: one_call,
    "right-sized": lambda: right_sized,
    "pool": lambda: Pool().compress,
}
"""How to make each, by the name that ``--compress`` takes."""
