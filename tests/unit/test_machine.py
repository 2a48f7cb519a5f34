"""The machine and its clocks."""

from __future__ import annotations

import os
import time

import msgspec

from heapwise.record.machine import clock_pair, this_machine


def test_the_machine_is_described_and_recognised_again() -> None:
    """Equal readings have equal fingerprints."""
    machine = this_machine()

    assert machine == this_machine()
    assert machine.cpus == len(os.sched_getaffinity(0))
    assert machine.memory > 1 << 20
    assert machine.system.startswith("Linux ")
    assert all(msgspec.structs.astuple(machine))


def test_both_clocks_are_read_at_one_moment() -> None:
    """The pair lies between readings of either clock around it."""
    monotonic, wall = time.monotonic_ns(), time.time_ns()
    pair = clock_pair()

    assert monotonic <= pair.monotonic_ns <= time.monotonic_ns()
    assert wall <= pair.wall_ns <= time.time_ns()
