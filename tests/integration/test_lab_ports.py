"""A port that somebody took meanwhile is no reason for a lab to fail."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from heapwise.errors import ServiceError
from heapwise.lab import ports, service_bench
from heapwise.lab.library import find_case
from heapwise.lab.runner import LabRequest, run_lab
from heapwise.lab.spec import Scale
from support.labs import Watcher

for needed in ("heapwise_agent", "uvicorn", "uvloop", "httptools"):
    pytest.importorskip(needed, reason=f"{needed} is part of heapwise[demo]")

SCALE = Scale(rate="50", duration="1s", warmup="0")


def test_another_port_is_chosen_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variant runs all the same, and whoever watches is told of the port that was taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        choices = [[port, *ports.free_ports(1)], ports.free_ports(2)]
        monkeypatch.setattr(service_bench, "free_ports", lambda _count: choices.pop(0))
        watcher = Watcher()
        request = LabRequest(variants=("before",), scale=SCALE, out_dir=tmp_path / "out")
        result = run_lab(find_case("py-compress"), request, watcher)
    assert result.variants[0].report.load_result is not None
    assert watcher.announced == [f"port {port} is in use by another program; choosing another"]


def test_where_every_port_is_taken_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few tries are enough, and the service's own words end them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(
            service_bench, "free_ports", lambda _count: [port, *ports.free_ports(1)]
        )
        request = LabRequest(variants=("before",), scale=SCALE, out_dir=tmp_path / "out")
        with pytest.raises(ServiceError):
            run_lab(find_case("py-compress"), request, Watcher())
