"""What a cluster adds to the reasons why a run cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.load.cluster.clocks import LIMIT_NS
from heapwise.model.cluster import ClusterWorker
from heapwise.model.recording import Problem, Scope
from heapwise.units import format_count, format_duration


def cluster_problems(workers: Iterable[ClusterWorker]) -> tuple[Problem, ...]:
    """A lost worker leaves its part out of every figure; a clock that drifts spoils times."""
    return tuple(problem for worker in workers for problem in _of(worker))


def _of(worker: ClusterWorker) -> Iterable[Problem]:
    name = f"worker {worker.address} on {worker.host}"
    if worker.lost:
        yield Problem(
            scope=Scope.ALL,
            what=f"{name} was lost ({worker.lost}); what became of "
            f"{format_count(worker.unknown)} of its requests is unknown",
            remedy="look into its log, and run again",
        )
    if abs(worker.drift_ns) - 2 * worker.clock_error_ns > LIMIT_NS:
        yield Problem(
            scope=Scope.LATENCY,
            what=f"the clock of {name} moved by {format_duration(abs(worker.drift_ns))} meanwhile",
            remedy="set it by NTP, which slews and does not step",
        )
