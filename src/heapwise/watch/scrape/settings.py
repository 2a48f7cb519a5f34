"""What a service's configuration says of how its targets are read."""

from __future__ import annotations

import msgspec


class ScrapeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to read the targets of a service.

    Attributes:
        requests: the counter of units of work: a metric, whose label sets are added up, or on
            expvar's page the path to a number. Without one a service may announce its own.
        build_label: the label that tells builds apart: of the target, else of a ``*build_info``
            metric; empty for what the build itself tells.
        limit: bytes of memory beyond which a target is killed, where it does not tell itself.
        deadline_s: for all that one scrape asks for.
        max_bytes: longest page: some ten thousand lines. Of the heap profile, which may be
            longer, little is kept.
    """

    requests: str = ""
    build_label: str = ""
    limit: float | None = None
    deadline_s: float = 10.0
    max_bytes: int = 4 << 20
