"""What the system counted about the service."""

from __future__ import annotations

import pytest

from heapwise.analysis.process import drifted, fault_drift, growth
from heapwise.model.memory import ProcessSample
from support.runs import fence, process, window

RUN = window(fence(1), fence(9))


def cpu(sample: ProcessSample) -> int:
    """The counter that grows here."""
    return sample.cpu_ns


def test_growth_is_interpolated_at_the_fences() -> None:
    """One second of CPU per second between 0 and 10 s: eight between the fences."""
    samples = [process(0, 0), process(5, 5), process(10, 10)]
    assert growth(samples, [RUN], cpu) == pytest.approx(8e9)


def test_growth_adds_windows() -> None:
    """What happens between them is left out."""
    samples = [process(0, 0), process(20, 20)]
    assert growth(samples, [RUN, window(fence(12), fence(13))], cpu) == pytest.approx(9e9)


def test_growth_ends_with_the_process() -> None:
    """A counter that fell belongs to another process; growth is never negative."""
    samples = [process(0, 50), process(5, 55), process(8, 1), process(10, 2)]
    assert growth(samples, [RUN], cpu) == pytest.approx(4e9)


def test_one_sample_does_not_grow() -> None:
    """A service that was not started by us has none at all."""
    assert growth([process(0, 1)], [RUN], cpu) is None
    assert growth([], [RUN], cpu) is None


def test_steady_faults_do_not_drift() -> None:
    """The same rate in both halves is a factor of one."""
    samples = [process(at, minor_faults=at * 1000) for at in range(11)]
    factor = fault_drift(samples, [RUN])
    assert factor == pytest.approx(1.0)
    assert not drifted(factor)


def test_faults_that_stop_midway_drift() -> None:
    """3000 a second for half of the window, 1000 after it: a factor of three."""
    faults = [0, 3000, 6000, 9000, 12000, 15000, 16000, 17000, 18000, 19000, 20000]
    samples = [process(at, minor_faults=count) for at, count in enumerate(faults)]
    factor = fault_drift(samples, [RUN])
    assert factor == pytest.approx(3.0)
    assert drifted(factor)


def test_few_faults_or_samples_tell_nothing() -> None:
    """A handful of faults at the start is no drift."""
    few = [process(at, minor_faults=min(at, 3) * 100) for at in range(11)]
    assert fault_drift(few, [RUN]) is None
    assert fault_drift([process(2, minor_faults=0), process(8, minor_faults=10**6)], [RUN]) is None
    assert fault_drift([], [window(fence(1), None)]) is None
