"""Variants take turns, and are judged by all of their rounds."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from heapwise.lab.bench import Trial
from heapwise.lab.climb import Climb
from heapwise.lab.library import find_case
from heapwise.lab.oracles import Seen
from heapwise.lab.runner import LabRequest, turns
from heapwise.lab.spec import Exit, Expectation, Lab
from heapwise.model.report import RunReport
from support import reports

LAB = find_case("chi-compress").lab
ANSWER = Seen({0: [b"{}"]}, 200.0)


def test_rounds_go_up_and_down_the_ladder() -> None:
    """The first round's recordings are the lab's; each further one begins where the last ended."""
    request = LabRequest(
        variants=("before", "after"), scale=LAB.check, out_dir=Path("out"), rounds=3
    )  # fmt: skip
    assert [str(path) for path, _ in turns(request)] == [
        "out/before.hw", "out/after.hw",
        "out/rounds/after-2.hw", "out/rounds/before-2.hw",
        "out/rounds/before-3.hw", "out/rounds/after-3.hw",
    ]  # fmt: skip
    assert [name for _, name in turns(request)][2:4] == ["after", "before"]


def trial(
    name: str, report: RunReport, *, scale: int = 0, seen: Seen = ANSWER, ended: Exit = Exit.OK
) -> Trial:
    """A variant that ran."""
    return Trial(name, Path(f"{name}.hw"), report, seen, (), scale=scale, ended=ended)


def climbed(*trials: Trial, lab: Lab = LAB) -> Climb:
    """The variants that ran, in this order."""
    climb = Climb(lab)
    for each in trials:
        climb.take(each)
    return climb


def test_several_rounds_are_compared_as_such() -> None:
    """Findings and answers are of the first; verdicts are of all."""
    rounds = [trial("before", reports.before()), trial("after", reports.after())] * 6
    result = climbed(*rounds).judged("after")
    assert result.comparison is not None
    assert result.comparison.rounds == (6, 6)
    assert result.report is rounds[1].report
    assert climbed(*rounds[:2]).judged("after").comparison != result.comparison


def test_without_before_nothing_is_compared() -> None:
    """A variant alone has its own checks, and no table."""
    climb = climbed(trial("after", reports.after()), trial("control", reports.after()))
    result = climb.judged("control")
    assert result.comparison is None
    assert not any(check.name.startswith("oracle") for check in result.checks)
    assert list(climb.article()) == []


def names(climb: Climb, variant: str) -> list[str]:
    """The checks of a variant."""
    return [check.name for check in climb.judged(variant).checks]


def test_answers_are_held_against_the_first_of_as_much_work() -> None:
    """Where `before` was killed, or given less, it is no model; nor is a variant its own."""
    first = trial("before", reports.before(), ended=Exit.KILLED)
    second, third = trial("upgrade", reports.before()), trial("after", reports.after())
    climb = climbed(first, second, third)
    oracle = "oracle equal_decompressed_bodies"
    assert oracle not in names(climb, "before")
    assert oracle not in names(climb, "upgrade")
    assert oracle in names(climb, "after")
    less = climbed(trial("before", reports.before(), scale=5), second, third)
    assert oracle not in names(less, "upgrade")
    assert oracle in names(less, "after")
    before = trial("before", reports.before())
    killed = climbed(before, trial("after", reports.after(), ended=Exit.KILLED))
    assert oracle not in names(killed, "after")


def test_a_control_stands_beside_after_and_not_on_another_control() -> None:
    """Its factors are against the top of the ladder, or what it says that it changes."""
    second = replace(LAB.variants["control"], of="")
    lab = replace(LAB, variants={**LAB.variants, "control": second, "second": second})
    low = replace(reports.after(), metrics=())
    climb = climbed(
        trial("before", reports.before()), trial("after", reports.after()),
        trial("control", low), trial("second", reports.after()), lab=lab,
    )  # fmt: skip
    factors = {rung.metric: rung.factor for rung in climb.judged("second").rungs}
    assert factors["bytes/work"] == 1.0
    climb = climbed(
        trial("before", reports.before()), trial("after", reports.after()),
        trial("control", reports.before()),
    )  # fmt: skip
    factors = {rung.metric: rung.factor for rung in climb.judged("control").rungs}
    assert factors["bytes/work"] == 1.0  # it says that it changes `before`


def test_a_fix_is_held_against_the_last_variant_with_its_finding() -> None:
    """Steps between that lack it are passed over."""
    fixed = replace(LAB.variants["after"], expect=Expectation(fixes="HW101"))
    lab = replace(LAB, variants={**LAB.variants, "after": fixed})
    gained = reports.BEFORE["bytes/work"] - reports.AFTER["bytes/work"]
    finding = replace(reports.compressor(), code="HW101", gain_bytes_per_work=gained)
    before = replace(reports.before(), findings=(finding,))
    other = replace(reports.before(), findings=())
    climb = climbed(
        trial("before", before), trial("upgrade", other), trial("after", reports.after()), lab=lab
    )
    checks = {check.name: check for check in climb.judged("after").checks}
    assert checks["HW101 gains what it promised, within 30%"].passed
