"""What only ``heapwise load`` takes: the rest of vegeta's flags."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import msgspec

from heapwise.cli.cluster_load import ClusterOptions
from heapwise.cli.kinds import MAX_COUNT
from heapwise.cli.planning import PlanOptions, build_plan, completed, reachable, settle
from heapwise.cli.target_files import stream_targets
from heapwise.cli.target_stream import Supply, TargetStream
from heapwise.cli.transport import REACH_OPTIONS, lead
from heapwise.errors import TargetError, UsageError
from heapwise.formats.endpoints import endpoint_of
from heapwise.formats.targets import parse_header
from heapwise.load.choose import needs_curl
from heapwise.load.easy import NAME_HEADER
from heapwise.model.load import Plan, Target
from heapwise.model.schedules import Saturate

ATTACK_OPTIONS = (
    *REACH_OPTIONS, "lazy", "dns-ttl", "workers", "max-workers", "name", "prometheus-addr",
    "prometheus-wait", "max-queue",
)  # fmt: skip
"""Their names in the option table."""

_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class AttackOptions(PlanOptions, ClusterOptions):
    """All options that make the plan of ``heapwise load``, as click passes them."""

    connect_to: tuple[str, ...]
    unix_socket: Path | None
    lazy: bool
    dns_ttl: int
    workers: int | None
    max_workers: int | None
    name: str
    prometheus_addr: tuple[str, int] | None
    prometheus_wait: int
    max_queue: int


def build_attack(
    target: tuple[str, ...], options: AttackOptions, tell: Callable[[str], object]
) -> tuple[Plan, Supply]:
    """The plan of ``heapwise load``; see `heapwise.cli.planning.build_plan`.

    Vegeta's workers each carry one request at a time, so a limit on them is a limit on
    connections. Those it starts with send nothing by themselves, and here there are none.

    Args:
        target: words of the command line.
        options: as click passes them.
        tell: shows where targets lead that come later.

    Returns:
        the plan, and where its targets come from.

    Raises:
        TargetError: a target is malformed, or leads where no load may go.
        UsageError: an option is wrong.
    """
    options["connections"] = _in_flight(options["connections"], options["max_workers"])
    if options["name"]:
        parse_header(f"{NAME_HEADER}: {options['name']}")
    closed = Event()
    coming = _coming(target, options, closed) if options["lazy"] else iter(())
    plan = build_plan(target, options, pin=False, first=next(coming, None))
    transport = lead(
        plan.transport,
        plan.targets,
        connect_to=options["connect_to"],
        unix_socket=options["unix_socket"],
        all_known=not plan.streamed,
    )
    plan = msgspec.structs.replace(
        plan, transport=transport, name=options["name"], queue_limit=options["max_queue"]
    )
    plan = settle(plan, options)
    if not plan.streamed:
        return plan, Supply(plan)
    rest = map(completed(options), coming)
    return plan, TargetStream(plan, rest, _judge_of(plan, options, tell), closed)


def _coming(words: tuple[str, ...], options: AttackOptions, closed: Event) -> Iterator[Target]:
    """Targets as they are read, until somebody sets ``closed``."""
    if options["cluster"] is not None:
        raise UsageError("-lazy reads targets here, and --cluster sends them elsewhere")
    if options["warmup"]:
        raise UsageError("-lazy sends each target once, and -warmup would send some twice")
    if isinstance(options["rate"], Saturate):
        raise UsageError("-lazy sends each target once, and a closed loop has no number of them")
    return stream_targets(
        words, options["targets"], options["target_format"], lambda: not closed.is_set()
    )


def _judge_of(
    plan: Plan, options: AttackOptions, tell: Callable[[str], object]
) -> Callable[[Target], dict[str, str]]:
    """Whether a target that comes later may be sent, and where it leads if that is new."""
    known = set(plan.addresses)

    def judge(target: Target) -> dict[str, str]:
        own = msgspec.structs.replace(plan, targets=(target,))
        if plan.engine == "native" and (reason := needs_curl(own)):
            raise TargetError(
                f"{target.url}: the load began with an engine that has no {reason}",
                hint="add --engine curl",
            )
        if endpoint_of(target.url) in known:
            return {}
        addresses = reachable(own, options)
        for endpoint in addresses.keys() - known:
            tell(f"{endpoint} is {addresses[endpoint]}")
        known.update(addresses)
        return addresses

    return judge


def _in_flight(connections: int, workers: int | None) -> int:
    """The smaller limit, 0 for none; vegeta writes its lack of one as 18446744073709551615."""
    limits = [limit for limit in (connections, workers) if limit and limit <= MAX_COUNT]
    return min(limits, default=0)


def tell_where(plan: Plan, tell: Callable[[str], object]) -> None:
    """Say where the load goes, and that it goes there straight."""
    if plan.transport.unix_socket:
        tell(f"everything goes to {plan.transport.unix_socket}")
    for endpoint, address in plan.addresses.items():
        tell(f"{endpoint} is {address}")
    far = [text for text in plan.addresses.values() if not ipaddress.ip_address(text).is_loopback]
    proxy = next((name for name in _PROXIES if os.environ.get(name)), None)
    if far and proxy:
        tell(f"{proxy} is not used: load goes straight to the addresses above")
