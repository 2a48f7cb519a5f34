"""The machine under a run: read as the kernel writes it, -1 where it does not tell."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.memory import HostSample
from heapwise.record.capture.host import HostWatch
from heapwise.record.capture.hoststat import HostStat, cpu_times, pressed_ns, quota
from heapwise.record.store import RecordingWriter, load
from support.recordings import manifest

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
STAT = "cpu  100 20 30 4000 50 6 7 8 90 9\ncpu0 1 2 3 4 5 6 7 8 9 9\nintr 1\n"
PRESSURE = "some avg10=0.00 avg60=0.39 avg300=0.50 total={}\nfull avg10=0.00 total=1\n"


def write(path: Path, text: str) -> None:
    """Put a file where it belongs in a prepared tree."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def sample(folder: Path, pid: int | None = 10) -> HostSample:
    """What a prepared machine says."""
    stat = HostStat(pid, time.monotonic_ns(), proc=folder / "proc", cgroups=folder / "cgroup")
    try:
        return stat.read()
    finally:
        stat.close()


def test_time_of_guests_is_counted_once() -> None:
    """It stands in the user's time already; waiting for the disk is idle; stolen is neither."""
    assert cpu_times(STAT.encode()) == (163 * TICK_NS, 4050 * TICK_NS, 8 * TICK_NS)


@pytest.mark.parametrize("text", [b"", b"cpu", b"cpu0 1 2 3 4", b"cpu  a b c d", b"cpu 1 -2 3 4"])
def test_what_is_no_processor_time_is_unknown(text: bytes) -> None:
    """Not zero, which would look like a machine at rest."""
    assert cpu_times(text) == (-1, -1, -1)


@given(st.binary(max_size=300))
def test_whatever_stands_in_the_files_is_numbers_or_unknown(text: bytes) -> None:
    """Nothing in /proc and the control groups can make a recording fail."""
    assert all(isinstance(value, int) for value in cpu_times(text))
    assert pressed_ns(text) >= -1
    assert all(value >= 0 for value in quota(text).values())


def test_both_versions_of_control_groups_mean_the_same() -> None:
    """Version 2 counts throttled time in microseconds, version 1 in nanoseconds."""
    two = b"usage_usec 5\nnr_periods 10\nnr_throttled 3\nthrottled_usec 2500\n"
    one = b"nr_periods 10\nnr_throttled 3\nthrottled_time 2500000\n"
    assert quota(two) == quota(one)
    assert quota(two) == {"periods": 10, "throttled_periods": 3, "throttled_ns": 2_500_000}


def test_the_pressure_of_the_group_comes_before_that_of_the_machine(tmp_path: Path) -> None:
    """A quiet machine may hold a group that is short of memory."""
    write(tmp_path / "proc/stat", STAT)
    write(tmp_path / "proc/10/cgroup", "0::/pod/svc\n")
    for kind, total in (("cpu", 1), ("memory", 2), ("io", 3)):
        write(tmp_path / f"proc/pressure/{kind}", PRESSURE.format(total))
    write(tmp_path / "cgroup/pod/svc/memory.pressure", PRESSURE.format(700))
    write(tmp_path / "cgroup/pod/cpu.stat", "nr_periods 4\nnr_throttled 1\nthrottled_usec 9\n")
    write(tmp_path / "cgroup/pod/svc/cpu.stat", "usage_usec 5\n")
    seen = sample(tmp_path)
    assert (seen.pressure_cpu_ns, seen.pressure_memory_ns, seen.pressure_io_ns) == (
        1000, 700_000, 3000,
    )  # fmt: skip
    assert (seen.periods, seen.throttled_periods, seen.throttled_ns) == (4, 1, 9000)


def test_what_the_system_does_not_tell_is_minus_one(tmp_path: Path) -> None:
    """No PSI, no quota, no steal, not even a processor: every field says that it is unknown."""
    seen = sample(tmp_path)
    values = (getattr(seen, name) for name in HostSample.__struct_fields__ if name != "at_ns")
    assert set(values) == {-1}


def test_of_a_service_elsewhere_only_our_machine_is_told(tmp_path: Path) -> None:
    """Its quota and its pressure are not ours to read."""
    write(tmp_path / "proc/stat", STAT)
    write(tmp_path / "proc/pressure/cpu", PRESSURE.format(5))
    write(tmp_path / "cgroup/cpu.stat", "nr_periods 4\nnr_throttled 1\nthrottled_usec 9\n")
    seen = sample(tmp_path, pid=None)
    assert (seen.busy_ns, seen.pressure_cpu_ns, seen.periods) == (163 * TICK_NS, 5000, -1)


def test_a_group_that_is_removed_meanwhile_becomes_unknown(tmp_path: Path) -> None:
    """The container ended; the recording goes on."""
    write(tmp_path / "proc/stat", STAT)
    write(tmp_path / "proc/10/cgroup", "0::/svc\n")
    file = tmp_path / "cgroup/svc/cpu.stat"
    write(file, "nr_periods 4\nnr_throttled 1\nthrottled_usec 9\n")
    stat = HostStat(10, 0, proc=tmp_path / "proc", cgroups=tmp_path / "cgroup")
    assert stat.read().periods == 4
    file.write_text("")
    assert stat.read().periods == -1
    stat.close()


def test_this_machine_counts_up() -> None:
    """Busy and idle time grow together as fast as there are processors, up to their steps."""
    stat = HostStat(os.getpid(), time.monotonic_ns())
    first = stat.read()
    time.sleep(0.5)
    last = stat.read()
    stat.close()
    elapsed = last.at_ns - first.at_ns
    counted = sum(
        getattr(last, name) - getattr(first, name) for name in ("busy_ns", "idle_ns", "steal_ns")
    )
    processors = os.cpu_count() or 1
    assert counted == pytest.approx(elapsed * processors, rel=0.2, abs=8 * processors * TICK_NS)
    for name in HostSample.__struct_fields__:
        assert getattr(last, name) >= getattr(first, name)


def test_a_run_keeps_ten_readings_a_second_and_its_last(tmp_path: Path) -> None:
    """What the watch reads comes back in order, with the state at the end of the run."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        zero = time.monotonic_ns()
        with HostWatch(writer, zero, os.getpid()):
            time.sleep(0.65)
        end = time.monotonic_ns() - zero
        writer.finish()
    host = load(tmp_path / "a.hw").host
    times = [each.at_ns for each in host]
    assert times == sorted(times)
    assert 3 <= len(host) <= 9
    assert end - times[-1] < 200_000_000


@pytest.mark.load
def test_watching_takes_less_than_half_a_percent_of_a_core(tmp_path: Path) -> None:
    """CPU of this process with the watch, less the same without: thread, packing and writing."""

    def share(*, watch: bool) -> float:
        with RecordingWriter.create(tmp_path / f"{watch}.hw", manifest()) as writer:
            cpu, wall = time.process_time_ns(), time.monotonic_ns()
            if watch:
                with HostWatch(writer, wall, os.getpid()):
                    time.sleep(4)
            else:
                time.sleep(4)
            used = (time.process_time_ns() - cpu) / (time.monotonic_ns() - wall)
            writer.finish()
        return used

    assert share(watch=True) - share(watch=False) < 0.005


def test_a_recording_without_the_stream_has_no_readings(tmp_path: Path) -> None:
    """As every recording of an older heapwise."""
    with RecordingWriter.create(tmp_path / "a.hw", manifest()) as writer:
        writer.finish()
    assert load(tmp_path / "a.hw").host == ()
