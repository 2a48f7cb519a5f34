"""Read the trace that is named, every event of it, and print how many there are of each kind."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from heapwise.formats.exectrace import open_trace
from heapwise.model.exectrace import EventKind

found: Counter[int] = Counter()
with Path(sys.argv[1]).open("rb") as source:
    stream = open_trace(source)
    for part in stream:
        kinds, counts = np.unique(part.events.kind, return_counts=True)
        found.update(dict(zip(kinds.tolist(), counts.tolist(), strict=True)))
assert stream.damage is None, stream.damage
assert stream.disordered == 0
print(sum(found.values()), found[EventKind.GC_BEGIN])
