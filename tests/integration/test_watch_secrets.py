"""Tokens are exchanged while a watcher runs: requests show the one that their file holds then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from heapwise.errors import HeapwiseError, UsageError
from heapwise.model.watch import Target
from heapwise.watch.clock import SteadyClock
from heapwise.watch.config import Config, load_config
from heapwise.watch.discovery.sources import Url
from heapwise.watch.post import Receiver, post
from heapwise.watch.scrape import scraper_for
from support.local_http import LocalServer, local_server

CONFIG = """
[[service]]
name = "shop"
http_sd = ["{url}/list"]
metrics_path = "/metrics"
token_file = "token"
sd_headers_file = "headers"
[[sink]]
type = "webhook"
url = "{url}/hook"
token_file = "token"
"""

PAGE = b"""# TYPE go_memstats_alloc_bytes_total counter
go_memstats_alloc_bytes_total 4e+06
"""


def scrape(config: Config, server: LocalServer) -> Callable[[], object]:
    """Ask a metrics page."""
    (service,) = config.service
    server.content_type, server.body = "text/plain; version=0.0.4", PAGE
    target = Target(service="shop", instance="a", url=f"{server.url}/metrics")
    settings = service.scraping(config.watch)
    return scraper_for(target, service.access(), settings, SteadyClock()).scrape


def lists(config: Config, server: LocalServer) -> Callable[[], object]:
    """Ask a list of targets."""
    (service,) = config.service
    server.body = b"[]"
    url = Url(f"{server.url}/list", service.sd_access(), 1, 5.0)
    moments = iter(range(0, 1000, 10))

    def look() -> None:
        url.look(next(moments))
        url.wait()
        if url.said.problems:
            raise HeapwiseError(url.said.problems[0])

    return look


def tells(config: Config, server: LocalServer) -> Callable[[], object]:
    """Tell a sink."""
    (sink,) = config.sink
    receiver = Receiver.parse("hook", f"{server.url}/hook", sink.access())
    return lambda: post(receiver, b"{}")


ASKERS = [scrape, lists, tells]


@pytest.mark.parametrize("asker", ASKERS)
def test_the_token_of_a_request_is_that_of_its_file(
    tmp_path: Path, asker: Callable[[Config, LocalServer], Callable[[], object]]
) -> None:
    """A target, a list and a sink see the new one in the next request after it was exchanged, and
    where the file is gone they see nothing, which is said without any secret.
    """
    with local_server() as server:
        (tmp_path / "watch.toml").write_text(CONFIG.format(url=server.url))

        def hold(secret: str) -> None:
            (tmp_path / "token").write_text(secret)
            (tmp_path / "headers").write_text(f"Authorization: Bearer {secret}")

        hold("first")
        ask = asker(load_config(tmp_path / "watch.toml"), server)
        ask()
        hold("second")
        ask()
        shown = [each.headers["Authorization"] for each in server.sent]
        assert shown[0] == "Bearer first"
        assert shown[-1] == "Bearer second"
        before = len(server.sent)
        for name in ("token", "headers"):
            (tmp_path / name).unlink()
        with pytest.raises(HeapwiseError, match=r"cannot read .*(token|headers)") as error:
            ask()
        assert "second" not in str(error.value)
        assert len(server.sent) == before
        assert isinstance(error.value, UsageError) or asker is lists
