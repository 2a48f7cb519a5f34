"""Where the time goes, compared with what the kernel says."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from heapwise_agent import cpu, own
from heapwise_agent.encode import Profile

linux = pytest.mark.skipif(sys.platform != "linux", reason="other threads have clocks on Linux")


def burn(stop: threading.Event) -> None:
    """Use all the CPU there is, in Python."""
    while not stop.is_set():
        sum(range(2000))


def burn_briefly() -> None:
    """A few switches of the GIL, each after 5 ms at the latest."""
    for _ in range(20_000):
        sum(range(50))


def wait_for(stop: threading.Event) -> None:
    """Use none."""
    stop.wait()


@contextmanager
def threads(*works: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run some work aside."""
    stop = threading.Event()
    running = [threading.Thread(target=work, args=(stop,), name=work.__name__) for work in works]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in running:
            thread.join()


def by_thread(profile: Profile) -> dict[str, tuple[int, int]]:
    """Samples and nanoseconds by the thread's name."""
    sums: dict[str, tuple[int, int]] = {}
    for _, labels, (samples, ns) in profile.rows():
        name = str(labels[0][1]) if labels else ""
        before = sums.get(name, (0, 0))
        sums[name] = (before[0] + samples, before[1] + ns)
    return sums


def never() -> bool:
    """Nobody cancels."""
    return False


@linux
@pytest.mark.load
def test_the_sum_is_the_cpu_time_that_the_process_used() -> None:
    """Within a few per cent, and idle threads weigh next to nothing."""
    with own.quiet(), threads(burn, wait_for):
        began = time.process_time_ns() - time.thread_time_ns()
        profile = cpu.profile(1, wall=False, cancelled=never)
        used = time.process_time_ns() - time.thread_time_ns() - began
    sums = by_thread(profile)
    assert sum(ns for _, ns in sums.values()) == pytest.approx(used, rel=0.1)
    assert sums["burn"][1] > 0.9 * used
    assert sums.get("wait_for", (0, 0))[1] < 0.02 * used


@pytest.mark.load
def test_wall_time_counts_waiting_threads_as_much_as_busy_ones() -> None:
    """Each for the whole time."""
    with own.quiet(), threads(burn, wait_for):
        profile = cpu.profile(1, wall=True, cancelled=never)
    sums = by_thread(profile)
    for name in ("burn", "wait_for"):
        assert sums[name][1] == pytest.approx(profile.duration_ns, rel=0.1)
    waiting = [stack for stack, labels, _ in profile.rows() if labels[0][1] == "wait_for"]
    assert any(frame.name == "wait_for" for stack in waiting for frame in stack)


@linux
@pytest.mark.load
def test_no_time_of_threads_that_come_and_go_is_lost() -> None:
    """Their identifiers are used again, and most of them end before anybody has looked."""
    stop = threading.Event()

    def spawn() -> None:
        while not stop.is_set():
            short = threading.Thread(target=burn_briefly, name="short")
            short.start()
            short.join()

    spawner = threading.Thread(target=spawn, name="spawner")
    spawner.start()
    try:
        with own.quiet():
            began = time.process_time_ns() - time.thread_time_ns()
            profile = cpu.profile(1, wall=False, cancelled=never)
            used = time.process_time_ns() - time.thread_time_ns() - began
    finally:
        stop.set()
        spawner.join()
    sums = by_thread(profile)
    assert sums["short"][1] > 0
    assert sum(ns for _, ns in sums.values()) == pytest.approx(used, rel=0.1)
    assert profile.comments == ()


@linux
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_main_thread_of_a_forked_child_has_its_own_clock() -> None:
    """A child's threads have other numbers in the kernel than its parent's."""
    pid = os.fork()
    if pid == 0:
        clocks = cpu.ThreadClocks()
        clocks.restart()
        sum(range(2_000_000))
        used = clocks.used(threading.get_ident(), 10**12)
        os._exit(0 if used > 1_000_000 and not clocks.blind else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_profile_ends_when_nobody_waits_for_it() -> None:
    """Within a fraction of a second."""
    asked = iter([False, False, True])
    began = time.monotonic()
    with pytest.raises(cpu.CancelledError):
        cpu.profile(30, wall=False, cancelled=lambda: next(asked))
    assert time.monotonic() - began < 5


def test_waiting_ends_on_time_however_long_a_look_takes() -> None:
    """Also when the last one ends after the time is over."""
    began = time.monotonic()
    looks: list[float] = []

    def look() -> None:
        looks.append(time.monotonic())
        time.sleep(0.7)

    cpu.wait(1, never, each_ns=10_000_000, do=look)
    assert len(looks) == 3
    assert time.monotonic() - began < 5
