"""``heapwise load --cluster``: a driver of many machines in the place of that of this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict

from heapwise.cli.output import note
from heapwise.errors import UsageError
from heapwise.load.cluster.scheduler import Scheduler, check_scheduler
from heapwise.load.driver import LoadDriver
from heapwise.model.cluster import ClusterWorker
from heapwise.model.load import Plan

if TYPE_CHECKING:
    from heapwise.load.cluster.driver import ClusterDriver

CLUSTER_OPTIONS = ("cluster", "cluster-ca", "cluster-cert", "cluster-key")
"""Their names in the option table."""


class Sender(Protocol):
    """Makes the driver of a run, given its zero."""

    def __call__(self, *, zero_ns: int) -> LoadDriver | ClusterDriver:
        """The driver, with its generators started."""
        ...


class ClusterOptions(TypedDict):
    """The options of a cluster, as click passes them."""

    cluster: str | None
    cluster_ca: Path | None
    cluster_cert: Path | None
    cluster_key: Path | None


def scheduler_of(options: ClusterOptions) -> Scheduler | None:
    """The scheduler that was asked for, once it may be trusted; None for this machine alone.

    Raises:
        UsageError: it may not, or files were given and no cluster.
    """
    files = (options["cluster_ca"], options["cluster_cert"], options["cluster_key"])
    if options["cluster"] is None:
        if any(files):
            raise UsageError("certificates of a cluster, and no --cluster")
        return None
    return check_scheduler(Scheduler(options["cluster"], *files))


def driver_for(
    plan: Plan, scheduler: Scheduler | None, *, zero_ns: int, allow_remote: bool
) -> LoadDriver | ClusterDriver:
    """What sends the plan: this machine, or the cluster.

    Raises:
        UsageError: Dask is not installed, or a worker must not send the plan.
        HeapwiseError: the cluster cannot be used.
    """
    if scheduler is None:
        return LoadDriver(plan, zero_ns=zero_ns)
    try:
        from heapwise.load.cluster.driver import ClusterDriver  # noqa: PLC0415 - an extra, and slow
    except ModuleNotFoundError:
        raise UsageError(
            "the cluster needs heapwise[cluster]", hint="pip install 'heapwise[cluster]'"
        ) from None
    driver = ClusterDriver(plan, scheduler, zero_ns=zero_ns, allow_remote=allow_remote)
    for name, addresses in driver.addresses.items():
        for endpoint, address in addresses.items():
            if address != plan.addresses.get(endpoint):
                note(f"{endpoint} is {address} for worker {name}")
    return driver


def workers_of(driver: LoadDriver | ClusterDriver) -> tuple[ClusterWorker, ...]:
    """The machines that sent; none where it was this one."""
    return () if isinstance(driver, LoadDriver) else driver.workers
