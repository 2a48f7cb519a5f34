"""A real Prometheus on loopback, and promtool."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.alertmanager import until
from support.pyservice import free_port

PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")


@dataclass(frozen=True)
class RealPrometheus:
    """One that runs."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression, now.

        Raises:
            ValueError: it cannot be parsed.
        """
        asked = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?{asked}", timeout=10) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(f"{expression}: {error.read().decode()}") from None
        return found

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self.query("vector(1)"))
        except (OSError, ValueError):  # 503 while it starts
            return False


@contextmanager
def prometheus(folder: Path, jobs: Mapping[str, str]) -> Iterator[RealPrometheus]:
    """Run one that scrapes four times a second, once it answers.

    Args:
        folder: for its configuration and data.
        jobs: ``host:port`` of what exposes ``/metrics``, by the name of the job.
    """
    scrapes = [
        {"job_name": name, "honor_labels": True, "static_configs": [{"targets": [place]}]}
        for name, place in jobs.items()
    ]
    config = {
        "global": {"scrape_interval": "250ms", "evaluation_interval": "1s"},
        "scrape_configs": scrapes,
    }
    with started(folder, json.dumps(config)) as running:  # which is YAML too
        until(running.ready)
        yield running


@contextmanager
def started(folder: Path, config: str) -> Iterator[RealPrometheus]:
    """Run one with a configuration of its own; it may not answer yet."""
    if PROMETHEUS is None:
        pytest.skip("no Prometheus here; Debian has it")
    (folder / "prometheus.yml").write_text(config)
    port = free_port()
    command = [
        PROMETHEUS,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield RealPrometheus(f"http://127.0.0.1:{port}")
        finally:
            process.kill()


def promtool(*arguments: str | Path) -> str:
    """What promtool says; it must be content."""
    if PROMTOOL is None:
        pytest.skip("no promtool to ask; Debian's prometheus has it")
    done = subprocess.run(
        [PROMTOOL, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
