"""Whatever goes wrong on the way to a target is named, costs only that scrape, and passes.

A real service of each runtime answers through a proxy that fails in one way at a time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from heapwise.analysis.stretch import between
from heapwise.errors import ServiceError
from heapwise.model.watch import Health, Target
from heapwise.runtimes.access import ANYONE
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.clock import SteadyClock
from heapwise.watch.scrape import Scraper, ScrapeSettings, health_of, scraper_for
from support import faults
from support.fault_proxy import DOWN, FaultProxy, fault_proxy
from support.goservice import build_and_start
from support.pyservice import start_service

SLOW = ("latency", "bandwidth", "timeout", "drip_header")
"""Faults that last as long as the deadline."""

UNNOTICED = {"slicer", "slow_close", "hostile_names"}
"""Faults that a scrape must bear."""

NAMED = {
    **dict.fromkeys(SLOW, (Health.DOWN, "did not answer in full within 500 ms")),
    DOWN: (Health.DOWN, "nothing listens at"),
    "close_at_once": (Health.DOWN, "closed the connection without an answer"),
    "reset_peer": (Health.DOWN, "broke the connection"),
    "limit_data": (Health.STRANGE, "broke off in the middle"),
    "length_too_long": (Health.STRANGE, "broke off in the middle"),
    "length_of_a_terabyte": (Health.STRANGE, "sends too much"),
    "endless_chunks": (Health.STRANGE, "sends too much"),
    "endless_headers": (Health.STRANGE, "more than 100 headers"),
    "broken_chunks": (Health.STRANGE, "no sane HTTP answer"),
    "not_http": (Health.STRANGE, "no sane HTTP answer"),
    "unauthorized": (Health.STRANGE, "answered 401"),
    "forbidden": (Health.STRANGE, "answered 403"),
    "not_found": (Health.STRANGE, "answered 404"),
    "not_allowed": (Health.STRANGE, "answered 405"),
    "busy": (Health.STRANGE, "already in use"),
    "no_content": (Health.STRANGE, "answered 204"),
    "empty": (Health.STRANGE, "the answer is empty"),
    "html_200": (Health.STRANGE, "a web page"),
    "html_in_disguise": (Health.STRANGE, "a web page"),
    "wrong_type": (Health.STRANGE, "no metrics of one process"),
    "redirect_elsewhere": (Health.STRANGE, "redirects to another place"),
    "redirect_to_file": (Health.STRANGE, "redirects to another place"),
    "redirect_forever": (Health.STRANGE, "redirects in circles"),
    "compressed_and_cut": (Health.STRANGE, "compressed body ends early"),
    "compressed_garbage": (Health.STRANGE, "compressed body is damaged"),
    "compressed_oddly": (Health.STRANGE, "encoded as 'br'"),
    "bomb": (Health.STRANGE, ""),
    "wrong_types": (Health.STRANGE, "TotalAlloc is"),
    "negative": (Health.STRANGE, "TotalAlloc is '-5'"),
    "not_a_number": (Health.STRANGE, "tells nothing usable"),
}
"""Faults that cost a scrape: what the target is then, and words that name it."""

GONE = [DOWN, "unauthorized", "wrong_types"]
"""Faults that come at once, and that last in one of the tests."""


@pytest.fixture(scope="module", params=[pytest.param("go", marks=pytest.mark.go), "python"])
def proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    with ExitStack() as running:
        start = build_and_start if request.param == "go" else start_service
        service = running.enter_context(start())
        yield running.enter_context(fault_proxy(service.endpoint))


@pytest.fixture(scope="module")
def patient(proxy: FaultProxy) -> Scraper:
    """One scraper that goes through all faults, one after the other."""
    return scraper(proxy.endpoint, 10.0)


@pytest.fixture(scope="module")
def hasty(proxy: FaultProxy) -> Scraper:
    """One that does not wait long."""
    return scraper(proxy.endpoint, 0.5)


def scraper(endpoint: Endpoint, deadline_s: float) -> Scraper:
    target = Target(service="shop", instance="a", url=endpoint.origin)
    return scraper_for(target, ANYONE, ScrapeSettings(deadline_s=deadline_s), SteadyClock())


@pytest.mark.parametrize("name", NAMED)
def test_a_fault_is_named_and_costs_one_scrape(
    proxy: FaultProxy, patient: Scraper, hasty: Scraper, name: str
) -> None:
    """The next one, without the fault, goes on where the last good one was."""
    asking = hasty if name in SLOW else patient
    before = asking.scrape()
    with proxy.suffering(name), pytest.raises(ServiceError) as caught:
        asking.scrape()
    health, words = NAMED[name]
    assert health_of(caught.value) is health
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    found = between(before, asking.scrape())
    assert found is not None
    assert (found.allocated or 0) >= 0


@pytest.mark.parametrize("name", sorted(UNNOTICED))
def test_what_can_be_borne_is_borne(proxy: FaultProxy, patient: Scraper, name: str) -> None:
    """Pieces, a connection that stays open, and names nobody should see cost nothing."""
    before = patient.scrape()
    with proxy.suffering(name):
        found = patient.scrape()
    assert between(before, found) is not None
    assert found.version.isprintable()
    assert found.build.isprintable()


@pytest.mark.parametrize("name", GONE)
def test_a_fault_that_lasts_ends_when_it_is_lifted(proxy: FaultProxy, name: str) -> None:
    """Even after the source was given up and nothing was found in its place."""
    asking = scraper(proxy.endpoint, 10.0)
    before = asking.scrape()
    with proxy.suffering(name):
        for _ in range(4):
            with pytest.raises(ServiceError):
                asking.scrape()
    after = asking.scrape()
    assert after.source is before.source
    assert between(before, after) is not None


@pytest.mark.parametrize("name", GONE)
def test_a_target_may_be_ill_from_the_beginning(proxy: FaultProxy, name: str) -> None:
    """It is asked all the same, and found when it is well."""
    asking = scraper(proxy.endpoint, 10.0)
    with proxy.suffering(name), pytest.raises(ServiceError):
        asking.scrape()
    assert asking.scrape().allocated is not None


def test_counters_that_go_back_are_a_restart(proxy: FaultProxy) -> None:
    """Half of everything: no amount is made of it, and then all goes on."""
    asking = scraper(proxy.endpoint, 10.0)
    whole = asking.scrape()
    with proxy.suffering("counters_backwards"):
        half, quarter = asking.scrape(), asking.scrape()
    assert between(whole, half) is None
    assert between(half, quarter) is not None


SCRAPE_ALL = """
import resource, sys
from heapwise.errors import ServiceError
from heapwise.model.watch import Target
from heapwise.runtimes.access import ANYONE
from heapwise.watch.clock import SteadyClock
from heapwise.watch.scrape import ScrapeSettings, scraper_for

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

before = peak()
for url in sys.argv[1:]:
    target = Target(service="bad", instance=url, url=url)
    scraper = scraper_for(target, ANYONE, ScrapeSettings(), SteadyClock())
    for _ in range(2):
        try:
            scraper.scrape()
        except ServiceError:
            continue
        sys.exit(f"{url} was believed")
print(peak() - before)
"""

HUNGRY = {
    "bomb": faults.FAULTS["bomb"],
    "endless_chunks": faults.FAULTS["endless_chunks"],
    "endless_headers": faults.FAULTS["endless_headers"],
    "length_of_a_terabyte": faults.FAULTS["length_of_a_terabyte"],
    "many_lists": faults.answer("200 OK", b'{"memstats":{"a":[' + b"[]," * (1 << 20) + b"[]]}}"),
    "deep_lists": faults.answer("200 OK", b'{"memstats":{"a":' + b"[" * (1 << 20)),
    "many_lines": faults.answer("200 OK", b"go\n" * (1 << 20)),
    "many_samples": faults.answer(
        "200 OK", b"".join(b"go_%x 1\n" % number for number in range(1 << 18))
    ),
}
"""Answers that are meant to fill memory."""


def test_no_target_fills_the_memory_of_the_watcher() -> None:
    """Eight that try take less than 250 MB together, most of it for a bomb of 64 MiB."""
    with ExitStack() as running:
        urls = [running.enter_context(faults.serve(fault)).origin for fault in HUNGRY.values()]
        done = subprocess.run(
            [sys.executable, "-c", SCRAPE_ALL, *urls],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 250
