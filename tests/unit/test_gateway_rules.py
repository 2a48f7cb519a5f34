"""What rules know of a gateway by its call paths: clients made anew, JSON as dictionaries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import examine
from heapwise.model.finding import Finding
from heapwise.model.work import PerWork, Work
from support.profiles import RATE, Sample, profile

REQUESTS = 1_000
SITE = "/srv/venv/lib/python3.12/site-packages"
LIB = "/usr/lib/python3.12"
LOOP = (
    f"aiohttp.web_protocol.RequestHandler.start ({SITE}/aiohttp/web_protocol.py:680)",
    f"asyncio.events.Handle._run ({LIB}/asyncio/events.py:88)",
    f"asyncio.runners.Runner.run ({LIB}/asyncio/runners.py:118)",
)
MADE = f"aiohttp.client.ClientSession.__init__ ({SITE}/aiohttp/client.py:430)"
CLOSED = f"aiohttp.client.ClientSession.close ({SITE}/aiohttp/client.py:1593)"
LEFT = f"aiohttp.client.ClientSession.__aexit__ ({SITE}/aiohttp/client.py:1727)"
DIALLED = (
    f"aiohttp.connector.BaseConnector.connect ({SITE}/aiohttp/connector.py:665)",
    f"aiohttp.client.ClientSession._request ({SITE}/aiohttp/client.py:900)",
)
OWN = ("app.stock (/srv/app.py:12)", *LOOP)
INSIDE = ("app.answer (/srv/app.py:16)", *LOOP)
THEIRS = (f"rates.api.today ({SITE}/rates/api.py:9)", *OWN)
READ = (f"json.decoder.JSONDecoder.raw_decode ({LIB}/json/decoder.py:355)",
        f"json.loads ({LIB}/json/__init__.py:346)")  # fmt: skip
WRITTEN = (f"json.encoder.JSONEncoder.encode ({LIB}/json/encoder.py:202)",
           f"json.dumps ({LIB}/json/__init__.py:238)")  # fmt: skip


def objects(count: int, size: int, stack: Sequence[str], times: int = REQUESTS) -> Sample:
    """So many objects each time, as a sampler would have seen them on average, in whole events."""
    seen = -math.expm1(-size / RATE)
    space = round(round(count * times * seen) * size / seen)
    return Sample(tuple(stack), (round(space / size), space), {"bytes": size})


def found(*samples: Sample) -> list[Finding]:
    """The findings where a framework makes 300 KB and 100 objects for each request besides."""
    floor = objects(100, 3_000, (f"aiohttp.http.f ({SITE}/aiohttp/http.py:1)", *LOOP))
    heap = profile([*samples, floor])
    total, count = heap.column("alloc_space").sum(), heap.column("alloc_objects").sum()
    costs = PerWork(Work("req", REQUESTS), total / REQUESTS, count / REQUESTS, 0.0, 0.0)
    return list(examine(Case.of(heap, None, costs, runtime="python", version="3.12.1")))


def clients(samples: Iterable[Sample]) -> list[Finding]:
    """Those of a client per request."""
    return [finding for finding in found(*samples) if finding.code == "HW903"]


PER_REQUEST = (
    objects(40, 125, (MADE, *OWN)),
    objects(40, 125, (CLOSED, LEFT, *OWN)),
    objects(200, 100, (*DIALLED, *OWN)),
)


def test_a_session_for_every_request_is_found_with_its_connections() -> None:
    """Making, dialling and closing are one finding, where it is made, and all of it goes."""
    (finding,) = clients(PER_REQUEST)
    assert finding.title == "app.stock makes a new aiohttp.ClientSession for every call"
    assert finding.where == "app.stock (/srv/app.py:12)"
    assert "aiohttp.ClientSession()" in finding.remedy
    assert finding.gain_bytes_per_work == pytest.approx(30_000, rel=0.15)
    assert finding.gain_allocs_per_work == pytest.approx(280, rel=0.15)


def test_two_functions_that_make_clients_are_two_findings() -> None:
    """Each has its own line, and nobody's connections are charged to the other."""
    twice = [*PER_REQUEST, *(objects(60, 200, (frame, *INSIDE)) for frame in (MADE, CLOSED))]
    assert {finding.where for finding in clients(twice)} == {
        "app.stock (/srv/app.py:12)",
        "app.answer (/srv/app.py:16)",
    }


def test_a_dependency_that_makes_clients_is_named() -> None:
    """It is the package's doing, and the finding says whose."""
    ours = len(OWN)
    samples = [
        Sample((*each.stack[:-ours], *THEIRS), each.values, each.labels) for each in PER_REQUEST
    ]
    (finding,) = clients(samples)
    assert finding.module == "rates"
    assert finding.where == "rates.api.today (rates/api.py:9)"


@pytest.mark.parametrize("library", ["requests.sessions.Session", "httpx._client.AsyncClient"])
def test_clients_of_other_libraries_are_known(library: str) -> None:
    """By what runs once in the life of each."""
    package = library.partition(".")[0]
    made = f"{library}.__init__ ({SITE}/{package}/code.py:60)"
    (finding,) = clients([objects(120, 80, (made, *OWN)), objects(150, 90, (made, *OWN))])
    assert finding.where == "app.stock (/srv/app.py:12)"
    assert f"{package}.{library.rpartition('.')[2]}()" in finding.remedy


@pytest.mark.parametrize(
    "samples",
    [
        PER_REQUEST[2:],
        [objects(2, 800, (MADE, *OWN)), *PER_REQUEST[2:]],
        [objects(3, 4_000, (MADE, *OWN), times=200), *PER_REQUEST[2:]],
        [objects(1, 2_800, (MADE, *OWN)), objects(1, 2_800, (CLOSED, *OWN))],
    ],
    ids=["dialled only", "three samples", "made now and then", "next to nothing"],
)
def test_a_client_that_is_kept_is_no_finding(samples: Sequence[Sample]) -> None:
    """Connections are lost, chance made three samples, few requests make one, or it is cheap."""
    assert clients(samples) == []


def json_findings(*samples: Sample) -> list[Finding]:
    """Those of JSON as dictionaries."""
    return [finding for finding in found(*samples) if finding.code == "HW902"]


def test_reading_and_writing_in_one_function_is_one_finding() -> None:
    """One change mends both, so it is one finding, with both remedies and the sum of the gains."""
    (both,) = json_findings(objects(1000, 90, (*READ, *OWN)), objects(800, 200, (*WRITTEN, *OWN)))
    assert both.title.endswith("of all objects are spent on reading and writing JSON")
    assert "msgspec.Struct" in both.remedy
    assert "msgspec.json.encode" in both.remedy
    assert both.gain_bytes_per_work == pytest.approx(90_000 * 0.6 + 160_000 * 0.85, rel=0.1)


def test_reading_and_writing_in_two_functions_are_two_findings() -> None:
    """Each is found where it is asked for, with its own remedy alone."""
    read, written = sorted(
        json_findings(objects(1000, 90, (*READ, *OWN)), objects(800, 200, (*WRITTEN, *INSIDE))),
        key=lambda finding: finding.title.partition("on ")[2],
    )
    assert read.where == "app.stock (/srv/app.py:12)"
    assert "encode" not in read.remedy
    assert written.where == "app.answer (/srv/app.py:16)"
    assert "Struct" not in written.remedy


@pytest.mark.parametrize(("count", "size", "what"), [(20, 20_000, "bytes"), (2_000, 60, "objects")])
def test_a_share_is_a_share_of_what_it_says(count: int, size: int, what: str) -> None:
    """Few large blocks are a share of the bytes, many small ones of the objects."""
    (finding,) = json_findings(objects(count, size, (*READ, *OWN)))
    assert f"of all {what} are spent on reading JSON" in finding.title
    assert finding.evidence is not None
    shares = {"bytes": finding.evidence.bytes_share, "objects": finding.evidence.allocs_share}
    assert finding.title.startswith(f"{shares[what].value * 100:.1f} %")
