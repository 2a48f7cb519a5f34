"""Verifications without services: rounds made of reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heapwise.model.recording import Machine, Scope
from heapwise.model.report import RunReport
from heapwise.model.verify import (
    BASE,
    FORMAT,
    NEW,
    Attempt,
    Settings,
    Side,
    SideKind,
    VerifyState,
)
from heapwise.verify.journal import Journal
from support import runs

MACHINE = Machine(
    system="Linux 6.1", architecture="x86_64", cpu_model="Example CPU", cpus=2, memory=8 << 30,
    python="3.11", fingerprint="f00d",
)  # fmt: skip


def side(name: str, command: str = "", **others: Any) -> Side:
    """A side that is a command."""
    settings: dict[str, Any] = {"kind": SideKind.COMMAND, **others}
    return Side(name=name, command=command or f"./{name}", **settings)


def state(**others: Any) -> VerifyState:
    """A verification that has just begun."""
    settings: dict[str, Any] = {
        "format": FORMAT,
        "tool": "0.1.0",
        "created": "2026-11-21T08:00:00+00:00",
        "argv": ("verify",),
        "machine": MACHINE,
        "sides": (side(BASE), side(NEW)),
        "settings": Settings(keep_recordings=False),
    }
    return VerifyState(**(settings | others))


def attempt(at: int, name: str, **others: Any) -> Attempt:
    """A good run of a round and side."""
    settings: dict[str, Any] = {
        "round": at,
        "side": name,
        "number": 1,
        "recording": f"round-{at:02}-{name}.hw",
        "created": "2026-11-21T08:00:00+00:00",
        "seconds": 2.0,
        "scope": Scope.NONE,
    }
    return Attempt(**(settings | others))


def report(number: int, name: str, **metrics: float) -> RunReport:
    """What was analysed of a run: ``bytes``, ``allocs``, ``p99``."""
    ids = {"bytes": "bytes/work", "allocs": "allocs/work", "p99": "latency.p99"}
    return runs.report(
        name=f"round-{number:02}-{name}.hw",
        metrics={ids[key]: value for key, value in metrics.items()},
    )


def journal(folder: Path, base: Sequence[float], new: Sequence[float], **others: Any) -> Journal:
    """A finished verification on disk, of bytes per request a round."""
    made = Journal.create(folder, state(**others), runs.plan(), force=False)
    for number, values in enumerate(zip(base, new, strict=True), 1):
        for name, value in zip((BASE, NEW), values, strict=True):
            made.add(attempt(number, name), report(number, name, bytes=value))
    made.stop("all rounds made")
    return made
