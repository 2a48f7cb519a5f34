"""Rows of integers as bytes: column after column, each as differences to the row before.

A batch starts from zero, so that it can be read without any other. Differences wrap modulo
2^64, so that every int64 survives.
"""

from __future__ import annotations

import struct

import numpy as np

from heapwise.model.profile import Int64s

HEAD = struct.Struct("<HQQI")
"""Stream, first and last sequence number, number of rows."""

MAX_SEQ = (1 << 40) - 1
"""The last number a record may have: 35 years at 1000 records a second."""


def encode_batch(stream: int, first_seq: int, rows: Int64s) -> bytes:
    """Rows int64[n, k], n > 0, as the body of a batch."""
    count = len(rows)
    unsigned = np.ascontiguousarray(rows, np.int64).view(np.uint64)
    deltas = np.diff(unsigned, axis=0, prepend=np.zeros((1, rows.shape[1]), np.uint64))
    columns = np.ascontiguousarray(deltas.T).astype("<u8", copy=False)
    return HEAD.pack(stream, first_seq, first_seq + count - 1, count) + columns.tobytes()


def decode_batch(body: bytes) -> tuple[int, int, Int64s]:
    """The stream, the first sequence number and the rows int64[n, k] of a batch.

    Raises:
        ValueError: the body contradicts itself.
    """
    if len(body) < HEAD.size:
        raise ValueError("the batch is shorter than its head")
    stream, first, last, count = HEAD.unpack_from(body)
    if count == 0 or last - first + 1 != count or last > MAX_SEQ:
        raise ValueError("the sequence numbers contradict the number of rows")
    width, odd = divmod(len(body) - HEAD.size, 8 * count)
    if odd or width == 0:
        raise ValueError("the columns contradict the number of rows")
    deltas = np.frombuffer(body, "<u8", offset=HEAD.size).reshape(width, count)
    rows = np.cumsum(deltas, axis=1, dtype=np.uint64).view(np.int64).T
    return stream, first, rows
