"""Calls to other services dial new connections, though they could use idle ones.

What it finds:
    A profile in which net/http.(*Transport).dialConn allocates so much that at least one in five
    requests opens a connection. Source alone cannot tell: how many calls run at once is known only
    when they run.

Why it allocates:
    Every connection takes two buffers of 4 KiB, two goroutines and, with TLS, a handshake. A
    Transport keeps two idle connections per host unless it is told otherwise; of sixteen calls that
    end at the same time fourteen close theirs, and the next fourteen dial.

Example:
    ```go
    var client = &http.Client{Timeout: 2 * time.Second}
    ```

Use instead:
    ```go
    var client = &http.Client{Timeout: 2 * time.Second, Transport: transport()}

    func transport() *http.Transport {
        t := http.DefaultTransport.(*http.Transport).Clone()
        t.MaxIdleConnsPerHost = 32 // at least the calls that run at once
        return t
    }
    ```

    MaxIdleConns, 100 in the default transport, bounds all hosts together: raise it with the other.

When it does not help:
    The other side closes connections, keep-alive is off, bodies are not closed or not read, or
    the transport is made for every call: mend those first. So does a service that calls so seldom
    that idle connections time out.

Measured:
    Sixteen goroutines, 100 calls each, over loopback: with the default of two idle connections per
    host 1,097 of 1,600 calls dialled, with ten 293, with 32 sixteen. For 160 such calls Go 1.26.8
    allocates 1,003 KB or 815 KB, Go 1.27.3 1,013 KB or 821 KB, the other side's part included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.analysis.allocation import CallSite
from heapwise.analysis.frames import Frame, place
from heapwise.diagnose.case import Case, value
from heapwise.model.finding import Confidence, Finding
from heapwise.units import format_size

CODE = "HW708"
NAME = "connection-churn"

MIN_DIALS = 0.2
"""Per request: what is less are connections that timed out or were lost."""

_DIALLING = "net/http.(*Transport).dialConn"
_BUFFER = "bufio.NewReaderSize"
_BUFFER_SIZE = 4096
"""Of each connection's reader, unless the transport says otherwise."""

_FEW_HITS = 5
_SURE_HITS = 20


def find(case: Case) -> Iterable[Finding]:
    """One finding for all transports together: a connection's frames do not tell whose it is."""
    if case.runtime != "go" or case.per_work is None or case.unit != "req":
        return
    sites = [site for site in case.spent.sites if _dialling(site) is not None]
    dials = case.per_work.work.per(sum(_dials(case, site) for site in sites)) or 0.0
    if dials >= MIN_DIALS:
        yield from _finding(case, sites, dials)


def _dialling(site: CallSite) -> Frame | None:
    return next((frame for frame in site.path if frame.function == _DIALLING), None)


def _dials(case: Case, site: CallSite) -> float:
    """How many connections a call path stands for: those that make their reader's buffer."""
    leaf = site.path[0]
    if leaf.function != _BUFFER:
        return 0.0
    # Others may take larger ones on the same line: then too few are counted, never too many.
    largest = max((block.size for block in case.blocks.get(leaf, ())), default=0)
    return site.weight.size / max(largest, _BUFFER_SIZE)


def _finding(case: Case, sites: Sequence[CallSite], dials: float) -> Iterable[Finding]:
    evidence = case.evidence(sites)
    if evidence.hits < _FEW_HITS:
        return
    heaviest = max(sites, key=lambda site: site.weight.size)
    frame = _dialling(heaviest)
    assert frame is not None  # noqa: S101 - every one of the sites has it
    size = evidence.bytes_per_work
    cost = f", {format_size(size.value)}/{case.unit} on this side alone" if size else ""
    yield Finding(
        code=CODE,
        rule=NAME,
        title=f"About {dials:.2g} new connections are dialled for each request",
        where=f"{frame.function} ({place(frame)})",
        module="",
        evidence=evidence,
        why=(
            "The calls that requests make find no idle connection to use: each one dialled takes"
            f" two buffers, two goroutines and a handshake{cost}."
        ),
        remedy=(
            "Set MaxIdleConnsPerHost of the client's Transport to at least the number of calls that"
            " run at once; unset, two stay idle per host and the others are closed after use. If"
            " it is set, look for bodies that are not closed (HW702) or a Transport made per call"
            " (HW701)."
        ),
        gain_bytes_per_work=value(size),
        gain_allocs_per_work=value(evidence.allocs_per_work),
        holds_for="calls to hosts that keep connections open",
        references=("https://pkg.go.dev/net/http#Transport",),
        confidence=Confidence.MEDIUM if evidence.hits >= _SURE_HITS else Confidence.LOW,
    )
