"""Recordings of services that are slow for a known reason, while their collectors run."""

from __future__ import annotations

import atexit
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from heapwise.analysis.gc_timeline import gc_timeline
from heapwise.analysis.tail import attribute_tail
from heapwise.analysis.tail.measured import measured_time
from heapwise.analysis.tail.neighbours import neighbours
from heapwise.load.address import pin_addresses
from heapwise.model.load import ConstantRate, Plan, Target
from heapwise.model.recording import Recording
from heapwise.model.tail import Blame, SlowHits, TailAttribution
from heapwise.record.request import NO_CAPTURES, CaptureRequest, RunRequest
from heapwise.record.session import record_run
from heapwise.record.store import load
from heapwise.runtimes.go.toolchain import find_go
from heapwise.units import NS_PER_S
from support.pyservice import free_port, interpreter

SOURCE = Path(__file__).parent.parent / "data" / "tailservice"
RATE = 500


@dataclass(frozen=True)
class Case:
    """A service and what makes it slow.

    Attributes:
        runtime: ``go`` or ``python``.
        mode: see the sources.
    """

    runtime: str
    mode: str

    @property
    def name(self) -> str:
        return f"{self.runtime} {self.mode}"

    @property
    def long_enough(self) -> float:
        """Seconds; slow hits come in one bunch per mark, and a few bunches prove little."""
        return 12.0 if self.name == "go gc" else 6.0

    @property
    def collector_is_to_blame(self) -> bool:
        """What the attribution should find."""
        return self.mode == "gc"


CASES = (
    *(Case("go", mode) for mode in ("gc", "mutex", "sleep", "burn")),
    *(Case("python", mode) for mode in ("gc", "blocking", "gil")),
)


@cache
def binary() -> Path:
    """The built Go service; built on the first call, deleted at exit."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-tailservice-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    find_go().build(SOURCE, folder / "tailservice")
    return folder / "tailservice"


def record(
    case: Case,
    output: Path,
    *,
    seconds: float | None = None,
    captures: CaptureRequest = NO_CAPTURES,
) -> Recording:
    """Start the service, drive it, and load what was recorded.

    Args:
        case: which service.
        output: where the recording goes.
        seconds: of load; by default long enough to tell.
        captures: what to take beside.
    """
    seconds = case.long_enough if seconds is None else seconds
    port, agent_port = free_port(), free_port()
    if case.runtime == "go":
        command = [str(binary()), "-listen", f"127.0.0.1:{port}", "-mode", case.mode]
        service = f"127.0.0.1:{port}"
    else:
        command = [
            interpreter(), "-m", "heapwise_agent", "run", "--address", f"127.0.0.1:{agent_port}",
            str(SOURCE / "tailapp.py"), str(port), case.mode,
        ]  # fmt: skip
        service = f"127.0.0.1:{agent_port}"
    targets = (Target("GET", f"http://127.0.0.1:{port}/work"),)
    plan = Plan(
        targets=targets,
        addresses=pin_addresses(targets),
        schedule=ConstantRate.of(Fraction(RATE), round(seconds * NS_PER_S)),
        warmup_ns=NS_PER_S // 2,
    )
    request = RunRequest(
        plan=plan,
        output=output,
        service=service,
        exec_command=shlex.join(command),
        interval_ns=NS_PER_S // 4,
        captures=captures,
    )
    return load(record_run(request, notify=lambda _progress: None))


def attribute(recording: Recording) -> TailAttribution:
    """As a report does it."""
    return attribute_tail(recording, gc_timeline(recording, whole=True))


def crowded(recording: Recording) -> bool:
    """Whether other programs had the machine, so that nothing can be proven of a collector."""
    shared = neighbours(recording, measured_time(recording, None))
    assert shared is not None
    return shared.crowding


def names_collector(group: SlowHits) -> bool:
    """Whether a group of slow hits is blamed on the collector."""
    return any(test.cause.is_gc and test.blame is Blame.BLAMED for test in group.causes)


def clears_collector(group: SlowHits) -> bool:
    """Whether a group of slow hits has nothing to do with the collector."""
    return all(test.blame is Blame.CLEARED for test in group.causes if test.cause.is_gc)
