"""HW805: settings of the collector that work against it, and those that are left in peace."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import case_of
from heapwise.diagnose.rules.settings import settings_that_fight as rule
from heapwise.record.loader import load
from support.profiles import Sample, profile
from support.recordings import make_recording

MIB = 1 << 20
LIVE = 100 * MIB
STACK = ("main.load (/srv/load.go:12)", "main.main (/srv/main.go:5)")


def case(
    cgroup_limit: int = -1,
    gc_share: float | None = None,
    *,
    live: int = LIVE,
    runtime: str = "go",
    **settings: str,
) -> Case:
    """A window of a service with so much that lives, started with these settings."""
    heap = profile([Sample(STACK, (1_000, 2 * LIVE, 500, live))])
    return Case.of(
        heap, heap, None, runtime=runtime, settings=settings, cgroup_limit=cgroup_limit,
        gc_share=gc_share,
    )  # fmt: skip


@pytest.mark.parametrize("limit", ["90MiB", "129MiB", str(120 * MIB)])
def test_a_limit_too_near_what_lives_is_found(limit: str) -> None:
    """Below 1.3 times the live heap the collector never rests."""
    (finding,) = rule.find(case(GOMEMLIMIT=limit))
    assert finding.title.startswith(f"GOMEMLIMIT={limit} is ")
    assert "130 MiB" in finding.remedy or "136 MB" in finding.remedy


@pytest.mark.parametrize("limit", ["131MiB", "1GiB", "off", "", "nonsense", "-5", "9" * 30])
def test_a_limit_with_room_or_none_is_left_in_peace(limit: str) -> None:
    """So is what Go would not take for a limit."""
    assert list(rule.find(case(GOMEMLIMIT=limit))) == []


def test_a_near_limit_that_costs_nothing_is_left_in_peace() -> None:
    """Where collecting is known to be cheap there is no storm; unknown or dear, there may be."""
    assert list(rule.find(case(gc_share=0.01, GOMEMLIMIT="110MiB"))) == []
    assert len(list(rule.find(case(gc_share=0.4, GOMEMLIMIT="110MiB")))) == 1


def test_no_collector_and_no_limit_is_found() -> None:
    """GOGC=off is half of a setting; with a limit it is a whole one."""
    (finding,) = rule.find(case(GOGC="off"))
    assert "Set GOMEMLIMIT" in finding.remedy
    (finding,) = rule.find(case(GOGC="off", GOMEMLIMIT="off"))
    assert finding.title == "GOGC=off without a GOMEMLIMIT: nothing is ever collected"
    assert list(rule.find(case(GOGC="off", GOMEMLIMIT="1GiB"))) == []


def test_a_limit_that_fills_the_container_is_found() -> None:
    """It counts what the runtime manages, and the kernel counts all of it."""
    (finding,) = rule.find(case(256 * MIB, GOMEMLIMIT="256MiB"))
    assert "leaves no room" in finding.title
    assert list(rule.find(case(256 * MIB, GOMEMLIMIT="230MiB"))) == []
    assert list(rule.find(case(-1, GOMEMLIMIT="256MiB"))) == []


def test_a_lowered_gogc_is_found_where_collecting_is_dear() -> None:
    """A price that nobody notices is no finding, and an unknown one neither."""
    (finding,) = rule.find(case(gc_share=0.15, GOGC="30"))
    assert finding.title == "GOGC=30 makes collecting take 15.0 % of the CPU time"
    for quiet in (
        case(gc_share=0.01, GOGC="30"),
        case(GOGC="30"),
        case(gc_share=0.15, GOGC="100"),
        case(gc_share=0.15, GOGC="400"),
        case(gc_share=0.15),
    ):
        assert list(rule.find(quiet)) == []


def test_other_runtimes_have_other_settings() -> None:
    """A variable of that name in a Python service means nothing."""
    assert list(rule.find(case(runtime="python", GOGC="off"))) == []


def test_without_a_live_heap_a_limit_cannot_be_near() -> None:
    """A profile without what lives tells nothing of room."""
    assert list(rule.find(case(live=0, GOMEMLIMIT="1MiB"))) == []


def test_two_fights_at_once_are_two_findings() -> None:
    """Too near to what lives and to the container: a comparison tells the two apart."""
    both = list(rule.find(case(110 * MIB, GOMEMLIMIT="109MiB")))
    assert len({finding.cause for finding in both}) == len(both) == 2


def test_no_advice_calls_the_limit_hard() -> None:
    """CASEBOOK K-05 and L-06 do; heap in use goes beyond it, as was measured."""
    cases = [
        case(256 * MIB, 0.5, GOGC="30", GOMEMLIMIT="110MiB"),
        case(256 * MIB, GOGC="off"),
        case(256 * MIB, GOMEMLIMIT="256MiB"),
    ]
    texts = [f"{f.title} {f.why} {f.remedy}" for each in cases for f in rule.find(each)]
    assert len(texts) >= 4
    assert not any(re.search(r"hard limit|zero OOM|guarantee", text) for text in texts)
    assert "hard limit" not in (rule.__doc__ or "")


def test_the_settings_are_those_of_the_recorded_service(tmp_path: Path) -> None:
    """What the service was started with and what its container may have reach the rule."""
    recording = load(make_recording(tmp_path / "run.hw"))
    settings = {"GOMEMLIMIT": "256MiB", "GOGC": "100"}
    service = msgspec.structs.replace(
        recording.manifest.service, settings=settings, cgroup_limit=256 * MIB
    )
    manifest = msgspec.structs.replace(recording.manifest, service=service)
    window = profile([Sample(STACK, (1_000, LIVE, 10, 1_000))])
    (finding,) = rule.find(case_of(replace(recording, manifest=manifest), window, window, None))
    assert finding.title == "GOMEMLIMIT=256MiB leaves no room in the container's 256 MiB"
