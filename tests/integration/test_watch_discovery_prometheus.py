"""Lists of targets mean to us what they mean to a real Prometheus, from files and from URLs.

It takes changes over every five seconds, so one of them discovers for all tests: every job has
lists of its own, which are changed once.
"""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from heapwise.watch.clock import SteadyClock
from heapwise.watch.config import Config, Service, config_of
from heapwise.watch.discovery import Discovery
from heapwise.watch.lookout import Lookout
from support.local_http import LocalServer, local_server
from support.lookouts import news_of
from support.prometheus import started

Seen = frozenset[tuple[str, str, tuple[tuple[str, str], ...]]]
"""URL, instance and other labels of every target."""

GROUPS: list[dict[str, Any]] = [
    {"targets": ["127.0.0.1:1", "127.0.0.1:2"], "labels": {"zone": "a", "empty": ""}},
    {"targets": ["[::1]:3"], "labels": {"__metrics_path__": "/m/x", "__scheme__": "https"}},
    {"targets": ["localhost:4"], "labels": {"__metrics_path__": "m", "instance": "pod-7"}},
    {"targets": ["127.0.0.1:5"], "labels": {"__meta_pod": "x", "name": "<script>\u202e\n"}},
    {"targets": []},
    {"targets": ["127.0.0.1:1"], "labels": {"zone": "a"}},
]
ONE = b'[{"targets": ["127.0.0.1:1"]}]'

REFUSED = {
    "type": ("text/plain", json.dumps(GROUPS).encode()),
    "label": ("application/json", b'[{"targets": ["127.0.0.1:6"], "labels": {"a-b": "c"}}]'),
    "target": ("application/json", b'[{"targets": [7]}]'),
    "end": ("application/json", b'[{"targets": ["127.0.0.1:6"]'),
}


class Job(NamedTuple):
    """What both made of the lists of a job, before and after these changed."""

    ours: tuple[Seen, Seen]
    theirs: tuple[Seen, Seen]
    problems: tuple[str, ...]


@contextmanager
def prometheus(folder: Path, jobs: dict[str, str]) -> Iterator[str]:
    """A Prometheus that discovers and next to never scrapes; its address."""
    scrapes = [f"- job_name: {name}\n  scrape_interval: 1h\n  {job}" for name, job in jobs.items()]
    with started(folder, "\n".join(("scrape_configs:", *scrapes))) as running:
        yield running.url


def theirs(address: str, jobs: dict[str, str]) -> dict[str, Seen]:
    """What Prometheus makes of the lists of each job; nothing while it starts."""
    try:
        with urllib.request.urlopen(f"{address}/api/v1/targets?state=active", timeout=10) as answer:
            found = json.load(answer)["data"]["activeTargets"]
    except (urllib.error.URLError, ConnectionError):
        found = []
    return {
        job: frozenset(
            (each["scrapeUrl"], each["labels"]["instance"], others(each["labels"].items()))
            for each in found
            if each["labels"]["job"] == job
        )
        for job in jobs
    }


def ours(discovery: Discovery) -> Seen:
    """The same by us."""
    targets = discovery.look(time.monotonic_ns()).targets
    return frozenset((each.url, each.instance, others(each.labels)) for each in targets)


def others(labels: Any) -> tuple[tuple[str, str], ...]:
    """The labels that only people need."""
    return tuple(sorted(pair for pair in labels if pair[0] not in {"instance", "job"}))


def settled(address: str, jobs: dict[str, str], job: str, count: int) -> dict[str, Seen]:
    """What Prometheus sees once one of the jobs has so many targets."""
    end = time.monotonic() + 20
    seen = theirs(address, jobs)
    while len(seen[job]) != count and time.monotonic() < end:
        time.sleep(0.1)
        seen = theirs(address, jobs)
    return seen


def change(folder: Path, servers: dict[str, LocalServer]) -> None:
    """All lists at once; the file last, so that who has seen it has seen the others."""
    servers["fails"].status = 500
    servers["empties"].body = b"[]"
    for name, (content_type, body) in REFUSED.items():
        servers[name].content_type, servers[name].body = content_type, body
    time.sleep(0.5)  # each is asked every 100 ms
    fresh = folder / "fresh"
    fresh.write_text(json.dumps(GROUPS[3:]))
    fresh.rename(folder / "targets.json")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Job]]:
    """Every job by its name."""
    folder = tmp_path_factory.mktemp("discovery")
    (folder / "targets.json").write_text(json.dumps(GROUPS))
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(local_server()) for name in ("fails", "empties", *REFUSED)
        }
        for name, server in servers.items():
            server.body = ONE if name in REFUSED else json.dumps(GROUPS).encode()
        urls = {name: f"{server.url}/sd?zone=a" for name, server in servers.items()}
        asked = {
            name: f"http_sd_configs: [{{url: '{url}', refresh_interval: 100ms}}]"
            for name, url in urls.items()
        } | {"files": f"file_sd_configs: [{{files: ['{folder}/*.json']}}]"}
        watching = {
            name: Discovery([Service(name="shop", http_sd=(url,), sd_interval=2_000_000_000)])
            for name, url in urls.items()
        } | {"files": Discovery([Service(name="shop", file_sd=(folder / "*.json",))])}
        address = stack.enter_context(prometheus(folder, asked))
        there = [settled(address, asked, "files", 5)]
        here = [{name: ours(each) for name, each in watching.items()}]
        change(folder, servers)
        there.append(settled(address, asked, "files", 2))
        here.append({name: ours(each) for name, each in watching.items()})
        yield {
            name: Job(
                (here[0][name], here[1][name]),
                (there[0][name], there[1][name]),
                each.look(time.monotonic_ns()).problems,
            )
            for name, each in watching.items()
        }


def test_files_mean_what_they_mean_to_prometheus(jobs: dict[str, Job]) -> None:
    """Targets, labels, scheme and path agree; and so they do when the file has changed."""
    job = jobs["files"]
    assert job.ours == job.theirs
    assert [len(each) for each in job.ours] == [5, 2]


def test_urls_mean_what_they_mean_to_prometheus(jobs: dict[str, Job]) -> None:
    """An endpoint of http_sd agrees too, and when it lists nobody, nobody is asked any more."""
    job = jobs["empties"]
    assert job.ours == job.theirs
    assert [len(each) for each in job.ours] == [5, 0]


def test_a_url_that_fails_keeps_its_targets_here_and_there(jobs: dict[str, Job]) -> None:
    """An error of the list is none of the services'."""
    job = jobs["fails"]
    assert job.ours == job.theirs
    assert [len(each) for each in job.ours] == [5, 5]
    assert "500" in job.problems[0]


@pytest.mark.parametrize("name", REFUSED)
def test_what_prometheus_refuses_we_refuse(jobs: dict[str, Job], name: str) -> None:
    """An answer of a wrong type or shape changes no target, here as there, and we say so."""
    job = jobs[name]
    assert job.ours == job.theirs
    assert [len(each) for each in job.ours] == [1, 1]
    assert "its last 1 targets are kept" in job.problems[0]


def test_a_url_that_does_not_answer_is_waited_for_no_longer_than_its_interval() -> None:
    """One dead list must not keep the others waiting."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        service = Service(name="shop", http_sd=(url,), sd_interval=300_000_000)
        began = time.monotonic()
        found = Discovery([service], deadline_s=5.0).look(time.monotonic_ns())
        assert time.monotonic() - began < 2
    assert found.targets == ()
    assert "did not answer" in found.problems[0]


@contextmanager
def silent(count: int) -> Iterator[tuple[Service, ...]]:
    """Services whose lists are where somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        yield tuple(Service(name=f"s{number}", http_sd=(url,)) for number in range(count))


def test_lists_that_do_not_answer_are_waited_for_together() -> None:
    """Eight of them cost one deadline and not eight."""
    with silent(8) as services:
        began = time.monotonic()
        found = Discovery(services, deadline_s=1.0).look(time.monotonic_ns())
        assert time.monotonic() - began < 4
    assert len(found.problems) == 8
    assert not found.complete


def test_targets_that_are_known_are_watched_before_a_list_has_answered(tmp_path: Path) -> None:
    """Those of the configuration and of files at once; that a silent list was never read is said,
    so that nobody takes those that it names for gone.
    """
    path = tmp_path / "targets.json"
    path.write_text('[{"targets": ["127.0.0.1:2"]}]')
    known = Service(name="shop", targets=("127.0.0.1:1",), file_sd=(path,))
    with silent(2) as services, Lookout(configured((known, *services)), SteadyClock()) as lookout:
        found = news_of(lookout)
    assert [each.key for each in found.targets] == ["shop/127.0.0.1:1", "shop/127.0.0.1:2"]
    assert (found.problems, found.complete) == ((), False)


def test_an_answer_of_a_list_is_taken_over_at_once() -> None:
    """And is not there only when the files are looked at the next time."""
    with local_server() as server:
        server.body = ONE
        config = configured((Service(name="shop", http_sd=(f"{server.url}/sd",)),))
        config = msgspec.structs.replace(
            config, watch=msgspec.structs.replace(config.watch, interval=10**12)
        )
        began = time.monotonic()
        with Lookout(config, SteadyClock()) as lookout:
            while not (found := news_of(lookout)).targets:
                assert not found.complete
            assert found.complete
            assert time.monotonic() - began < 4  # files are looked at every five seconds


def test_a_service_that_changes_keeps_its_targets_while_its_list_is_read_anew() -> None:
    """Who leaves loses a history that took days, and the alerts; so nobody does for a moment."""
    with local_server() as server:
        server.body = ONE
        service = Service(name="shop", http_sd=(f"{server.url}/sd",))
        with Lookout(configured((service,)), SteadyClock()) as lookout:
            while not news_of(lookout).targets:
                pass
            changed = msgspec.structs.replace(service, limit=1 << 30)
            lookout.look_for(configured((changed,)))
            assert [each.key for each in news_of(lookout).targets] == ["shop/127.0.0.1:1"]


def configured(services: tuple[Service, ...]) -> Config:
    """A configuration of these."""
    config = config_of(["shop=127.0.0.1:1"])
    watch = msgspec.structs.replace(config.watch, interval=100_000_000, deadline=5 * 10**9)
    return msgspec.structs.replace(config, service=services, watch=watch)
