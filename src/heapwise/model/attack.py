"""What vegeta's reports say of the hits of a load."""

from __future__ import annotations

import msgspec


class Latencies(
    msgspec.Struct,
    frozen=True,
    rename={"p50": "50th", "p90": "90th", "p95": "95th", "p99": "99th"},
):
    """Ns. Vegeta's quantiles are estimates of a t-digest; ours are exact (nearest rank)."""

    total: int
    mean: int
    p50: int
    p90: int
    p95: int
    p99: int
    max: int
    min: int


class Flow(msgspec.Struct, frozen=True):
    """Bytes of bodies, altogether and per request."""

    total: int
    mean: float


class AttackReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Vegeta's JSON report, field for field, in its order.

    Attributes:
        buckets: hits by the lower bound of their bucket, ns as text; only when asked for.
        earliest: timestamp of the first hit, RFC 3339.
        latest: timestamp of the last.
        end: when the last response ended.
        duration: from earliest to latest, ns.
        wait: from latest to end, ns.
        rate: requests per second of the duration.
        throughput: successes per second until the end.
        success: share of responses with a status from 200 to 399.
        status_codes: requests per status; 0 is no response.
        errors: what went wrong, each once.
    """

    latencies: Latencies
    buckets: dict[str, int] | None = None
    bytes_in: Flow
    bytes_out: Flow
    earliest: str
    latest: str
    end: str
    duration: int
    wait: int
    requests: int
    rate: float
    throughput: float
    success: float
    status_codes: dict[str, int]
    errors: tuple[str, ...]


class Bucket(msgspec.Struct, frozen=True):
    """A row of a histogram.

    Attributes:
        low: the least latency in it, ns.
        high: the least beyond it, ns; None where there is no bound.
        count: hits.
    """

    low: int
    high: int | None
    count: int


class Percentile(msgspec.Struct, frozen=True):
    """A row of a percentile distribution.

    Attributes:
        share: of all hits, from 0 to 1.
        value: the latency that this share does not exceed, ns.
        count: how many hits the share is.
    """

    share: float
    value: int
    count: int
