"""When a service runs another build, and what can be said of it at equal age and like load."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.comparison import Verdict
from heapwise.model.watch import Bin, Deploy, Source, Stretch, Target, Vitals
from heapwise.watch.deploys import Deploys, Judgement
from heapwise.watch.deploys.builds import Builds
from heapwise.watch.deploys.compare import METRICS, compare_builds
from heapwise.watch.deploys.lives import AGES, Age, Life
from heapwise.watch.history import History
from heapwise.watch.scale import UNSCALED, Scale
from heapwise.watch.stumbles import Stumbles

S = 10**9
TEN = AGES[0]


def target(number: int = 1, service: str = "shop") -> Target:
    return Target(service=service, instance=f"h{number}:1", url=f"http://h{number}:1")


class Simulated:
    """A process that answers every 15 seconds, with noise of its own."""

    def __init__(self, seed: int = 1, **change: float) -> None:
        self._random = np.random.default_rng(seed)
        self._change = {"load": 1.0, "size": 1.0, "cpu": 1.0, "gc": 1.0, "live": 1.0, **change}

    def stretch(self, begin_ns: int, seconds: int = 15, *, counted: bool = True) -> Stretch:
        noise = {name: float(self._random.normal(1, 0.05)) for name in self._change}
        told = {name: self._change[name] * noise[name] for name in self._change}
        work = 100 * told["load"] * seconds
        return Stretch(
            begin_ns=begin_ns, end_ns=begin_ns + seconds * S, allocated=work * 2e4 * told["size"],
            work=work if counted else None, cpu_share=work * 1e-3 * told["cpu"] / seconds,
            gc_of_used=0.08 * told["gc"], live=1e8 * told["live"],
        )  # fmt: skip


def life(simulated: Simulated, minutes: float = 10, *, counted: bool = True) -> Life:
    made = Life("t", "b", 0, UNSCALED)
    for second in range(0, int(minutes * 60), 15):
        made.add(simulated.stretch(second * S, counted=counted))
    return made


def verdicts(
    before: Sequence[Life], after: Sequence[Life], age: Age = TEN
) -> dict[str, tuple[Verdict, str]]:
    return {row.metric: (row.verdict, row.why) for row in compare_builds(before, after, age)}


def test_equal_builds_differ_in_nothing() -> None:
    """Two processes of one build under the same load: nothing got worse or better."""
    found = verdicts([life(Simulated(1))], [life(Simulated(2))])
    assert {verdict for verdict, _ in found.values()} <= {Verdict.SAME, Verdict.UNDECIDED}


@pytest.mark.parametrize(
    ("change", "metric"),
    [("size", "bytes/work"), ("cpu", "cpu/work"), ("gc", "gc.cpu_share"), ("live", "heap.live")],
)
def test_what_got_worse_is_found_and_nothing_else(change: str, metric: str) -> None:
    """A build that needs 40 % more of one thing is worse in that thing, and the fix is better."""
    old, new = [life(Simulated(1))], [life(Simulated(2, **{change: 1.4}))]
    found = verdicts(old, new)
    assert found[metric][0] is Verdict.WORSE
    assert all(
        verdict is not Verdict.WORSE for name, (verdict, _) in found.items() if name != metric
    )
    assert verdicts(new, old)[metric][0] is Verdict.BETTER


def test_another_load_cannot_be_compared() -> None:
    """Where the new build has three times the load nothing is decided, and both loads are told."""
    found = verdicts([life(Simulated(1))], [life(Simulated(2, load=3.0, live=1.5))])
    assert {verdict for verdict, _ in found.values()} == {Verdict.UNDECIDED}
    assert found["heap.live"][1].startswith("their loads differ: ")


def test_a_little_more_load_hides_no_more_bytes_per_request() -> None:
    """Bytes per request are compared at 30 % more load, the live heap is not."""
    found = verdicts([life(Simulated(1))], [life(Simulated(2, load=1.3, size=1.3))])
    assert found["bytes/work"][0] is Verdict.WORSE
    assert found["heap.live"][0] is Verdict.UNDECIDED


def test_without_counted_requests_nothing_is_said_per_request() -> None:
    """Bytes a second are load and not cost where nobody counts the work."""
    found = verdicts(
        [life(Simulated(1), counted=False)], [life(Simulated(2, live=1.5), counted=False)]
    )
    assert found["bytes/work"][0] is Verdict.UNDECIDED
    assert found["heap.live"][0] is Verdict.WORSE


def test_small_changes_of_small_things_wake_nobody() -> None:
    """A GC share that doubled to half a per cent is no news."""
    old, new = [life(Simulated(1, gc=0.03))], [life(Simulated(2, gc=0.06))]
    verdict, why = verdicts(old, new)["gc.cpu_share"]
    assert (verdict, why) == (Verdict.UNDECIDED, "it differs by less than 2.0 %")


def test_many_instances_are_one_sample_each() -> None:
    """Eight processes that differ from one another by as much as the builds decide nothing, for
    all their blocks; eight that agree do.
    """
    uneven = [
        [life(Simulated(seed, size=low + seed / 10)) for seed in range(8)] for low in (0.7, 0.9)
    ]
    assert verdicts(*uneven)["bytes/work"][0] is Verdict.UNDECIDED
    even = [[life(Simulated(seed, size=size)) for seed in range(8)] for size in (1.0, 1.3)]
    assert verdicts(*even)["bytes/work"][0] is Verdict.WORSE


def test_a_process_that_is_too_young_decides_nothing() -> None:
    """Three minutes are too little, which is said."""
    found = verdicts([life(Simulated(1))], [life(Simulated(2, size=2.0), minutes=5)])
    assert found["bytes/work"] == (
        Verdict.UNDECIDED, "too little was seen of one of them at that age",
    )  # fmt: skip


@given(st.lists(st.integers(0, 10**6), max_size=40), st.integers(1, 600))
def test_each_stretch_is_in_at_most_one_age(begins: list[int], seconds: int) -> None:
    """No verdict repeats another's evidence: the times of the ages do not overlap."""
    made = Life("t", "b", 0, UNSCALED)
    for begin in begins:
        made.add(Simulated().stretch(begin * S, seconds))
    counted = sum(block.seconds for age in AGES for block in made._blocks[age].values())
    assert counted <= seconds * len(begins)


class Fleet:
    """Instances of a service that are watched minute by minute."""

    def __init__(self, deploys: Deploys, scale: Scale = UNSCALED) -> None:
        self.deploys, self.scale, self.now = deploys, scale, 1_000 * S
        self.running: dict[int, tuple[str, Simulated, int]] = {}
        self.found: list[Deploy] = []
        self.judged: list[Judgement] = []
        self.pasts: dict[int, tuple[History, list[Bin]]] = {}

    def start(self, number: int, build: str, simulated: Simulated) -> None:
        self.running[number] = (build, simulated, self.now)
        self.pasts[number] = (History(self.scale, "go", 15 * S), [])
        self._see(number, None)

    def go_on(self, minutes: float) -> None:
        step = round(15 * S * self.scale.factor)
        for _ in range(int(minutes * 4)):
            begin = self.now
            self.now += step
            for number, (_, simulated, _) in self.running.items():
                made = simulated.stretch(begin)
                self._see(number, msgspec.structs.replace(made, end_ns=self.now))
            self.judged += self.deploys.judged(self.now)

    def restart_the_watcher(self) -> None:
        """Another one takes over, with what this one kept."""
        self.deploys = Deploys(self.scale, self.found)
        for number, (_, bins) in self.pasts.items():
            self.deploys.restore(target(number), self._vitals(number), bins)

    def _see(self, number: int, stretch: Stretch | None) -> None:
        if stretch is not None:
            history, bins = self.pasts[number]
            bins += history.add(stretch)
        deploy = self.deploys.seen(target(number), self._vitals(number), stretch)
        self.found += [deploy] if deploy else []

    def _vitals(self, number: int) -> Vitals:
        build, _, born = self.running[number]
        return Vitals(
            at_ns=self.now, source=Source.EXPVAR, runtime="go", build=build, started_ns=born
        )


def test_a_deploy_is_judged_once_at_each_age() -> None:
    """At ten minutes and at an hour, once each; the sign says what got worse, and by how much."""
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(61)
    fleet.start(1, "v2", Simulated(2, size=1.5))
    fleet.go_on(70)
    assert [(each.build, each.before) for each in fleet.found] == [("v1", ""), ("v2", "v1")]
    assert [each.age_ns // (60 * S) for each in fleet.judged] == [10, 60]
    sign = fleet.deploys.sign(target(), fleet.now)
    assert sign is not None
    assert sign.code == "deploy"
    assert sign.summary.startswith("build v2 at 3,600 s of age: ")
    assert "more B/req (" in sign.summary
    assert sign.summary.endswith(" than v1")
    assert {row.metric for row in fleet.judged[0].rows} == set(METRICS)
    assert fleet.deploys.sign(target(2), fleet.now) is None


def test_scaled_ages_come_sooner() -> None:
    """With hours as minutes a deploy is judged after ten seconds."""
    scale = Scale(1 / 60)
    fleet = Fleet(Deploys(scale), scale)
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(12)
    fleet.start(1, "v2", Simulated(2))
    fleet.go_on(12)
    assert [each.age_ns for each in fleet.judged] == [10 * S]
    assert fleet.judged[0].sign is None


def test_the_sign_goes_an_hour_after_the_last_age() -> None:
    """A deploy that was worse at all ages is shown until an hour after it was a day old."""
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(1441)
    fleet.start(1, "v2", Simulated(2, size=1.5))
    fleet.go_on(1445)
    assert len(fleet.judged) == 3
    assert fleet.deploys.sign(target(), fleet.now) is not None
    fleet.go_on(60)
    assert fleet.deploys.sign(target(), fleet.now) is None


def test_stragglers_of_a_rolling_deploy_are_waited_for() -> None:
    """Of three instances that are replaced one by one a minute apart, all are in the first
    verdict; an instance that takes an hour is not waited for.
    """
    fleet = Fleet(Deploys(UNSCALED))
    for number in (1, 2, 3):
        fleet.start(number, "v1", Simulated(number))
    fleet.go_on(12)
    for number in (1, 2, 3):
        fleet.start(number, "v2", Simulated(number + 3, size=1.5))
        fleet.go_on(1)
    fleet.go_on(8)
    assert not fleet.judged
    fleet.go_on(2)
    assert len(fleet.judged) == 1
    assert fleet.judged[0].rows[0].verdict is Verdict.WORSE


def test_another_instance_stands_for_a_deploy_when_the_first_is_gone() -> None:
    """Where instances come and go under new names, the sign goes on at one that lives."""
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(12)
    del fleet.running[1]
    for number in (2, 3):
        fleet.start(number, "v2", Simulated(number, size=1.5))
    fleet.deploys.gone(target(1))
    fleet.go_on(13)
    assert fleet.deploys.sign(target(2), fleet.now) is not None
    fleet.deploys.gone(target(2))
    assert fleet.deploys.sign(target(2), fleet.now) is None
    assert fleet.deploys.sign(target(3), fleet.now) is not None


def test_a_canary_that_was_taken_back_is_told_no_more() -> None:
    """Where the instance runs the old build again, nothing is wrong with it by the new one."""
    fleet = Fleet(Deploys(UNSCALED))
    for number in (1, 2, 3):
        fleet.start(number, "v1", Simulated(number))
    fleet.go_on(12)
    for number in (1, 2):
        fleet.start(number, "v2", Simulated(number + 3, size=1.5))
    fleet.go_on(13)
    assert fleet.deploys.sign(target(1), fleet.now) is not None
    fleet.start(1, "v1", Simulated(6))
    assert fleet.deploys.sign(target(1), fleet.now) is None
    assert fleet.deploys.sign(target(2), fleet.now) is not None
    fleet.start(2, "v1", Simulated(7))
    fleet.go_on(1)
    assert not any(fleet.deploys.sign(target(number), fleet.now) for number in (1, 2, 3))


def test_a_second_canary_is_held_against_what_most_instances_run() -> None:
    """The build that still serves is remembered, though two newer ones began to run since."""
    fleet = Fleet(Deploys(UNSCALED))
    for number in (1, 2, 3):
        fleet.start(number, "v1", Simulated(number))
    fleet.go_on(12)
    fleet.start(1, "v2", Simulated(4))
    fleet.go_on(13)
    fleet.start(1, "v3", Simulated(5, size=1.5))
    fleet.go_on(13)
    assert fleet.judged[-1].deploy == Deploy(
        service="shop", build="v3", before="v1", at_ns=fleet.found[-1].at_ns
    )
    assert fleet.judged[-1].rows[0].verdict is Verdict.WORSE


def test_a_process_that_was_old_when_first_seen_hurries_nobody() -> None:
    """An instance that says it is hours old, by its clock or since nobody asked it before, does not
    have the others judged before they are ten minutes old.
    """
    fleet = Fleet(Deploys(UNSCALED))
    for number in (1, 2):
        fleet.start(number, "v1", Simulated(number))
    fleet.go_on(12)
    for number in (1, 2):
        fleet.start(number, "v2", Simulated(number + 2, size=1.5))
    fleet.running[2] = ("v2", Simulated(4, size=1.5), fleet.now - 7200 * S)
    fleet._see(2, None)
    fleet.go_on(11)
    assert [each.age_ns // (60 * S) for each in fleet.judged] == [10]
    assert fleet.judged[0].rows[0].verdict is Verdict.WORSE


def deploys_of(*seen: tuple[int, str]) -> list[tuple[str, str]]:
    builds = Builds()
    found = (builds.seen(target(number), build, 1) for number, build in seen)
    return [(each.build, each.before) for each in found if each is not None]


@pytest.mark.parametrize(
    ("seen", "deploys"),
    [
        ([(1, "a"), (2, "a"), (1, "a")], [("a", "")]),
        ([(1, "a"), (2, "a"), (1, "b"), (2, "b")], [("a", ""), ("b", "a")]),
        ([(1, "a"), (2, "a"), (1, "b"), (1, "a")], [("a", ""), ("b", "a")]),
        ([(1, "a"), (1, "b"), (1, "a")], [("a", ""), ("b", "a"), ("a", "b")]),
        ([(1, ""), (1, "a"), (1, ""), (1, "a")], [("a", "")]),
    ],
    ids=["steady", "rolling", "undone half-way", "rollback", "untold"],
)
def test_a_deploy_is_a_build_that_nobody_ran(
    seen: list[tuple[int, str]], deploys: list[tuple[str, str]]
) -> None:
    """One for each build that begins to run, however its instances take turns."""
    assert deploys_of(*seen) == deploys


def test_a_watcher_that_was_restarted_sees_no_deploy() -> None:
    """The build that was deployed last is not new to the next watcher."""
    past = [Deploy(service="shop", build="v7", before="v6", at_ns=5)]
    assert Builds(past).seen(target(), "v7", 9) is None
    found = Builds(past).seen(target(), "v8", 9)
    assert found == Deploy(service="shop", build="v8", before="v7", at_ns=9)


def test_a_watcher_that_takes_over_in_mid_canary_sees_no_deploy() -> None:
    """Which instance ran which build is kept, so that neither is new to it."""
    fleet = Fleet(Deploys(UNSCALED))
    for number, build in ((1, "v1"), (2, "v1"), (1, "v2")):
        fleet.start(number, build, Simulated(number))
    fleet.go_on(10)
    assert [each.build for each in fleet.found] == ["v1", "v2"]
    fleet.restart_the_watcher()
    fleet.go_on(10)
    fleet.start(2, "v1", Simulated(2))
    assert [each.build for each in fleet.found] == ["v1", "v2"]


def test_a_deploy_is_judged_by_what_an_earlier_watcher_kept() -> None:
    """At an hour of age by its bins; they are too coarse for the first ten minutes, and do not
    tell what CPU the work took.
    """
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(65)
    fleet.restart_the_watcher()
    fleet.go_on(5)
    fleet.start(1, "v2", Simulated(2, size=1.5))
    fleet.go_on(70)
    early, late = ({row.metric: row.verdict for row in judged.rows} for judged in fleet.judged)
    assert set(early.values()) == {Verdict.UNDECIDED}
    assert late["bytes/work"] is Verdict.WORSE
    assert late["heap.live"] is Verdict.SAME
    assert late["cpu/work"] is Verdict.UNDECIDED


def test_cpu_per_request_is_that_of_the_requests_whose_cpu_is_known() -> None:
    """Half of an hour by bins, which do not tell it, is no reason to halve the figure."""
    made = Life("t", "b", 0, UNSCALED)
    made.restore([Bin(begin_ns=at * S, stretches=20, live=1e8, allocated=2e6, work=100.0)
                  for at in range(3600, 5400, 300)])  # fmt: skip
    for at in range(5400, 7200, 15):
        stretch = Stretch(begin_ns=at * S, end_ns=(at + 15) * S, work=1500.0, allocated=3e7)
        made.add(msgspec.structs.replace(stretch, cpu_share=0.5))
    (block,) = made.blocks(AGES[2])
    assert block.metrics["cpu/work"] == pytest.approx(0.5 / 100 * S)
    assert block.metrics["bytes/work"] == pytest.approx(2e4)


def test_a_target_that_comes_back_is_no_second_sample_of_its_process() -> None:
    """Left out of a list for a while, its process is still one, with one life."""
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(40)
    fleet.deploys.gone(target(1))
    fleet.deploys.restore(target(1), fleet._vitals(1), fleet.pasts[1][1])
    fleet.go_on(20)
    (life,) = fleet.deploys._lives["shop"]["v1"]
    assert sum(block.seconds for block in life.blocks(AGES[1])) == pytest.approx(50 * 60)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("size", [1e-320, 1e-300, 1e300, 2.0**1000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_amounts_end_the_judging(size: float, seed: int) -> None:
    """Figures come from the target: a share of next to nothing is more than a number can hold."""
    plain, odd = (Simulated(seed, size=1e-300, live=live) for live in (1.0, size))
    assert len(compare_builds([life(plain)], [life(odd)], TEN)) == len(METRICS)
    assert len(compare_builds([life(odd)], [life(plain)], TEN)) == len(METRICS)


def test_a_service_that_cannot_be_judged_costs_no_other_its_verdict() -> None:
    """What is raised over one is told by its name, and the others are judged as ever."""
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(12)
    fleet.start(1, "v2", Simulated(2, size=1.5))
    fleet.go_on(9)
    watched = fleet.deploys._watched
    watched |= {"broken": None, "shop": watched.pop("shop")}  # type: ignore[dict-item]
    told: list[str] = []
    fleet.now += 60 * S
    fleet.go_on(0)
    fleet._see(1, Simulated(2).stretch(fleet.now - 60 * S, 60))
    (judgement,) = fleet.deploys.judged(fleet.now, Stumbles(told.append).over)
    assert judgement.deploy.build == "v2"
    assert [line.split(":")[0] for line in told] == ["broken"]


def test_hostile_names_of_builds_stay_on_one_line() -> None:
    """A build's name comes from the target: what does not print is spelled out."""
    fleet = Fleet(Deploys(UNSCALED))
    fleet.start(1, "v1", Simulated(1))
    fleet.go_on(11)
    fleet.start(1, "v2\n\x1b[31m" + "x" * 1000, Simulated(2, size=2.0))
    fleet.go_on(13)
    sign = fleet.judged[0].sign
    assert sign is not None
    assert sign.summary.isprintable()
    assert len(sign.summary) < 1000


def test_memory_of_a_service_is_bounded() -> None:
    """However many builds and restarts there are, two builds of 32 processes are remembered."""
    deploys = Deploys(UNSCALED)
    for number in range(200):
        vitals = Vitals(
            at_ns=number * S, source=Source.EXPVAR, runtime="go", build=f"v{number // 50}",
            started_ns=number * S,
        )  # fmt: skip
        deploys.seen(target(), vitals, None)
    lives = deploys._lives["shop"]
    assert sorted(lives) == ["v2", "v3"]
    assert max(map(len, lives.values())) == 32


def false_alarms(simulate: Callable[[int], Life], runs: int) -> float:
    """Share of comparisons of equal builds with anything worse."""
    worse = sum(
        Verdict.WORSE in {v for v, _ in verdicts([simulate(2 * n)], [simulate(2 * n + 1)]).values()}
        for n in range(runs)
    )
    return worse / runs


def test_equal_builds_are_seldom_told_apart() -> None:
    """Of 100 deploys of what ran before at most 5 are called worse; benchmarks/watch/deploys.py
    has the figures with load that comes and goes and noise that lasts.
    """
    assert false_alarms(lambda seed: life(Simulated(seed)), 100) <= 0.05
