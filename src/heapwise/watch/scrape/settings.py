"""What a service's configuration says of how its targets are read."""

from __future__ import annotations

import msgspec

from heapwise.units import NS_PER_S

TASKS_EVERY_S = 50.0
"""Before scaling: every fourth of readings that are 15 s apart, also where one comes early."""


class ScrapeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to read the targets of a service.

    Attributes:
        requests: the counter of units of work: a metric, whose label sets are added up, or on
            expvar's page the path to a number. Without one a service may announce its own.
        build_label: the label that tells builds apart: of the target, else of a ``*build_info``
            metric; empty for what the build itself tells.
        limit: bytes of memory beyond which a target is killed, where it does not tell itself.
        deadline_s: for all that one scrape asks for.
        tasks_every_ns: how old the number of goroutines may become where the index page has to be
            asked for it; the detectors' bins are at least six times as long.
        max_bytes: longest page: some ten thousand lines. Of the heap profile, which may be
            longer, little is kept.
    """

    requests: str = ""
    build_label: str = ""
    limit: float | None = None
    deadline_s: float = 10.0
    tasks_every_ns: int = round(TASKS_EVERY_S * NS_PER_S)
    max_bytes: int = 4 << 20
