"""A client or a connection is made anew for every request.

What it finds:
    A run in which ``requests.get``, ``httpx.get`` and their like, each of which makes a client for
    one answer, take at least 2 % of all bytes. A run in which clients of requests, httpx and
    aiohttp are made again and again, and that, their connections and their ends take as much of
    the bytes, or of the objects. In source: the same calls in code that answers requests, and new
    clients of requests, httpx, aiohttp, urllib3 and boto3 there. A client that is kept (in a
    global, an attribute, a cache), handed on to where it may be, or made from what the request
    brought, is no finding. Nor is a call that is made only where a cache has nothing, or a task
    that runs by the clock.

Why it allocates:
    A client holds adapters, pools, cookies and, for TLS, the certificates it trusts, and its
    first request resolves, connects and shakes hands. All of it goes with the response. A second
    request through a client that is kept needs none of it.

Example:
    ```python
    @app.get("/users")
    def users():
        return requests.get(f"{DIRECTORY}/users", timeout=2).json()
    ```

Use instead:
    ```python
    directory = requests.Session()

    @app.get("/users")
    def users():
        return directory.get(f"{DIRECTORY}/users", timeout=2).json()
    ```

    An asynchronous client belongs to its loop: make it when the application starts and close it
    when it ends. A pool must hold as many connections as there are calls at once
    (``HTTPAdapter(pool_maxsize=…)``, ``httpx.Limits``, ``TCPConnector(limit=…)``); with fewer it
    dials again. A Session that many threads use must not be changed by them, and it keeps
    cookies: hand headers over with each call.

When it does not help:
    A tool that asks once. Hosts that close a connection after each answer save only what building
    the client takes.

Measured:
    CPython 3.11 to 3.13 on loopback without TLS, a body of 2 KB: requests.get 174 to 230 KB and
    1.5 to 2.7 ms, through a Session 149 to 198 KB and 0.7 to 1.3 ms. httpx.get 85 to 97 ms, since
    it reads the certificates even for http, through a Client 0.6 to 2.4 ms. A gateway of aiohttp
    went from 727 to 970 requests/s, p99 from 81 to 15 ms.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable

from heapwise.analysis.allocation import CallSite, Path
from heapwise.analysis.frames import Frame, place
from heapwise.diagnose.case import Case, value
from heapwise.diagnose.rules.python.answering import (
    answering,
    asks_a_cache,
    asks_if_missing,
    may_answer,
    runs_seldom,
)
from heapwise.diagnose.rules.python.client_frames import ONE_SHOT, made
from heapwise.diagnose.rules.python.values import inside, targets_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.diagnose.source.python_file import Function, PythonCall, PythonFile
from heapwise.model.finding import Confidence, Evidence, Finding, Sketch

CODE = "HW903"
NAME = "client-per-request"
HOLDS_FOR = "hosts that keep connections open, and pools as large as the calls made at once"
REFERENCES = (
    "https://requests.readthedocs.io/en/latest/user/advanced/#session-objects",
    "https://www.python-httpx.org/advanced/clients/",
)

_SAVED = 0.14
"""Of bytes and objects, with requests over plain HTTP; most of the gain is time."""

_MIN_SHARE = 0.02
_FEW_HITS = 10

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_ONE_SHOT = {
    **{f"requests.{verb}": "requests.Session()" for verb in _VERBS},
    **{f"httpx.{verb}": "httpx.Client()" for verb in (*_VERBS, "stream")},
}
"""Calls that make a client for themselves, and what to keep instead."""

_HTTP = (
    *("requests.Session", "requests.session", "httpx.Client", "httpx.AsyncClient"),
    *("aiohttp.ClientSession", "urllib3.PoolManager"),
)
_CLOUD = ("boto3.client", "boto3.resource")
_IMPORTED = re.compile(
    rb"^[ \t]*(?:import|from)[ \t][^\n#]*\b(?:requests|httpx|aiohttp|urllib3|boto3)\b", re.MULTILINE
)
_TESTED = frozenset({"transport", "app"})
"""Arguments of a client that talks to the process it is in."""


def find(case: Case) -> Iterable[Finding]:
    """One finding for each line that calls such a function, or function that makes such clients."""
    if case.runtime != "python":
        return
    calls: dict[Frame, list[CallSite]] = defaultdict(list)
    for site in case.spent.sites:
        index = _outermost(site.path)
        if index is not None and index + 1 < len(site.path):
            calls[site.path[index + 1]].append(site)
    for caller, sites in calls.items():
        evidence = case.evidence(sites)
        if evidence.hits >= _FEW_HITS and evidence.bytes_share.low >= _MIN_SHARE:
            yield _one_shot(case, caller, sites[0].path, evidence)
    for each in made(case):
        evidence = case.evidence(each.sites)
        share = max(evidence.bytes_share.low, evidence.allocs_share.low)
        if evidence.hits >= _FEW_HITS and share >= _MIN_SHARE:
            why = (
                "Making a client, dialling for it and closing it is needed once, and done for every"
                f" call of {each.caller.function}."
            )
            yield _finding(case, each.caller, evidence, (each.client, f"{each.client}()", why, 1.0))


def _outermost(path: Path) -> int | None:
    """Where the call of a client's module-level function is in a path, leaf first."""
    found = [i for i, frame in enumerate(path) if frame.function.startswith(ONE_SHOT)]
    return found[-1] if found else None


def _one_shot(case: Case, caller: Frame, path: Path, evidence: Evidence) -> Finding:
    library = path[_outermost(path) or 0].function.partition(".")[0]
    kept = f"{library}.{'Session' if library == 'requests' else 'Client'}()"
    why = (
        f"The functions of the module {library} build a client for one answer: it dials and,"
        " with TLS, reads certificates and shakes hands, and is thrown away."
    )
    return _finding(case, caller, evidence, (f"client of {library}", kept, why, _SAVED))


def _finding(
    case: Case, caller: Frame, evidence: Evidence, told: tuple[str, str, str, float]
) -> Finding:
    """Args: what is told of it is what is made, what to keep, why, and the share that is saved."""
    what, kept, why, saved = told
    size, allocs = value(evidence.bytes_per_work), value(evidence.allocs_per_work)
    return Finding(
        code=CODE,
        rule=NAME,
        title=f"{caller.function} makes a new {what} for every call",
        where=f"{caller.function} ({place(caller)})",
        module=case.frames.module_of(caller.file),
        evidence=evidence,
        why=why,
        remedy=_remedy(kept),
        gain_bytes_per_work=size * saved if size is not None else None,
        gain_allocs_per_work=allocs * saved if allocs is not None else None,
        holds_for=HOLDS_FOR,
        references=REFERENCES,
        confidence=Confidence.MEDIUM,
    )


def _remedy(kept: str) -> str:
    return (
        f"Keep one {kept} for all requests, with a pool as large as the calls made at once; an"
        " asynchronous one is made when the application starts and closed when it ends."
    )


def _find(file: PythonFile) -> Iterable[Match]:
    if not _IMPORTED.search(file.data) or not may_answer(file.data):
        return
    names = (*_ONE_SHOT, *_HTTP, *_CLOUD)
    calls = list(file.calls(*names))
    often = answering(file) if calls else frozenset()
    for call in calls:
        function = file.function_of(call.node)
        if function is None or function not in often:
            continue
        if call.name in _ONE_SHOT or not (
            _is_kept(file, function, call.node)
            or _is_handed_on(function, call.node)
            or _is_the_requests_own(function, call.node)
        ):
            seldom = asks_a_cache(function) or runs_seldom(file, call.node)
            yield _match(file, call, file.qualified(function), alone=not seldom)


def _is_kept(file: PythonFile, function: Function, call: ast.Call) -> bool:
    """Whether the client outlives the call: put in a global, an attribute or an item."""
    shared = {
        name
        for each in inside(*function.body)
        if isinstance(each, ast.Global | ast.Nonlocal)
        for name in each.names
    }
    below: ast.AST = call
    for each in file.ancestors(call):
        if isinstance(each, ast.If | ast.IfExp) and asks_if_missing(each.test):
            return True
        if isinstance(each, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            for target in targets:
                if not isinstance(target, ast.Name) or target.id in shared:
                    return True
        if isinstance(each, ast.Call) and below is not each.func:
            return True  # handed to something that may keep it
        if each is function:
            break
        below = each
    return False


def _names(function: Function, call: ast.Call) -> set[str]:
    """The local names that a client is given."""
    return {
        target.id
        for each in inside(*function.body)
        if getattr(each, "value", None) is call
        for target in targets_of(each)
        if isinstance(target, ast.Name)
    }


def _is_handed_on(function: Function, call: ast.Call) -> bool:
    """Whether a client is returned, or put or passed somewhere that may keep it."""
    names = _names(function, call)
    for each in inside(*function.body):
        values: list[ast.expr | None] = []
        if isinstance(each, ast.Return | ast.Yield | ast.Assign | ast.AnnAssign):
            values = [each.value]
        elif isinstance(each, ast.Call):
            values = [*each.args, *(keyword.value for keyword in each.keywords)]
        elif isinstance(each, ast.Dict):
            values = [*each.values]
        if call in values and isinstance(each, ast.Return | ast.Yield):
            return True
        if any(isinstance(value, ast.Name) and value.id in names for value in values):
            return True
    return False


def _is_the_requests_own(function: Function, call: ast.Call) -> bool:
    """Whether a client is made from what the function was given, such as its caller's token."""
    if any(each.arg in _TESTED for each in call.keywords):
        return True
    local = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    for each in inside(*function.body):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            local.add(each.id)
    arguments = [*call.args, *(each.value for each in call.keywords)]
    return any(
        isinstance(each, ast.Name) and each.id in local
        for argument in arguments
        for each in ast.walk(argument)
    )


def _match(file: PythonFile, call: PythonCall, function: str, *, alone: bool) -> Match:
    made = f"{call.name}(…)"
    kept = _ONE_SHOT.get(call.name, made)
    builds = (
        "reads the description of the service"
        if call.name in _CLOUD
        else "dials and, with TLS, reads certificates and shakes hands"
    )
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{call.name} makes a new client at every call of {function}",
        why=f"Every call of {function} builds a client, {builds}, and throws it away.",
        remedy=_remedy(kept),
        sketch=Sketch(
            before=file.lines(file.span(call.node)), after=f"client = {kept}  # once, outside"
        ),
        heat=Heat.FUNCTION,
        needs_evidence=not alone,
    )


LOOKS = {
    "python": Look((b"requests", b"httpx", b"aiohttp", b"urllib3", b"boto3"), _find),
}
