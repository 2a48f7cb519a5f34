"""Decompression that stops in time: a few kilobytes of gzip can hold gigabytes."""

from __future__ import annotations

import zlib

from heapwise.formats.pprof_limits import MIB, Damage, Limits, TooMuch

MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's window bits for a gzip header and trailer
_INPUT_STEP = 64 << 10
_OUTPUT_STEP = MIB


def gunzip(data: bytes, limits: Limits) -> bytearray:
    """Decompress one or more gzip members, one after the other.

    Raises:
        Damage: truncated, corrupt, or followed by something else.
        TooMuch: over a limit. Never more than
            `Limits.decompressed` and one step is held.
    """
    if len(data) > limits.compressed:
        raise TooMuch(
            f"{len(data):,} bytes compressed, more than the limit of {limits.compressed:,}"
        )
    result = bytearray()
    position = 0
    while position < len(data):
        if not data.startswith(MAGIC, position):
            raise Damage(f"something that is not gzip follows the gzip data at byte {position:,}")
        position = _member(data, position, result, limits)
    return result


def _member(data: bytes, position: int, result: bytearray, limits: Limits) -> int:
    """Append one member to ``result``; where the next one starts."""
    stream = zlib.decompressobj(_GZIP)
    while not stream.eof:
        chunk = stream.unconsumed_tail or data[position : position + _INPUT_STEP]
        if not chunk:
            raise Damage(
                f"the gzip data is cut off after {len(data):,} bytes", "fetch the profile again"
            )
        if not stream.unconsumed_tail:
            position += len(chunk)
        try:
            result += stream.decompress(chunk, _OUTPUT_STEP)
        except zlib.error as error:
            raise Damage(f"the gzip data is damaged before byte {position:,} ({error})") from None
        _check(len(result), position - len(stream.unconsumed_tail), limits)
    return position - len(stream.unused_data)


def _check(produced: int, consumed: int, limits: Limits) -> None:
    limits.check_size(produced)
    if produced > limits.ratio_from and produced > limits.ratio * consumed:
        raise TooMuch(
            f"it expands more than {limits.ratio} times "
            f"({produced:,} bytes from {consumed:,}), as no real profile does"
        )
