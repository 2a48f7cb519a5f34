"""HW708 by call paths: how many connections a profile stands for, and where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import everything_found
from heapwise.diagnose.rules.network.connection_churn import find
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.finding import Finding
from heapwise.model.work import PerWork, Work
from support.profiles import Sample, profile

REQUESTS = 10_000
GOROOT = "/usr/local/go/src"
DIAL = (
    f"net/http.(*Transport).dialConn ({GOROOT}/net/http/transport.go:1900)",
    f"net/http.(*Transport).dialConnFor ({GOROOT}/net/http/transport.go:1551)",
)
READER = f"bufio.NewReaderSize ({GOROOT}/bufio/bufio.go:57)"
WRITER = f"bufio.NewWriterSize ({GOROOT}/bufio/bufio.go:590)"
OWN = ("main.page (/srv/page.go:30)", f"net/http.(*conn).serve ({GOROOT}/net/http/server.go:2000)")


def found(
    dials: float, *, unit: str = "req", runtime: str = "go", buffer: int = 4096
) -> list[Finding]:
    """The findings where each request dials so often, with two buffers each."""
    number = round(dials * REQUESTS)
    samples = [
        Sample((READER, *DIAL), (number, number * buffer)),
        Sample((WRITER, *DIAL), (number, number * buffer)),
        Sample(OWN, (REQUESTS, REQUESTS * 8_192)),
    ]
    costs = PerWork(Work(unit, REQUESTS), 8_192 * (1 + dials), 20.0, 0.0, 0.0)
    return list(find(Case.of(profile(samples), None, costs, runtime=runtime)))


@pytest.mark.parametrize("dials", [0.25, 0.7, 14.0])
def test_connections_are_counted_by_their_buffers(dials: float) -> None:
    """A reader of 4 KiB is a connection; the writer beside it is none of its own."""
    (finding,) = found(dials)
    assert float(finding.title.split()[1]) == pytest.approx(dials, rel=0.03)
    assert finding.gain_bytes_per_work == pytest.approx(8_192 * dials, rel=0.05)


def test_larger_buffers_are_not_more_connections() -> None:
    """A transport with ReadBufferSize of 64 KiB dials once where it dials once."""
    (finding,) = found(1.0, buffer=64 << 10)
    assert float(finding.title.split()[1]) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("dials", [0.0, 0.01, 0.15])
def test_connections_now_and_then_are_no_finding(dials: float) -> None:
    """Connections time out and are lost; somebody has to dial again."""
    assert found(dials) == []


def test_without_requests_there_is_nothing_to_compare_with() -> None:
    """Dials per second say nothing, and Python's have other frames."""
    assert found(1.0, unit="s") == []
    assert found(1.0, runtime="python") == []
    assert list(find(Case.of(profile([]), None, None, runtime="go"))) == []


CALLS = """package main

import "net/http"

func ask(url string) (*http.Response, error) {
	client := &http.Client{Transport: &http.Transport{}}
	return client.Get(url)
}
"""


def test_what_makes_the_connections_comes_before_their_number(tmp_path: Path) -> None:
    """A transport per call costs little by itself, and is the line to mend: it is told first."""
    (tmp_path / "calls.go").write_text(CALLS)
    own = ("main.ask (/srv/calls.go:6)", *OWN[1:])
    samples = [
        Sample((READER, *DIAL), (REQUESTS, REQUESTS * 4_096)),
        Sample(own, (REQUESTS, REQUESTS * 512)),
    ]
    costs = PerWork(Work("req", REQUESTS), 4_608, 20.0, 0.0, 0.0)
    source = SourceTree(tmp_path, "go")
    case = Case.of(profile(samples), None, costs, runtime="go", source=source)
    assert [each.finding.code for each in everything_found(case)] == ["HW701", "HW708"]
