"""A job must end as it must, have done what it says, and leave the memory that it should."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from heapwise.lab.components.limit import Limited, Way
from heapwise.lab.job_checks import check_ending, check_headroom, check_work, how_it_ended
from heapwise.lab.job_output import JobOutput
from heapwise.lab.spec import Exit
from support import reports


def test_an_exit_code_alone_is_success_or_failure() -> None:
    """Without a limit nobody can have been killed by it."""
    assert how_it_ended(0, None) == (Exit.OK, "exit code 0")
    assert how_it_ended(-9, None) == (Exit.FAILED, "exit code -9")


@pytest.mark.parametrize(
    ("code", "kills", "ends"), [(0, 0, Exit.OK), (-9, 1, Exit.KILLED), (1, 0, Exit.FAILED)]
)
def test_within_a_limit_the_kernels_count_decides(
    tmp_path: Path, code: int, kills: int, ends: Exit
) -> None:
    """A program that ends itself with an error was not killed, whatever its limit."""
    (tmp_path / "memory.events").write_text(f"oom 0\noom_kill {kills}\n")
    (tmp_path / "memory.peak").write_text(f"{200 << 20}\n")
    ending = how_it_ended(code, Limited(("true",), 256 << 20, Way.V2, tmp_path))
    assert ending.exit is ends
    assert ending.told.startswith(f"exit code {code} within 256 MiB (cgroup v2, peak 200 MiB)")
    assert ending.told.endswith("oom_kill +1") is (kills > 0)
    assert check_ending(ends, ending).passed
    others = [each for each in Exit if each is not ends]
    assert not any(check_ending(each, ending).passed for each in others)


def test_a_refused_allocation_is_the_limits_doing() -> None:
    """With RLIMIT_AS there is no count, and a program that fails has been refused."""
    limit = Limited(("true",), 256 << 20, Way.ADDRESS_SPACE)
    assert how_it_ended(1, limit).exit is Exit.KILLED
    assert how_it_ended(0, limit).exit is Exit.OK


def test_the_job_must_have_done_what_it_says() -> None:
    """One unit more or less, silence, and a run that counted nothing are failures."""
    report = reports.before()
    assert report.per_work is not None
    count = report.per_work.work.count
    for told, holds in ((count, True), (count + 1, False), (count - 1, False)):
        (check,) = check_work(report, JobOutput(work=told, result={"a": 1}), "")
        assert check.passed is holds
    (silent,) = check_work(report, None, "it printed nothing")
    assert (silent.passed, silent.detail) == (False, "it printed nothing")
    (blind,) = check_work(replace(report, per_work=None), JobOutput(work=1, result={"a": 1}), "")
    assert (blind.passed, blind.detail) == (False, "no work was counted")


def test_headroom_is_of_the_limit() -> None:
    """What is not measured is never taken for room."""
    report, peak = reports.before(), round(reports.BEFORE["rss.peak"])
    for limit, holds in ((peak * 2, True), (round(peak * 1.26), True), (round(peak * 1.2), False)):
        (check,) = check_headroom(0.2, report, limit)
        assert check.passed is holds
    assert list(check_headroom(0.0, report, peak)) == []
    (check,) = check_headroom(0.2, replace(report, metrics=()), peak)
    assert not check.passed
