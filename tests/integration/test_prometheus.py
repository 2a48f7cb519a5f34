"""``heapwise load -prometheus-addr`` as Prometheus meets it, against vegeta's."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.vegeta import vegeta
from support.witness import witness

HEAPWISE = (sys.executable, "-m", "heapwise")
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
SAMPLE = re.compile(r"(\w+)\{(.*)\} ([0-9.e+-]+)")


@contextmanager
def attacking(tool: tuple[str | Path, ...], targets: str, *flags: str) -> Iterator[str]:
    """A load that runs; the URL of its counters."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with subprocess.Popen(
        [*tool, "attack", f"-prometheus-addr={place}", *flags],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            assert process.stdin
            process.stdin.write(targets.encode())
            process.stdin.close()
            yield f"http://{place}/metrics"
        finally:
            process.kill()


def scrape(url: str, accept: str = "text/plain") -> str:
    """The counters, once somebody serves them."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                assert accept in response.headers["Content-Type"]
                text: str = response.read().decode()
                return text
        except OSError:
            assert time.monotonic() < deadline, "nobody serves counters"
            time.sleep(0.05)


def samples(text: str) -> dict[tuple[str, frozenset[str]], float]:
    """Values by name and labels, of the load alone."""
    return {
        (name, frozenset(labels.split(","))): float(value)
        for name, labels, value in SAMPLE.findall(text)
        if name.startswith("request_")
    }


@pytest.mark.go
@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text"])
def test_the_series_are_vegetas(accept: str) -> None:
    """The same names with the same labels, in both formats; vegeta never counts its failures."""
    seen = []
    with witness(
        lambda line: NOT_FOUND if "/gone" in line else b"HTTP/1.1 204 x\r\n\r\n"
    ) as server:
        targets = f"GET http://{server.place}/\n\nPUT http://{server.place}/gone\n"
        for tool in (HEAPWISE, (vegeta(),)):
            with attacking(tool, targets, "-rate=20", "-duration=5s") as url:
                while (text := scrape(url, accept)).count("_bucket") < 24:
                    time.sleep(0.1)
                seen.append(text)
    names = [set(samples(text)) for text in seen]
    assert names[0] == names[1]
    types = [set(re.findall(r"# TYPE request_.*", text)) for text in seen]
    assert types[0] == types[1]
    failed = [
        value for (name, _), value in samples(seen[0]).items() if "request_fail_count" in name
    ]
    assert len(failed) == 1
    assert failed[0] > 0


def test_the_tail_is_not_lost() -> None:
    """A load that is over before the first scrape waits for it, and tells all of it."""
    with witness() as server:
        flags = ("-rate=50", "-duration=200ms", "-prometheus-wait=20s")
        with attacking(HEAPWISE, f"GET http://{server.place}/?key=secret\n", *flags) as url:
            while len(server.requests) < 10:
                time.sleep(0.05)
            time.sleep(0.5)
            text = scrape(url)
            time.sleep(1)
            with pytest.raises(OSError, match="refused"):
                urllib.request.urlopen(url, timeout=5)
    found = samples(text)
    url = f"http://{server.place}/?key=REDACTED"
    labels = frozenset(('method="GET"', f'url="{url}"', 'status="200"'))
    assert found["request_seconds_count", labels] == 10
    assert found["request_bytes_in", labels] == 20
    assert "secret" not in text


def test_a_place_that_is_taken_is_refused() -> None:
    """One line, before anything is sent."""
    with witness() as server:
        for place, words in ((server.place, "Address already in use"), ("x", "not an address")):
            done = subprocess.run(
                [*HEAPWISE, "load", f"http://{server.place}/", f"-prometheus-addr={place}"],
                capture_output=True, text=True, check=False, timeout=30,
            )  # fmt: skip
            assert (done.returncode, words in done.stderr) == (2, True), done.stderr
        assert server.take() == []
