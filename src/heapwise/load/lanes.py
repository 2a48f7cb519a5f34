"""Where hits go, lane by lane: a target, and one of the places its connections lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pycurl

from heapwise.load.bodies import KeptBody
from heapwise.load.easy import make_handle
from heapwise.load.transport import multiplexes, turns
from heapwise.model.load import Plan, Target


@dataclass(slots=True, eq=False)
class Lane:
    """What the hits of one target to one place have in common.

    Attributes:
        target: index into the plan's targets.
        template: what to send, ready to be copied.
        body_length: bytes that each of these requests sends.
        shares: a connection may carry several of these requests at once, as far as is known.
        idle: transfers that ended, the one used last at the end.
    """

    target: int
    template: pycurl.Curl
    body_length: int
    shares: bool
    idle: list[Transfer] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Transfer:
    """A handle and the hit it carries; when idle, the hit it carried last."""

    handle: pycurl.Curl
    lane: Lane
    number: int = 0
    intended: int = 0
    ready: int = 0
    sent: int = 0
    kept: KeptBody | None = None
    dials: bool = False


class Lanes:
    """The lanes of a plan, made when they are needed: of many targets few may have their turn."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._targets = list(plan.targets)
        self._of_target: dict[int, list[Lane]] = {}
        self._idle = 0

    @property
    def targets(self) -> int:
        """How many targets there are."""
        return len(self._targets)

    def add(self, targets: tuple[Target, ...], addresses: dict[str, str]) -> None:
        """Take targets that follow those before, and the addresses of new endpoints."""
        self._targets += targets
        known = self._plan.addresses | addresses
        self._plan = msgspec.structs.replace(self._plan, addresses=known)

    def lane(self, target: int, turn: int) -> Lane:
        """The lane of a target's hit number ``turn``."""
        lanes = self._of_target.get(target)
        if lanes is None:
            lanes = list(_lanes(self._plan, target, self._targets[target]))
            self._of_target[target] = lanes
        return lanes[turn % len(lanes)]

    def take(self, lane: Lane) -> Transfer:
        """The transfer of a lane that was used last, as its connection is the warmest."""
        self._idle -= 1
        return lane.idle.pop()

    def give_back(self, transfer: Transfer) -> None:
        """A transfer ended, and waits for another hit."""
        self._idle += 1
        transfer.lane.idle.append(transfer)

    def any_idle(self) -> bool:
        """True where a transfer waits for another hit, in any lane."""
        return self._idle > 0

    def clear(self) -> None:
        """Forget every transfer."""
        self._of_target.clear()
        self._idle = 0


def _lanes(plan: Plan, target: int, template: Target) -> Iterator[Lane]:
    shares = plan.keepalive and multiplexes(template.url, plan.transport)
    for turn in range(turns(template.url, plan.transport)):
        handle = make_handle(template, plan, turn)
        yield Lane(target, handle, len(template.body), shares)
