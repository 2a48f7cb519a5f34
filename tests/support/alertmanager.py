"""A real Alertmanager on loopback, with a receiver of the test's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.pyservice import free_port

ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


@dataclass(frozen=True)
class RealAlertmanager:
    """One that runs."""

    url: str

    def alerts(self) -> list[dict[str, Any]]:
        """What it takes for lasting."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            self.alerts()
        except OSError:
            return False
        return True


@contextmanager
def alertmanager(
    folder: Path, receiver: str, port: int | None = None
) -> Iterator[RealAlertmanager]:
    """Run one that tells everything to a webhook, half a second after it heard of it.

    Args:
        folder: for its configuration and data.
        receiver: URL of the webhook.
        port: to listen on; a free one by default.
    """
    if ALERTMANAGER is None:
        pytest.skip("no Alertmanager to tell; Debian has prometheus-alertmanager")
    port = port or free_port()
    route = "receiver: test, group_by: [alertname], group_wait: 500ms, group_interval: 1s"
    webhook = f"url: '{receiver}', send_resolved: true"
    (folder / "alertmanager.yml").write_text(
        f"route: {{{route}}}\nreceivers: [{{name: test, webhook_configs: [{{{webhook}}}]}}]\n"
    )
    command = [
        ALERTMANAGER,
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            running = RealAlertmanager(f"http://127.0.0.1:{port}")
            until(running.ready)
            yield running
        finally:
            process.kill()


def until(holds: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for something to be true; what it is then."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)
    return found
