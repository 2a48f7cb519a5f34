"""kill -9 while a recording is written: readable, and at most one flush interval is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from heapwise.model.recording import LogLoss, State
from heapwise.record.logwriter import FLUSH_S
from heapwise.record.store import load
from support.hit_writer import ACKS

SLACK_NS = 100_000_000
"""For packing and writing a batch."""


def run_and_kill(folder: Path, after_s: float) -> tuple[int, int, int, int]:
    """Start a writer, kill it some time after its first hit, and tell what it had handed over."""
    acks = folder / "acks"
    acks.write_bytes(bytes(ACKS.size))
    writer = subprocess.Popen(
        [sys.executable, "-m", "support.hit_writer", str(folder / "killed.hw"), str(acks)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    try:
        deadline = time.monotonic() + 60
        while not ACKS.unpack(acks.read_bytes())[0]:
            assert writer.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(after_s)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    return ACKS.unpack(acks.read_bytes())


def test_kill_9_at_random_moments_loses_at_most_one_flush_interval(
    tmp_path: Path, full: bool, record_property: Callable[[str, object], None]
) -> None:
    """Ten kills (fifty in test-long) of a writer of about 1000 hits a second.

    What was handed over must be there as an exact prefix. The age of the oldest hit that is not,
    measured by the writer's own clock at its last hand-over, is at most the flush interval; on top
    come 100 ms and twice the longest time that the scheduler kept the writer from running, which
    the writer measures itself.
    """
    random = np.random.default_rng(0)
    worst = 0
    for number in range(50 if full else 10):
        folder = tmp_path / str(number)
        folder.mkdir()
        handed_over, first_ns, last_ns, longest_gap_ns = run_and_kill(
            folder, random.uniform(0, 1.2)
        )

        read = load(folder / "killed.hw")

        assert read.state is State.INTERRUPTED
        count = len(read.hits)
        assert np.array_equal(read.hits.intended, np.arange(count))
        assert count <= handed_over + 1
        assert read.loss == LogLoss(incomplete_tail=read.loss.incomplete_tail)
        if count < handed_over:
            lost_ns = last_ns - (int(read.hits.done[-1]) if count else first_ns)
            worst = max(worst, lost_ns)
            assert lost_ns <= FLUSH_S * 1e9 + SLACK_NS + 2 * longest_gap_ns
    record_property("worst lost tail, ms", worst / 1e6)
