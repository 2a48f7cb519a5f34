"""The machine a run takes place on, and its clocks."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec

from heapwise.model.recording import ClockPair, Machine

GIB = 1 << 30
_CLOCK_READINGS = 16


def this_machine() -> Machine:
    """What timings depend on, as far as this process can see it."""
    machine = Machine(
        system=f"{platform.system()} {platform.release()}",
        architecture=platform.machine(),
        cpu_model=_cpu_model(),
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        python=platform.python_version(),
        fingerprint="",
    )
    # Not the kernel's patch level, nor our own Python: a hosted runner would never be the same.
    lasting = (machine.architecture, machine.cpu_model, machine.cpus, round(machine.memory / GIB))
    digest = sha256(msgspec.json.encode(lasting)).hexdigest()
    return msgspec.structs.replace(machine, fingerprint=digest[:16])


def _cpu_model() -> str:
    """The processor's name; ARM kernels do not tell it, the architecture stands in."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def clock_pair() -> ClockPair:
    """Both clocks at one moment: the tightest of several readings of mono, wall, mono."""
    return min((_bracketed_reading() for _ in range(_CLOCK_READINGS)), key=lambda pair: pair[0])[1]


def _bracketed_reading() -> tuple[int, ClockPair]:
    """How far apart the readings were, and their pair."""
    before = time.monotonic_ns()
    wall = time.time_ns()
    after = time.monotonic_ns()
    return after - before, ClockPair((before + after) // 2, wall)
