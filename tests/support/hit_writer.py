"""Writes hits one by one until it is killed: ``python -m support.hit_writer RECORDING ACKS``.

Hit n is due at n ns and done when it was handed over. After each hand-over the file ACKS, shared
memory that survives the kill, holds the number of hits handed over, the times of the first and of
the last, and the longest time between two: how badly the scheduler treated us.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path

import numpy as np

from heapwise.model.load import Hits
from heapwise.record.store import RecordingWriter
from support.recordings import manifest

ACKS = struct.Struct("<QQQQ")
"""Hits handed over, CLOCK_MONOTONIC of the first and of the last, longest gap in ns."""

PERIOD_S = 0.001


def main(recording: Path, acks: Path) -> None:
    """Write about a thousand hits a second, for a minute at most."""
    with acks.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), ACKS.size)
    writer = RecordingWriter.create(recording, manifest())
    row = np.zeros((1, len(Hits.columns())), np.int64)
    longest = first = 0
    last = time.monotonic_ns()
    for number in range(60_000):
        row[0, 0] = number
        row[0, 4] = now = time.monotonic_ns()
        writer.hits(Hits.from_rows(row))
        first = first or now
        longest, last = max(longest, now - last), now
        ACKS.pack_into(memory, 0, number + 1, first, now, longest)
        time.sleep(PERIOD_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
