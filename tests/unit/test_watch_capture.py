"""When captures are taken, of whom, what stands against them, and what becomes of what comes."""

from __future__ import annotations

import gzip
import itertools
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.growth.evidence import Evidence, Says
from heapwise.errors import RecordingError
from heapwise.formats.pprof_limits import Limits
from heapwise.model.watch import Alert, Captured, PathGrowth, Severity, Source, Target, Vitals
from heapwise.runtimes.endpoint import Endpoint
from heapwise.watch.capture import Allowance, Capturer, CaptureSettings
from heapwise.watch.capture.commands import commands
from heapwise.watch.capture.evidence import compared, explained, growth, said
from heapwise.watch.capture.gate import Gate
from heapwise.watch.capture.line import Point
from heapwise.watch.capture.recent import Recent, busy_share
from heapwise.watch.capture.series import Series
from heapwise.watch.capture.take import Taken, Taking, look
from heapwise.watch.scale import Scale
from support.profiles import profile_bytes
from support.watchservice import Hands

MINUTE = 60 * 10**9
DEFAULTS = CaptureSettings()
SHOP = Target(service="shop", instance="a:1", url="http://a:1")
TWIN = Target(service="shop", instance="b:1", url="http://b:1")
HEAP_TYPES = (
    "alloc_objects/count",
    "alloc_space/bytes",
    "inuse_objects/count",
    "inuse_space/bytes",
)


def vitals(at_ns: int = 0, **told: object) -> Vitals:
    """What a Go target says."""
    given = {"runtime": "go", "build": "v1", "cycles": 10, "live": 1e6, **told}
    return msgspec.convert({"at_ns": at_ns, "source": Source.EXPVAR, **given}, Vitals)


def alert(code: str = "growing", target: Target = SHOP, number: int = 1) -> Alert:
    return Alert(
        id=f"{code}{number}", target=target.key, service=target.service, instance=target.instance,
        code=code, severity=Severity.CAPTURE, summary="it grows", began_ns=1, seen_ns=1,
    )  # fmt: skip


def captured(number: int, kind: str = "heap", at_ns: int = 0) -> Captured:
    return Captured(
        id=number, kind=kind, at_ns=at_ns, target=SHOP.key, reason="leak", size=1, sha256=""
    )


class Shelf:
    """Keeps profiles in memory, as the store does on a disk."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}
        self.full = False

    def profile(
        self, target_key: str, kind: str, reason: str, at_ns: int, data: bytes, build: str = ""
    ) -> Captured:
        if self.full:
            raise RecordingError("no room", build)
        number = len(self.kept) + 1
        self.kept[number] = data
        return Captured(
            id=number, kind=kind, at_ns=at_ns, target=target_key, reason=reason, size=len(data),
            sha256="",
        )  # fmt: skip

    def profile_path(self, number: int, /) -> Path:
        return Path(f"/store/{number}")


class Bench:
    """A capturer whose targets answer at once, with what a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, settings: CaptureSettings) -> None:
        self.clock, self.shelf, self.asked = Hands(), Shelf(), list[tuple[str, str]]()
        self.answer = Taken(data=b"x")
        monkeypatch.setattr(Taking, "run", lambda taking: self._run(taking))  # noqa: PLW0108 - a method
        self.capturer = Capturer(
            self.shelf, self.clock, Scale(), settings,
            endpoint_of=lambda target: Endpoint.parse(target.url),
        )  # fmt: skip

    def _run(self, taking: Taking) -> Taken:
        self.asked.append((taking.endpoint.host, taking.kind))
        return self.answer

    def see(self, target: Target, **told: object) -> Vitals:
        said = vitals(self.clock.now_ns(), **told)
        self.capturer.seen(target, said)
        return said

    def round(self) -> list[tuple[str, str]]:
        """Begin what is due, and keep what comes of it: who was asked for what."""
        before = len(self.asked)
        for _ in range(10):
            self.capturer.step()
            for job in self.capturer._jobs.values():
                job.future.result(5)
        return self.asked[before:]


@contextmanager
def bench(monkeypatch: pytest.MonkeyPatch, settings: CaptureSettings = DEFAULTS) -> Iterator[Bench]:
    """Ended with its pool."""
    made = Bench(monkeypatch, settings)
    try:
        yield made
    finally:
        made.capturer.close()


def test_a_series_is_taken_at_growing_intervals() -> None:
    """At once, after two cycles of Go, at ten and thirty minutes, then half-hourly, and never
    more than the settings allow.
    """
    series = Series("heap", "leak", "go", Scale(), DEFAULTS)
    reasons = []
    for minute in range(10_000):
        if reason := series.due(minute * MINUTE + 1, 10 + minute):
            series.took(reason, minute * MINUTE + 1, 10 + minute)
            reasons.append((minute, reason))
    assert reasons[:6] == [
        (0, "leak"), (2, "next cycle"), (10, "later"), (30, "later"), (60, "later"), (90, "later"),
    ]  # fmt: skip
    assert len(reasons) == DEFAULTS.most
    gaps = [later[0] - sooner[0] for sooner, later in itertools.pairwise(reasons[4:])]
    assert min(gaps) == 30
    assert gaps == sorted(gaps)


def test_a_later_profile_shows_the_next_cycle_as_well() -> None:
    """Where the collector runs once in a quarter of an hour, nothing is taken twice."""
    series = Series("heap", "leak", "go", Scale(), DEFAULTS)
    for minute, cycles in ((0, 1), (10, 1)):
        series.took(series.due(minute * MINUTE + 1, cycles), minute * MINUTE + 1, cycles)
    assert not series.due(15 * MINUTE, 3)


def test_a_series_of_what_does_not_grow_is_one_capture() -> None:
    """One CPU profile explains a sign; a second one comes only with another alert."""
    series = Series("cpu", "pauses", "go", Scale(), DEFAULTS)
    series.took(series.due(1, None), 1, None)
    assert not series.due(10**18, None)


def test_time_scale_shortens_a_series() -> None:
    """With hours as minutes a Python process is captured again after ten seconds."""
    series = Series("heap", "leak", "python", Scale(1 / 60), DEFAULTS)
    series.took(series.due(1, None), 1, None)
    assert not series.due(9 * 10**9, None)
    assert series.due(10 * 10**9 + 1, None) == "later"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**12)), max_size=60))
def test_a_series_never_takes_more_than_allowed(steps: list[tuple[bool, int]]) -> None:
    """Whatever fails and however time passes, taken and given up together stay within bounds."""
    settings = CaptureSettings(most=5)
    series = Series("heap", "leak", "go", Scale(), settings)
    now = 1
    for worked, passes in steps:
        now += passes
        if not (reason := series.due(now, now // 10**9)):
            continue
        if worked:
            series.took(reason, now, now // 10**9)
        elif not series.retry(MINUTE, now):
            series.skip(reason, now)
    assert series.taken + series.skipped <= settings.most


def test_one_instance_stands_for_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two instances with the same alert one is captured; the other's alert shows its captures
    and says so; when its process has gone the other one is captured.
    """
    with bench(monkeypatch) as on:
        first, second = alert(), alert(target=TWIN, number=2)
        for target, about in ((SHOP, first), (TWIN, second)):
            on.capturer.wants(target, on.see(target), about, ["heap"])
        assert on.round() == [("a", "heap")]
        told = on.capturer.evidence(second)
        assert [each.target for each in told.captures] == [SHOP.key]
        assert told.notes[0] == "heap profiles are taken of shop/a:1, which runs the same"
        on.capturer.restarted(SHOP.key)
        on.capturer.wants(TWIN, on.see(TWIN), second, ["heap"])
        assert on.round() == [("b", "heap")]


def test_an_instance_that_moved_is_captured_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target of the same name with another address is no other instance."""
    with bench(monkeypatch) as on:
        on.capturer.wants(SHOP, on.see(SHOP), alert(), ["heap"])
        assert on.round() == [("a", "heap")]
        moved = msgspec.structs.replace(SHOP, url="http://c:1")
        on.clock.forward(minutes=10)
        on.capturer.wants(moved, on.see(moved), alert(), ["heap"])
        assert on.round() == [("c", "heap")]
        assert not any(
            "which runs the same" in note for note in on.capturer.evidence(alert()).notes
        )


def test_instances_of_another_build_are_captured_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one build holds does not show what another one does."""
    with bench(monkeypatch) as on:
        on.capturer.wants(SHOP, on.see(SHOP, build="v1"), alert(), ["heap"])
        on.capturer.wants(TWIN, on.see(TWIN, build="v2"), alert(target=TWIN, number=2), ["heap"])
        assert sorted(on.round()) == [("a", "heap"), ("b", "heap")]


def test_the_line_moves_when_its_instance_is_well_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the alert of the captured instance ends, one that still has it is captured."""
    with bench(monkeypatch) as on:
        first, second = alert(), alert(target=TWIN, number=2)
        for target, about in ((SHOP, first), (TWIN, second)):
            on.capturer.wants(target, on.see(target), about, ["heap"])
        on.round()
        on.capturer.closed(first.id)
        on.capturer.wants(TWIN, on.see(TWIN), second, ["heap"])
        assert on.round() == [("b", "heap")]


def test_the_budget_of_a_service_holds_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two captures an hour the third is refused with the reason, and had an hour later."""
    allowed = Allowance(captures=2, size=1 << 30, seconds=60)
    with bench(monkeypatch, CaptureSettings(of_a_service=allowed)) as on:
        about = alert()
        on.capturer.wants(SHOP, on.see(SHOP), about, ["heap", "cpu", "trace"])
        assert len(on.round()) == 2
        note = on.capturer.evidence(about).notes[-1]
        assert note.endswith("the hour's captures of shop are used up, there were 2 captures")
        on.clock.forward(minutes=61)
        on.see(SHOP)
        assert on.round()


def test_the_budget_of_all_services_holds_too() -> None:
    """Bytes of one service count for all others."""
    settings = CaptureSettings(of_all=Allowance(captures=100, size=1000, seconds=60))
    gate = Gate(settings, Scale())
    gate.done(SHOP, "heap", 1000, 5)
    other = msgspec.structs.replace(SHOP, service="bank")
    refusal = gate.refusal(other, "heap", None, 6)
    assert refusal is not None
    assert refusal.why == (
        "the hour's captures of all services are used up, they came to 1,000 B of 1,000 B"
    )
    assert gate.refusal(other, "heap", None, 60 * MINUTE + 6) is None


def test_targets_that_come_and_go_are_not_remembered_for_ever() -> None:
    """What is older than the cooldown says no more to anybody."""
    gate = Gate(DEFAULTS, Scale())
    for number in range(100):
        instance = msgspec.structs.replace(SHOP, instance=f"pod-{number}")
        gate.done(instance, "cpu", 1, number * 10 * MINUTE)
    assert len(gate._last) <= 6
    assert gate.refusal(instance, "cpu", None, 99 * 10 * MINUTE + 1) is not None


def test_profiling_seconds_are_bounded() -> None:
    """Six CPU profiles of ten seconds are a service's minute; heap profiles cost none of it."""
    gate = Gate(CaptureSettings(cooldown_minutes=0.001), Scale())
    for second in range(6):
        assert gate.refusal(SHOP, "cpu", 0.1, second * 10**9) is None
        gate.done(SHOP, "cpu", 10, second * 10**9)
    refusal = gate.refusal(SHOP, "cpu", 0.1, 7 * 10**9)
    assert refusal is not None
    assert "60.0 s of 60.0 s were spent on profiling" in refusal.why
    assert gate.refusal(SHOP, "heap", 0.1, 7 * 10**9) is None


def test_a_full_store_is_told_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept is a note of the alert, and the next one is tried all the same."""
    with bench(monkeypatch) as on:
        about = alert()
        on.shelf.full = True
        on.capturer.wants(SHOP, on.see(SHOP), about, ["heap"])
        on.round()
        assert "it cannot be kept, no room" in on.capturer.evidence(about).notes[0]
        on.shelf.full = False
        on.clock.forward(minutes=11)
        on.round()
        assert len(on.capturer.evidence(about).captures) == 1


def test_a_target_that_is_busy_profiling_is_given_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five tries, at least half a minute apart, then the alert goes without."""
    with bench(monkeypatch) as on:
        on.answer = Taken(problem="answered 500: cpu profiling already in use", busy=True)
        on.capturer.wants(SHOP, on.see(SHOP), alert("pauses"), ["cpu"])
        tries = 0
        for _ in range(200):
            on.clock.forward(seconds=15)
            tries += len(on.round())
        assert tries == 5


def test_what_the_settings_forbid_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that are switched off, and traces of what is no Go, are never asked for."""
    with bench(monkeypatch, CaptureSettings(kinds=frozenset({"heap", "trace"}))) as on:
        said = on.see(SHOP, runtime="python")
        on.capturer.wants(SHOP, said, alert(), ["heap", "cpu", "trace", "goroutine"])
        assert on.round() == [("a", "heap")]


def test_what_the_runtime_finds_leaked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goroutines that Go itself says can never go on are counted, with where most of them are."""
    with bench(monkeypatch, CaptureSettings(kinds=frozenset({"goroutineleak"}))) as on:
        on.answer = Taken(data=b"x", held={"main.serve > main.wait": 48.0, "main.b": 2.0})
        about = alert("tasks")
        on.capturer.wants(SHOP, on.see(SHOP), about, ["goroutine"])
        assert on.round() == [("a", "goroutineleak")]
        assert on.capturer.evidence(about).notes[0] == (
            "The runtime finds 50 goroutines that can never go on, 96.0 % of them in main.serve >"
            " main.wait."
        )


def test_a_target_without_debug_endpoint_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A metrics page alone gives no profiles, which the alert tells."""
    with bench(monkeypatch) as on:
        on.capturer._endpoint_of = lambda _: None
        about = alert()
        on.capturer.wants(SHOP, on.see(SHOP), about, ["heap"])
        assert on.round() == []
        assert on.capturer.evidence(about).notes == (
            "no heap profile: shop/a:1 has no debug endpoint",
        )
        assert on.capturer.weighed(SHOP) is None


def test_before_the_first_profile_too_little_is_known_to_wake_anybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A leak that is the first sign of all waits for profiles, where there will be some."""
    with bench(monkeypatch) as on:
        before = on.capturer.weighed(SHOP)
        assert before is not None
        assert before.says is Says.TOO_LITTLE
    with bench(monkeypatch, CaptureSettings(kinds=frozenset({"cpu"}))) as on:
        assert on.capturer.weighed(SHOP) is None


@pytest.mark.parametrize(
    ("data", "kept", "why"),
    [
        (gzip.compress(bytes(64 << 20), mtime=0), False, "it is not kept, it expands more than"),
        (gzip.compress(b"x" * 100, mtime=0)[:-9], True, "cut off"),
        (b"<html>log in</html>", True, "it is an HTML page"),
        (b"\x0a\xff\xff\xff\xff\xff", True, "cannot read the heap profile"),
        (b"", False, ""),
    ],
)  # fmt: skip
def test_what_is_no_profile_is_kept_only_within_limits(data: bytes, kept: bool, why: str) -> None:
    """Bombs are thrown away, damaged ones are kept as evidence, and both are marked unreadable."""
    taken = look(data, "heap", "go", DEFAULTS)
    assert bool(taken.data) is kept
    assert why in taken.problem
    assert taken.problem
    assert taken.held is None


def test_a_profile_with_too_many_samples_cannot_be_read() -> None:
    """Limits of samples hold for what is small enough to be kept."""
    settings = CaptureSettings(limits=Limits(samples=1))
    data = profile_bytes({("main.a",): (1, 1, 1, 1), ("main.b",): (1, 1, 1, 1)})
    taken = look(data, "heap", "go", settings)
    assert taken.problem
    assert taken.held is None


def test_an_execution_trace_is_told_by_its_header() -> None:
    """A page that came instead of a trace is marked."""
    assert not look(b"go 1.23 trace\0\0\0" + bytes(100), "trace", "go", DEFAULTS).problem
    assert look(b"<html>", "trace", "go", DEFAULTS).problem


def held(*amounts: dict[str, float]) -> list[Point]:
    return [
        Point(captured(number, at_ns=number * MINUTE), amount, sum(amount.values()))
        for number, amount in enumerate(amounts)
    ]


def test_the_share_is_of_what_all_paths_gained() -> None:
    """What one path gives back does not make another explain more than everything."""
    points = held({"a": 10.0, "b": 90.0}, {"a": 110.0, "b": 10.0, "c": 25.0})
    assert [(each.path, each.growth, each.share) for each in growth(points)] == [
        ("a", 100.0, 0.8), ("c", 25.0, 0.2),
    ]  # fmt: skip
    assert growth(points[:1]) == ()


def test_a_leak_of_one_path_is_confirmed_by_six_captures() -> None:
    """A path that goes on growing is confirmed capture by capture, and a jump is not."""
    leak = held(*({"main.leak": 1e6 * n, "main.rest": 5e6} for n in range(1, 9)))
    evidence = compared(leak)
    assert evidence.grows[0].path == "main.leak"
    assert evidence.grows[0].confirmed >= 3
    assert compared(leak[:4]).grows[0].confirmed == 0


def test_the_summary_names_the_path_once() -> None:
    """However often an alert is explained, its summary names the present path and no other."""
    first = (PathGrowth(path="main.a > main.b", growth=5.0, share=0.87),)
    told = explained(alert(), grows=first, captures=[captured(1)], notes=["no cpu"])
    assert told.summary == "it grows; 87.0 % of the growth is in main.a > main.b"
    again = explained(told, grows=first, captures=[captured(2)], notes=["no cpu"])
    assert again.summary == told.summary
    assert [each.id for each in again.captures] == [1, 2]
    assert again.notes == ("no cpu",)
    other = (PathGrowth(path="main.c", growth=5.0, share=0.6),)
    assert explained(again, grows=other, captures=[], notes=[]).summary == (
        "it grows; 60.0 % of the growth is in main.c"
    )


def test_an_alert_says_only_what_its_captures_say_now() -> None:
    """What six captures said of the growth is not told beside what twelve say."""
    ends, goes_on = (said(Evidence(says)) for says in (Says.ENDING, Says.LASTING))
    told = explained(alert(), grows=(), captures=[], notes=["no cpu", ends])
    assert told.notes == ("no cpu", ends)
    assert explained(told, grows=(), captures=[], notes=[goes_on]).notes == ("no cpu", goes_on)


def test_an_alert_keeps_the_first_capture_and_the_newest() -> None:
    """An alert that lasts for months does not grow with it."""
    told = explained(alert(), grows=(), captures=map(captured, range(1000)), notes=[])
    assert len(told.captures) == 64
    assert (told.captures[0].id, told.captures[-1].id) == (0, 999)


def test_commands_survive_the_shell() -> None:
    """Paths with blanks, quotes and dollar signs are one word each."""
    bad = Path("/a b/$(touch x)'/1")
    found = commands([(captured(1), bad), (captured(2), bad.with_name("2"))], Path("/my src"))
    assert [shlex.split(each)[-1] for each in found] == [
        str(bad.with_name("2")), str(bad.with_name("2")), "/my src",
    ]  # fmt: skip
    assert [shlex.split(each)[:2] for each in found] == [
        ["heapwise", "diff"], ["go", "tool"], ["heapwise", "diagnose"],
    ]  # fmt: skip
    kinds = [(captured(1, kind), bad) for kind in ("goroutine", "cpu", "trace")]
    assert [each.partition(" /")[0].partition(" '")[0] for each in commands(kinds, None)] == [
        "heapwise top", "heapwise top", "heapwise trace", "go tool trace",
    ]  # fmt: skip


def test_how_busy_a_target_is() -> None:
    """The runtime's counts go together; between two collections, and without them, the system's
    count is held against the processors there are, one for Python; else it is unknown.
    """
    told = [{"cpu_counted_s": 1.0 + at, "cpu_available_s": 4.0 + 2 * at} for at in (0, 1)]
    assert busy_share(vitals(0, **told[0]), vitals(1, **told[1])) == 0.5
    still = [
        vitals(at * 10**9, cpu_s=at * 1.5, cpu_counted_s=3.0, cpu_available_s=20.0, started_ns=0)
        for at in (9, 10)
    ]
    assert busy_share(*still) == 0.75
    assert busy_share(*(vitals(at, cpu_s=float(at)) for at in (0, 10**9))) is None
    python = [vitals(at, cpu_s=at / 2e9, runtime="python") for at in (0, 10**9)]
    assert busy_share(*python) == 0.5
    assert busy_share(*reversed(python)) is None


def test_a_floor_is_of_the_last_ten_minutes() -> None:
    """The least live heap and the mean load of them are what a profile is held against."""
    recent = Recent(Scale(), vitals(0, live=1.0, work=0.0))
    assert recent.load is None
    for minute in range(1, 21):
        recent.seen(vitals(minute * MINUTE, live=100.0 + minute, work=60.0 * minute))
    assert recent.floor == 110.0
    assert recent.load == pytest.approx(1.0)


BANKS = [
    Target(service=f"bank{number}", instance="a:1", url=f"http://bank{number}:1")
    for number in range(20)
]


class TestSignsOfManyServicesAtOnce:
    """A node that goes bad is a sign of everything on it."""

    def test_the_budget_of_all_holds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twenty services want a profile in the same round: the hour's six are taken, and each of
        the others says why it has none.
        """
        allowed = Allowance(captures=6, size=1 << 30, seconds=600)
        with bench(monkeypatch, CaptureSettings(of_all=allowed)) as on:
            alerts = [alert("pauses", bank, number) for number, bank in enumerate(BANKS)]
            for bank, about in zip(BANKS, alerts, strict=True):
                on.capturer.wants(bank, on.see(bank), about, ["cpu"])
            assert len(on.round()) == 6
            told = [on.capturer.evidence(about) for about in alerts]
            assert sum(len(each.captures) for each in told) == 6
            why = "the hour's captures of all services are used up, there were 6 captures"
            assert sum(each.notes[-1].endswith(why) for each in told if each.notes) == 14

    def test_no_more_are_asked_than_can_be_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What waits for its turn is begun when that comes, and is of that moment."""
        with bench(monkeypatch) as on:
            alerts = [alert("pauses", bank, number) for number, bank in enumerate(BANKS)]
            for bank, about in zip(BANKS, alerts, strict=True):
                on.capturer.wants(bank, on.see(bank), about, ["cpu"])
            while on.capturer.step() or on.capturer._jobs:
                assert len(on.capturer._jobs) <= DEFAULTS.at_once
                for job in on.capturer._jobs.values():
                    job.future.result(5)
                on.clock.forward(seconds=10)
            taken = [each for about in alerts for each in on.capturer.evidence(about).captures]
            assert len(taken) == len(BANKS)
            assert len({each.at_ns for each in taken}) == len(BANKS) / DEFAULTS.at_once

    def test_one_that_became_busy_while_it_waited_is_left_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The veto is of the moment at which a profile would begin."""
        with bench(monkeypatch, CaptureSettings(at_once=1)) as on:
            first, second = BANKS[:2]
            about = alert("pauses", second, 2)
            on.capturer.wants(first, on.see(first), alert("pauses", first), ["cpu"])
            calm = on.see(second, cpu_counted_s=0.0, cpu_available_s=0.0)
            on.capturer.wants(second, calm, about, ["cpu"])
            on.capturer.step()
            on.clock.forward(seconds=10)
            on.see(second, cpu_counted_s=19.0, cpu_available_s=20.0)
            on.round()
            assert on.asked == [("bank0", "cpu")]
            assert on.capturer.evidence(about).notes == (
                "no cpu profile of bank1/a:1: it uses 95.0 % of its CPU, above 80.0 %",
            )
