"""Clients of Python in call paths: where one is made, and what is allocated for it alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from heapwise.analysis.allocation import CallSite, Path
from heapwise.analysis.frames import Frame
from heapwise.diagnose.case import Case, value

ONE_SHOT = ("requests.api.", "httpx._api.")
"""Functions that make a client for one answer, and throw it away themselves."""

_MAKING = {
    "aiohttp.client.ClientSession.__init__": "aiohttp.ClientSession",
    "aiohttp.client.ClientSession.close": "aiohttp.ClientSession",
    "httpx._client.AsyncClient.__init__": "httpx.AsyncClient",
    "httpx._client.AsyncClient.aclose": "httpx.AsyncClient",
    "httpx._client.AsyncClient.__aexit__": "httpx.AsyncClient",
    "httpx._client.Client.__init__": "httpx.Client",
    "httpx._client.Client.close": "httpx.Client",
    "httpx._client.Client.__exit__": "httpx.Client",
    "requests.sessions.Session.__init__": "requests.Session",
    "requests.sessions.Session.close": "requests.Session",
}
"""What runs once in the life of a client: the client by the function."""

_DIALLING = {
    "aiohttp.connector.BaseConnector.connect": "aiohttp.ClientSession",
    "httpcore._async.connection.AsyncHTTPConnection._connect": "httpx.AsyncClient",
    "httpcore._sync.connection.HTTPConnection._connect": "httpx.Client",
    "urllib3.connectionpool.HTTPConnectionPool._new_conn": "requests.Session",
    "urllib3.connectionpool.HTTPSConnectionPool._new_conn": "requests.Session",
}
"""Where a client takes or makes a connection: of a client that is new, one that is made for it."""

_FEW_HITS = 4
"""Making a client takes about 10 KB. Four samples, 512 KiB apart, are those of a single one in less
than one of a hundred million runs."""

_OBJECTS = 1
"""Made per unit of work, at the least: a client takes 70 objects and more, so from here on one is
made for every 70th."""


@dataclass(frozen=True, slots=True)
class Made:
    """One function that makes clients again and again.

    Attributes:
        client: what it makes: ``aiohttp.ClientSession``.
        caller: where it does.
        sites: the call paths of making, dialling and closing.
    """

    client: str
    caller: Frame
    sites: tuple[CallSite, ...]


def made(case: Case) -> Iterable[Made]:
    """Every function of the service, or of a dependency that uses clients, that makes them so."""
    making: dict[tuple[str, str, str], list[tuple[Frame, CallSite]]] = defaultdict(list)
    dialling: dict[tuple[str, str, str], list[CallSite]] = defaultdict(list)
    for site in case.spent.sites:
        if any(frame.function.startswith(ONE_SHOT) for frame in site.path):
            continue
        for names, take in ((_MAKING, True), (_DIALLING, False)):
            index = _outermost(site.path, names)
            if index is None:
                continue
            client = names[site.path[index].function]
            caller = _caller(case, site.path[index:], client.partition(".")[0])
            if caller is not None and take:
                making[client, caller.function, caller.file].append((caller, site))
            elif caller is not None:
                dialling[client, caller.function, caller.file].append(site)
            break
    for key, found in making.items():
        if _often(case, [site for _, site in found]):
            heaviest = max(found, key=lambda each: each[1].weight.size)[0]
            yield Made(key[0], heaviest, (*(site for _, site in found), *dialling[key]))


def _outermost(path: Path, names: Iterable[str]) -> int | None:
    """The frame nearest to the root that is one of these."""
    return next((i for i in reversed(range(len(path))) if path[i].function in names), None)


def _caller(case: Case, path: Path, library: str) -> Frame | None:
    """Who asked the library for it, a path's first frame that is neither its nor Python's own."""
    for frame in path:
        if case.frames.is_library(frame.function, frame.file):
            continue
        if case.frames.module_of(frame.file) not in {library, "urllib3", "httpcore"}:
            return frame
    return None


def _often(case: Case, sites: list[CallSite]) -> bool:
    """Whether that many clients were made that it was not when the service started."""
    evidence = case.evidence(sites)
    objects = value(evidence.allocs_per_work)
    return evidence.hits >= _FEW_HITS and objects is not None and objects >= _OBJECTS
