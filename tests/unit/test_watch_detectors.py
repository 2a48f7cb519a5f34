"""What each detector sees, and on what it keeps silent."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.growth import GROWING, LEAK, GrowthWindow
from heapwise.model.gc import TimeHistogram
from heapwise.model.watch import Number, PausesSeen, Severity, Sign
from heapwise.units import format_span
from heapwise.watch.alerts import desk
from heapwise.watch.detectors import DETECTORS, Detector, Settings, limit
from heapwise.watch.scale import UNSCALED, Scale
from support.watched import PER_BIN, Imagined

MIB = float(1 << 20)
DAY = 24 * 12
"""Bins."""

BOUNDS = tuple(float((4 + part) << octave) for octave in range(7, 44) for part in range(4))
CODES = (
    "leak",
    "growing",
    "limit",
    "gc-share",
    "assist",
    "pauses",
    "alloc-step",
    "tasks",
    "py-gen2",
)


def detector(code: str, scale: Scale = UNSCALED, **settings: float) -> Detector:
    made = [make(scale, Settings(**settings)) for make in DETECTORS]  # type: ignore[arg-type]  # floats where counts are whole
    return next(each for each in made if each.code == code)


def number(sign: Sign | None, name: str) -> float:
    assert sign is not None
    return {each.name: each.value for each in sign.numbers}[name]


def noisy(level: float, spread: float = 0.02) -> Callable[[float], float]:
    """A level with noise that is the same every time."""
    chance = random.Random(int(level))  # noqa: S311 - repeatable noise
    return lambda _: level * (1 + spread * abs(chance.gauss(0, 1)))


def rising(level: float, per_hour: float, spread: float = 0.02) -> Callable[[float], float]:
    """The same, that grows by so much an hour from its start."""
    chance = random.Random(int(level))  # noqa: S311 - repeatable noise
    return lambda hours: level + per_hour * hours + level * spread * abs(chance.gauss(0, 1))


HEALTHY = {"live": 100 * MIB, "limit": 1000 * MIB, "allocated": 100 * MIB, "work": 1000.0,
    "tasks": 50, "gc_share": 0.02, "gc_of_used": 0.1, "assist_share": 0.001, "rss": 220 * MIB,
    "pauses": PausesSeen(happened=9, lengths_ns=(100_000,) * 9, generations=(2,) * 9)}  # fmt: skip


def test_there_is_one_detector_for_each_thing_that_can_be_wrong() -> None:
    """Codes are what silences and configurations name; they do not change."""
    assert tuple(make(UNSCALED, Settings()).code for make in DETECTORS) == CODES


@pytest.mark.parametrize("code", ["limit", "growing"])
def test_a_heap_beyond_its_limit_is_not_said_to_reach_it(code: str) -> None:
    """GOMEMLIMIT stops no leak: beyond it nobody is told of a nanosecond that is left."""
    target = Imagined(detector(code))
    sign = target.through(42, live=rising(100 * MIB, 600 * MIB), limit=500 * MIB)
    assert sign is not None
    assert " ns" not in sign.summary
    assert number(sign, "time to the limit") == 0


@pytest.mark.parametrize("code", ["limit", "leak", "growing"])
def test_a_limit_that_is_never_reached_is_not_waited_for(code: str) -> None:
    """A heap of next to nothing that doubles reaches a limit after more hours than a number can
    hold.
    """
    target = Imagined(detector(code))
    sign = target.through(42, live=rising(1e-300, 6e-300), limit=500 * MIB)
    told = {each.name for each in sign.numbers} if sign is not None else set()
    assert "time to the limit" not in told


@pytest.mark.parametrize("code", ["leak", "growing"])
def test_half_an_hour_without_answers_is_not_the_end_of_a_leak(code: str) -> None:
    """What was seen before stays until the window has enough bins again, but no longer than that
    can take.
    """
    target = Imagined(detector(code))
    leaking = rising(100 * MIB, 600 * MIB)
    assert target.through(42, live=leaking) is not None
    target.skip(6 * PER_BIN)
    before = len(target.signs)
    assert target.through(24, live=leaking) is not None
    assert None not in target.signs[before:]
    assert target.through(100, live=None) is None


@pytest.mark.parametrize(
    ("code", "windows"),
    [("leak", LEAK), ("growing", GROWING), ("tasks", LEAK), ("limit", (limit._FAST, *GROWING))],
)
def test_no_alert_ends_before_a_new_watcher_could_see_it(
    code: str, windows: tuple[GrowthWindow, ...]
) -> None:
    """The desk waits until each window has been judged as often as it has to be."""
    slowest = max(
        max(each.holds - 1, each.looks_back if each.steady else 0) * each.every_minutes
        for each in windows
    )
    assert desk._SETTLES_HOURS[code] * 60 > slowest


@pytest.mark.parametrize("code", CODES)
def test_a_healthy_day_is_quiet(code: str) -> None:
    """A service that does the same all day deserves no sign."""
    target = Imagined(detector(code), "python" if code == "py-gen2" else "go")
    target.through(DAY, **{**HEALTHY, "live": noisy(100 * MIB), "tasks": noisy(50)})
    assert len(target.signs) > 40
    assert set(target.signs) == {None}


@pytest.mark.parametrize("code", CODES)
def test_a_target_that_tells_nothing_is_no_sign(code: str) -> None:
    """What is unknown is not wrong."""
    target = Imagined(detector(code), "python")
    target.through(30)
    assert set(target.signs) == {None}


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=20)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                name: st.none() | st.floats(0, 1e15)
                for name in ("live", "limit", "allocated", "work", "rss")
            }
            | {
                name: st.none() | st.floats(0, 1)
                for name in ("gc_share", "gc_of_used", "assist_share")
            }
            | {"tasks": st.none() | st.integers(0, 10**9)}
        ),
        min_size=4,
        max_size=20,
    )
)
def test_no_reading_breaks_a_detector(code: str, lives: list[dict[str, float | None]]) -> None:
    """A hostile target costs only itself."""
    target = Imagined(detector(code), "python")
    pauses = PausesSeen(happened=3, lengths_ns=(1,), generations=(2,))
    for amounts in itertools.islice(itertools.cycle(lives), 30):
        target.through(1, pauses=pauses, **amounts)
    for sign in filter(None, target.signs):
        assert sign.code == code
        assert msgspec.json.encode(sign)
        assert "nan" not in sign.summary
        assert "inf" not in sign.summary


@pytest.mark.parametrize(
    ("code", "severity", "least_hours", "most_hours"),
    [("growing", Severity.CAPTURE, 2.0, 3.0), ("leak", Severity.PAGE, 2.0, 3.0)],
)
def test_a_leak_of_one_per_cent_a_minute_is_seen_within_hours(
    code: str, severity: Severity, least_hours: float, most_hours: float
) -> None:
    """Not before two evaluations agree; the sign says how much, how fast, and wants heaps."""
    target = Imagined(detector(code))
    leaking = rising(100 * MIB, 60 * MIB)
    target.through(4 * 12, live=leaking, work=1000.0, limit=4000 * MIB)
    every = target.detector.every_ns / 3.6e12 if target.detector else 0.0
    first = next(at for at, sign in enumerate(target.signs) if sign is not None) * every
    assert least_hours <= first <= most_hours
    sign = target.signs[-1]
    assert sign is not None
    assert sign.severity is severity
    assert sign.wants == ("heap",)
    assert number(sign, "growth an hour") == pytest.approx(60 * MIB, rel=0.05)
    assert number(sign, "time to the limit") / 3.6e12 == pytest.approx((4000 - 340) / 60, rel=0.05)
    assert "the live heap grew by" in sign.summary
    assert "in 2 h" in sign.summary


def test_growth_that_the_load_explains_is_no_leak() -> None:
    """Twice the work keeps twice as much alive."""
    for code in ("growing", "leak"):
        target = Imagined(detector(code))
        target.through(5 * 12, live=rising(100 * MIB, 30 * MIB), work=rising(1000, 300))
        assert set(target.signs) == {None}


def test_one_step_is_no_leak() -> None:
    """A cache that is loaded at once stays what it is."""
    for code in ("growing", "leak"):
        target = Imagined(detector(code))
        target.through(24, live=noisy(100 * MIB), work=1000.0)
        target.through(48, live=noisy(180 * MIB), work=1000.0)
        assert set(target.signs) == {None}


def test_minutes_stand_for_hours_where_the_scale_says_so() -> None:
    """The same leak, sixty times as fast, is told with its true times."""
    target = Imagined(detector("growing", Scale(1 / 60)), scale=Scale(1 / 60))
    target.through(3 * 12 + 8, live=rising(100 * MIB, 60 * 60 * MIB), limit=4000 * MIB)
    sign = target.signs[-1]
    assert number(sign, "growth an hour") == pytest.approx(3600 * MIB, rel=0.05)
    assert number(sign, "window") == 120e9
    assert "in 2 min" in sign.summary if sign else False


def test_a_heap_at_its_limit_warns_until_it_is_well_below() -> None:
    """Three bins in a row above 90 %, and no flicker at the edge."""
    target = Imagined(detector("limit"))
    assert target.through(3, live=noisy(93 * MIB), limit=100 * MIB) is None
    sign = target.through(1, live=noisy(93 * MIB), limit=100 * MIB)
    assert sign is not None
    assert sign.severity is Severity.WARN
    assert number(sign, "share of the limit") == pytest.approx(0.93, abs=0.01)
    assert target.through(4, live=noisy(80 * MIB), limit=100 * MIB) is not None
    assert target.through(4, live=noisy(60 * MIB), limit=100 * MIB) is None


def test_resident_memory_counts_where_a_process_is_killed_for_it() -> None:
    """Not below GOMEMLIMIT, where the runtime keeps it close to the limit by design."""
    amounts = {"live": 40 * MIB, "rss": noisy(95 * MIB, 0.01), "limit": 100 * MIB}
    target = Imagined(detector("limit"))
    assert target.through(4, **amounts) is None
    assert target.through(4, **amounts, hard_limit=110 * MIB) is None
    sign = target.through(4, **amounts, hard_limit=100 * MIB)
    assert sign is not None
    assert sign.summary.startswith("the resident memory takes 95.0 % of its limit of 100 MiB")


def test_resident_memory_is_drawn_out_to_the_limit_that_kills() -> None:
    """A process that has twice its live heap is killed when that is half of the limit."""
    target = Imagined(detector("growing"))
    live, rss = rising(100 * MIB, 60 * MIB), rising(200 * MIB, 120 * MIB)
    sign = target.through(48, live=live, rss=rss, limit=1000 * MIB, hard_limit=1000 * MIB)
    assert number(sign, "time to the limit") / 3.6e12 == pytest.approx(160 / 60, rel=0.1)


def test_a_limit_that_is_hours_away_warns_and_wakes_somebody_when_it_is_near() -> None:
    """A leak of 5 % of the limit an hour is a warning first, and a page below two hours."""
    target = Imagined(detector("limit"))
    target.through(114, live=rising(450 * MIB, 50 * MIB, 0.01), limit=1000 * MIB, work=10.0)
    severities = [sign.severity if sign else None for sign in target.signs]
    assert [severity for severity, _ in itertools.groupby(severities)] == [
        None,
        Severity.WARN,
        Severity.PAGE,
    ]
    sign = target.signs[-1]
    assert number(sign, "time to the limit") / 3.6e12 == pytest.approx(1.5, rel=0.3)
    assert sign is not None
    assert "at its limit of 1,000 MiB in about" in sign.summary


def test_a_fast_leak_wakes_somebody_before_the_limit_is_reached() -> None:
    """From a third of the limit to all of it in two hours: no window of two hours could tell."""
    target = Imagined(detector("limit"))
    target.through(2 * 12, live=rising(333 * MIB, 333 * MIB), limit=1000 * MIB, work=10.0)
    pages = [at for at, each in enumerate(target.signs) if each and each.severity is Severity.PAGE]
    assert pages[0] / 12 < 1.5


def test_a_cache_that_warms_up_is_not_drawn_out_for_a_day() -> None:
    """It grows for hours, and ends at little more than half of the limit."""
    target = Imagined(detector("limit"))
    warming = noisy(100 * MIB, 0.01)
    target.through(
        18 * 12, live=lambda hours: warming(hours) + 150 * MIB * -math.expm1(-hours / 5),
        limit=450 * MIB, work=1000.0,
    )  # fmt: skip
    assert set(target.signs) == {None}


def test_a_morning_is_not_drawn_out_to_the_limit() -> None:
    """Live heap that follows a load which doubles within six hours goes back in the evening."""
    target = Imagined(detector("limit"))
    for _ in range(2):
        target.through(6 * 12, live=noisy(300 * MIB), limit=1000 * MIB, work=1000.0)
        begin = 24.0 * _

        def load(hours: float, begin: float = begin) -> float:
            return 1 + min(max(hours - begin - 6, 0.0), 6.0) / 6

        target.through(
            6 * 12, live=lambda hours: 300 * MIB * load(hours), limit=1000 * MIB,
            work=lambda hours: 1000 * load(hours),
        )  # fmt: skip
        target.through(12 * 12, live=noisy(300 * MIB), limit=1000 * MIB, work=1000.0)
    assert set(target.signs) == {None}


def test_the_collectors_share_warns_and_pages_at_its_levels() -> None:
    """Ten minutes above 10 % warn, above 25 % page; it ends below 8 %."""
    target = Imagined(detector("gc-share"))
    assert target.through(3, gc_share=0.05) is None
    warned = target.through(3, gc_share=0.12, gc_of_used=0.4)
    assert warned is not None
    assert warned.severity is Severity.WARN
    assert "12.0 % of the CPU that the process could have, over 10 min" in warned.summary
    assert "; 40.0 % of what it used" in warned.summary
    assert number(warned, "of the CPU used") == 0.4
    paged = target.through(3, gc_share=0.3)
    assert paged is not None
    assert paged.severity is Severity.PAGE
    still = target.through(3, gc_share=0.22)
    assert still is not None
    assert still.severity is Severity.PAGE
    down = target.through(3, gc_share=0.15)
    assert down is not None
    assert down.severity is Severity.WARN
    assert target.through(3, gc_share=0.09) is not None
    assert target.through(3, gc_share=0.07) is None


def test_one_bad_bin_of_the_collector_is_not_ten_minutes() -> None:
    """A burst that the mean over both bins does not carry is nobody's concern."""
    target = Imagined(detector("gc-share"))
    target.through(5, gc_share=0.02)
    target.through(1, gc_share=0.15)
    target.through(5, gc_share=0.02)
    assert set(target.signs) == {None}


def test_assists_are_told_above_their_level() -> None:
    """Requests wait for marking."""
    target = Imagined(detector("assist"))
    assert target.through(3, assist_share=0.02) is None
    sign = target.through(3, assist_share=0.09)
    assert sign is not None
    assert sign.severity is Severity.WARN
    assert number(sign, "of the CPU available") == pytest.approx(0.09)


def test_long_pauses_are_told_when_two_windows_in_a_row_have_five_of_them() -> None:
    """With the edges of the bucket, how many were longer, and that all were seen."""
    target = Imagined(detector("pauses"))
    bad = PausesSeen(happened=10, histogram=_histogram({100_000.0: 9, 14e6: 1}))
    good = PausesSeen(happened=10, histogram=_histogram({100_000.0: 10}))
    target.through(2, pauses=good)
    target.through(1, pauses=bad)
    target.through(2, pauses=good)
    assert set(target.signs) == {None}
    sign = target.through(3, pauses=bad)
    assert sign is not None
    assert number(sign, "longer pauses") == PER_BIN
    assert number(sign, "p99") == pytest.approx(14e6, rel=0.12)
    assert "12.6 ms to 14.7 ms" in sign.summary
    assert "all pauses were seen" in sign.summary
    assert target.through(3, pauses=good) is None


def test_four_long_pauses_are_not_enough() -> None:
    """One may be the operating system's; four of few are most of them, and still four."""
    target = Imagined(detector("pauses"))
    for _ in range(4):
        for number_ in range(4):
            lengths = (50_000_000,) if number_ < 4 else ()
            target.poll(pauses=PausesSeen(happened=1, lengths_ns=lengths))
        for _rest in range(PER_BIN - 4):
            target.poll(pauses=PausesSeen(happened=0))
    assert set(target.signs) == {None}


def test_pauses_of_a_ring_that_overflows_are_called_sampled() -> None:
    """An eighth of them says something, and how little of them it is."""
    target = Imagined(detector("pauses"))
    seen = PausesSeen(happened=80, lengths_ns=(20_000_000,) * 10)
    sign = target.through(3, pauses=seen)
    assert sign is not None
    assert "12.5 % of the pauses were seen: sampled" in sign.summary
    assert number(sign, "coverage") == 0.125


def test_more_bytes_for_the_same_work_are_told_after_half_an_hour() -> None:
    """A day at 100 KB a request, then 150: the sign says both, and goes when that is usual."""
    target = Imagined(detector("alloc-step"))
    target.through(DAY, work=1500.0, allocated=noisy(150e6))
    assert target.through(5, work=1500.0, allocated=noisy(225e6)) is None
    sign = target.through(2, work=1500.0, allocated=noisy(225e6))
    assert sign is not None
    assert number(sign, "allocated per work") == pytest.approx(150_000, rel=0.05)
    assert number(sign, "step") == pytest.approx(0.5, rel=0.1)
    assert number(sign, "work") == pytest.approx(100.0)
    assert target.through(DAY, work=1500.0, allocated=noisy(225e6)) is None


def test_more_work_is_no_step() -> None:
    """Three times the requests allocate three times as much; so does a lull, where little is."""
    target = Imagined(detector("alloc-step"))
    target.through(DAY, work=1500.0, allocated=noisy(150e6))
    target.through(24, work=4500.0, allocated=noisy(450e6))
    target.through(24, work=50.0, allocated=noisy(20e6))
    assert set(target.signs) == {None}


def test_after_a_day_in_which_nothing_was_allocated_there_is_no_step() -> None:
    """Work that is answered from a cache allocates nothing, of which nothing is a share."""
    target = Imagined(detector("alloc-step"))
    target.through(DAY, work=1500.0, allocated=0.0)
    assert target.through(12, work=1500.0, allocated=noisy(150e6)) is None


def test_routes_that_change_places_are_no_step() -> None:
    """Where half of the usual bins allocate as much, it is usual."""
    target = Imagined(detector("alloc-step"))
    for _ in range(6):
        target.through(18, work=1500.0, allocated=noisy(150e6))
        target.through(18, work=1500.0, allocated=noisy(260e6))
    early = len(target.signs) // 2
    assert set(target.signs[early:]) == {None}


def test_goroutines_that_never_end_are_told() -> None:
    """The least number of each bin grows, whatever comes and goes above it."""
    target = Imagined(detector("tasks"))
    chance = random.Random(3)  # noqa: S311 - repeatable noise

    def goroutines(hours: float) -> float:
        return round(200 + 300 * hours + chance.choice([0, 0, 50, 400]))

    sign = target.through(4 * 12, tasks=goroutines, work=1000.0)
    assert sign is not None
    assert sign.severity is Severity.WARN
    assert sign.wants == ("goroutine",)
    assert number(sign, "goroutines") == pytest.approx(1300, rel=0.1)
    assert number(sign, "growth an hour") == pytest.approx(300, rel=0.1)
    assert "more goroutines in 2 h" in sign.summary


def test_a_few_more_goroutines_are_not_a_leak() -> None:
    """Twice as many of next to none are still few."""
    target = Imagined(detector("tasks"))
    target.through(4 * 12, tasks=lambda hours: round(10 + 10 * hours), work=1000.0)
    assert set(target.signs) == {None}


def test_long_collections_of_the_oldest_generation_are_told() -> None:
    """A fifth of the time and 150 ms at once, two bins in a row."""
    target = Imagined(detector("py-gen2"), "python")
    bad = PausesSeen(
        happened=40,
        lengths_ns=(100_000,) * 20 + (150_000_000,) * 20,
        generations=(0,) * 20 + (2,) * 20,
    )
    sign = target.through(3, pauses=bad)
    assert sign is not None
    assert number(sign, "of the time") == pytest.approx(0.2)
    assert number(sign, "longest") == 150e6


@pytest.mark.parametrize(
    ("lengths", "generations"),
    [
        ((150_000_000,) * 20, (1,) * 20),
        ((150_000_000,), (2,)),
        ((60_000_000,) * 100, (2,) * 100),
    ],
    ids=["young ones", "rare ones", "short ones"],
)
def test_other_collections_of_python_are_not(
    lengths: tuple[int, ...], generations: tuple[int, ...]
) -> None:
    """It has to be the oldest generation, over 5 % of the time, and 100 ms at once."""
    target = Imagined(detector("py-gen2"), "python")
    pauses = PausesSeen(happened=len(lengths), lengths_ns=lengths, generations=generations)
    target.through(4, pauses=pauses)
    assert set(target.signs) == {None}


def test_two_windows_with_a_hole_between_them_are_not_in_a_row() -> None:
    """What nobody saw in between may have been fine."""
    target = Imagined(detector("gc-share"))
    target.through(1, gc_share=0.3)
    target.skip(PER_BIN)
    target.through(1, gc_share=0.3)
    target.poll(gc_share=0.3)
    assert set(target.signs) == {None}


def test_numbers_have_units_of_the_catalogue() -> None:
    """They are printed by the same functions as everything else."""
    target = Imagined(detector("growing"))
    sign = target.through(48, live=rising(100 * MIB, 60 * MIB), work=10.0)
    assert sign is not None
    assert {type(each) for each in sign.numbers} == {Number}
    assert {each.unit for each in sign.numbers} <= {"B", "ns", "count", "share", "/s"}


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [(2.4, "2.40 s"), (60, "1 min"), (300, "5 min"), (7200, "2 h"), (9000, "2.5 h"),
     (86_400, "24 h"), (259_200, "3 days")],
)  # fmt: skip
def test_windows_print_as_people_say_them(seconds: float, printed: str) -> None:
    """Nobody thinks of a day as 86,400 s."""
    assert format_span(seconds * 1e9) == printed


def _histogram(counted: dict[float, int]) -> TimeHistogram:
    counts = [0] * (len(BOUNDS) + 1)
    for length, count in counted.items():
        counts[sum(bound < length for bound in BOUNDS)] += count
    return TimeHistogram(BOUNDS, tuple(counts))
