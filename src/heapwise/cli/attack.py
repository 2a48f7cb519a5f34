"""What only ``heapwise load`` takes: the rest of vegeta's flags."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import msgspec

from heapwise.cli.cluster_load import ClusterOptions
from heapwise.cli.kinds import MAX_COUNT
from heapwise.cli.output import note
from heapwise.cli.planning import PlanOptions, build_plan, settle
from heapwise.cli.transport import REACH_OPTIONS, lead
from heapwise.errors import UsageError
from heapwise.formats.targets import parse_header
from heapwise.load.easy import NAME_HEADER
from heapwise.model.load import Plan
from heapwise.model.schedules import Saturate

ATTACK_OPTIONS = (
    *REACH_OPTIONS, "lazy", "dns-ttl", "workers", "max-workers", "name", "prometheus-addr",
    "prometheus-wait",
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


def build_attack(target: tuple[str, ...], options: AttackOptions) -> Plan:
    """The plan of ``heapwise load``; see `heapwise.cli.planning.build_plan`.

    Vegeta's workers each carry one request at a time, so a limit on them is a limit on
    connections. Those it starts with send nothing by themselves, and here there are none.

    Raises:
        TargetError: a target is malformed, or leads where no load may go.
        UsageError: an option is wrong.
    """
    options["connections"] = _in_flight(options["connections"], options["max_workers"])
    if options["name"]:
        parse_header(f"{NAME_HEADER}: {options['name']}")
    if options["lazy"]:
        _check_lazy(options)
    plan = build_plan(target, options, pin=False, each_once=options["lazy"])
    transport = lead(
        plan.transport,
        plan.targets,
        connect_to=options["connect_to"],
        unix_socket=options["unix_socket"],
    )
    plan = msgspec.structs.replace(plan, transport=transport, name=options["name"])
    return settle(plan, options)


def _in_flight(connections: int, workers: int | None) -> int:
    """The smaller limit, 0 for none; vegeta writes its lack of one as 18446744073709551615."""
    limits = [limit for limit in (connections, workers) if limit and limit <= MAX_COUNT]
    return min(limits, default=0)


def _check_lazy(options: AttackOptions) -> None:
    if options["warmup"]:
        raise UsageError("-lazy sends each target once, and -warmup would send some twice")
    if isinstance(options["rate"], Saturate):
        raise UsageError("-lazy sends each target once, and a closed loop has no number of them")


def tell_where(plan: Plan) -> None:
    """Say on stderr where the load goes, and that it goes there straight."""
    if plan.transport.unix_socket:
        note(f"everything goes to {plan.transport.unix_socket}")
    for endpoint, address in plan.addresses.items():
        note(f"{endpoint} is {address}")
    far = [text for text in plan.addresses.values() if not ipaddress.ip_address(text).is_loopback]
    proxy = next((name for name in _PROXIES if os.environ.get(name)), None)
    if far and proxy:
        note(f"{proxy} is not used: load goes straight to the addresses above")
