"""Two builds of a real Go service side by side: the one that allocates more is told."""

from __future__ import annotations

import time
from contextlib import ExitStack

import msgspec
import pytest

from heapwise.analysis.stretch import between
from heapwise.model.comparison import Verdict
from heapwise.model.watch import Target, Vitals
from heapwise.runtimes.access import ANYONE
from heapwise.watch.clock import SteadyClock
from heapwise.watch.deploys import Deploys, Judgement
from heapwise.watch.scale import Scale
from heapwise.watch.scrape import ScrapeSettings, scraper_for
from support.goservice import GoService
from support.watchservice import binary, start

pytestmark = [pytest.mark.go, pytest.mark.load]

SCALE = Scale(1 / 75)
"""Ten minutes are eight seconds."""

TICK_S = 0.2
"""Between two readings: what is asked for in a second is the same for all, and all the time."""


class Watched:
    """One instance of a service."""

    def __init__(self, name: str, build: str, service: GoService, clock: SteadyClock) -> None:
        self.service, self.build = service, build
        where = f"127.0.0.1:{service.endpoint.port}"
        self.target = Target(service=name, instance=where, url=f"http://{where}")
        settings = ScrapeSettings(requests="requests")
        self.scraper = scraper_for(self.target, ANYONE, settings, clock)
        self.last: Vitals | None = None

    def see(self, deploys: Deploys) -> None:
        """Some requests, and a reading."""
        for _ in range(5):
            self.service.call("/work")
        vitals = msgspec.structs.replace(self.scraper.scrape(), build=self.build)
        stretch = between(self.last, vitals) if self.last is not None else None
        assert self.last is None or stretch is not None
        deploys.seen(self.target, vitals, stretch)
        self.last = vitals


@pytest.fixture(scope="module")
def judgements() -> dict[str, Judgement]:
    """What the first age says of two services, by name: ``worse`` got a build that allocates half
    as much again per request, ``same`` the old one under a new name.
    """
    for build, size in (("v1", 200_000), ("v2", 200_000), ("v2", 300_000)):
        binary(build, size)  # before any of them begins to age
    clock, deploys = SteadyClock(), Deploys(SCALE)
    found: dict[str, Judgement] = {}
    with ExitStack() as stack:
        instances = [
            Watched(name, build, stack.enter_context(start(build, size)), clock)
            for name, after in (("worse", 300_000), ("same", 200_000))
            for build, size in (("v1", 200_000), ("v2", after))
        ]
        end = time.monotonic() + 20
        while len(found) < 2 and time.monotonic() < end:
            for each in instances:
                each.see(deploys)
            time.sleep(-time.monotonic() % TICK_S)
            found |= {each.deploy.service: each for each in deploys.judged(clock.now_ns())}
    return found


def test_a_build_that_allocates_more_per_request_is_worse(
    judgements: dict[str, Judgement],
) -> None:
    """Half as many bytes again per request: the sign says so, with both amounts."""
    found = judgements["worse"]
    row = next(row for row in found.rows if row.metric == "bytes/work")
    assert row.verdict is Verdict.WORSE, row.why
    assert found.sign is not None
    assert "more B/req" in found.sign.summary
    assert found.deploy.before == "v1"


def test_the_same_program_under_another_name_is_not_worse(
    judgements: dict[str, Judgement],
) -> None:
    """A build that changes nothing is told to allocate no more."""
    row = next(row for row in judgements["same"].rows if row.metric == "bytes/work")
    assert row.verdict in {Verdict.SAME, Verdict.UNDECIDED}, row
