"""Whether the collector still matters once a rival is given its due.

A machine without a processor to spare makes everything slow, a concurrent mark as well: the mark
takes longer, and so covers more of the slow hits than chance would have it, without being at
fault. Inside the time in which the rival was active, chance has the same stretched marks. If the
collector covers no more of the slow hits than that, the rival explains them alone.
"""

from __future__ import annotations

import numpy as np

from heapwise.analysis.tail.activity import Activity
from heapwise.analysis.tail.intervals import LEAST_HITS
from heapwise.analysis.tail.measured import MeasuredTime
from heapwise.analysis.tail.permutation import Evidence, Sample, evidence
from heapwise.analysis.tail.verdict import FULL


def inside(sample: Sample, suspect: Activity, rival: Activity, run_id: str) -> Evidence | None:
    """The evidence against a suspect, from the time alone in which a rival was active.

    Returns:
        None where too few slow hits are in it, or the suspect was active nearly all the while.
    """
    windows = rival.windows()
    time = MeasuredTime(
        np.array([start for start, _, _ in windows], np.float64),
        np.array([end for _, end, _ in windows], np.float64),
    )
    ends = sample.begins + sample.lengths
    middle = (sample.begins + ends) / 2
    index = np.searchsorted(time.starts, middle, side="right") - 1
    kept = (index >= 0) & (middle <= time.ends[index]) if len(time.starts) else index >= 0
    if np.count_nonzero(kept) < LEAST_HITS:
        return None
    begins, lengths = (
        time.at(sample.begins[kept]),
        time.at(ends[kept]) - time.at(sample.begins[kept]),
    )
    excess = np.maximum(np.minimum(sample.excess[kept], lengths), 1.0)
    cut = Sample.of(sample.rows[kept], begins, lengths, excess, time.length, run_id)
    found = evidence(cut, Activity.of(suspect.windows(), time))
    return found if found.expected_cover < FULL else None
