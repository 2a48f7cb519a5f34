"""The machines that made a load together."""

from __future__ import annotations

import msgspec


class ClusterWorker(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, and how it fared. Its warm-up is in no figure.

    Attributes:
        address: of the worker, as the scheduler knows it.
        host: its machine's name.
        clock_ns: how far its wall clock is ahead of the one of the machine that asks.
        clock_error_ns: how far off ``clock_ns``, and its times in the report, may be: half of the
            shortest round trip.
        drift_ns: how far its clock went ahead of ours during the run.
        sent: hits that it sent, as far as they are known.
        unknown: hits of which nobody knows what became, as the worker was lost.
        lag_p99: 99th percentile of its generator's delay, ns; None without hits.
        cpu_share: CPU of its generator over the time that passed; None where it did not tell.
        lost: why it did not come to the end; empty where it did.
    """

    address: str
    host: str
    clock_ns: int
    clock_error_ns: int
    drift_ns: int = 0
    sent: int = 0
    unknown: int = 0
    lag_p99: float | None = None
    cpu_share: float | None = None
    lost: str = ""
