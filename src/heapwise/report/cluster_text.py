"""The machines that made a load together, as text: one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.cluster import ClusterWorker
from heapwise.names import visible
from heapwise.units import format_count, format_duration, format_share

_WIDTH = 48
_HEADS = ("clock", "±", "sent", "lag p99", "CPU")


def cluster_table(workers: Sequence[ClusterWorker]) -> Iterable[str]:
    """A table of the workers, as lines; nothing where there are none."""
    if not workers:
        return
    names = [visible(f"{worker.host} {worker.address}") for worker in workers]
    width = min(_WIDTH, max(map(len, names)))
    yield f"{'worker':<{width}}" + "".join(f"{head:>11}" for head in _HEADS)
    for name, worker in zip(names, workers, strict=True):
        sign = "+" if worker.clock_ns > 0 else "−" if worker.clock_ns < 0 else ""
        cells = [
            sign + format_duration(abs(worker.clock_ns)),
            format_duration(worker.clock_error_ns),
            format_count(worker.sent),
            "–" if worker.lag_p99 is None else format_duration(worker.lag_p99),
            "–" if worker.cpu_share is None else format_share(worker.cpu_share),
        ]
        shown = name if len(name) <= width else name[: width - 1] + "…"
        end = "   lost" if worker.lost else ""
        yield f"{shown:<{width}}" + "".join(f"{cell:>11}" for cell in cells) + end
