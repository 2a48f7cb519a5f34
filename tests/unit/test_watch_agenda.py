"""Who is scraped when: spread out, never twice at once, more often or less where that is due."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.watch.agenda import Agenda, Pace

SECOND = 1_000_000_000
INTERVAL = 15 * SECOND
START = 1_700_000_000 * SECOND


def agenda_of(*keys: str, now_ns: int = START) -> Agenda:
    agenda = Agenda(INTERVAL)
    agenda.watch([(key, None) for key in keys], now_ns)
    return agenda


def next_due(agenda: Agenda) -> tuple[str, int]:
    """The next target, and when it is due."""
    moment = agenda.next_ns()
    assert moment is not None
    (key,) = agenda.due(moment, 1)
    return key, moment


def test_a_new_target_is_first_asked_within_one_interval() -> None:
    """And everybody is asked once in it."""
    agenda = agenda_of(*(f"service/{number}" for number in range(500)))
    found = agenda.due(START + INTERVAL, 1000)
    assert len(found) == len(set(found)) == 500


def test_targets_are_spread_over_the_interval() -> None:
    """Of 1,500 targets no second of the fifteen gets half as many again as its share."""
    agenda = agenda_of(*(f"service/10.0.{number}.7:6060" for number in range(1500)))
    seconds = Counter((next_due(agenda)[1] - START - 1) // SECOND for _ in range(1500))
    assert sorted(seconds) == list(range(15))
    assert max(seconds.values()) < 150


def test_the_moment_of_a_target_is_the_same_after_a_restart() -> None:
    """It depends on its name, not on when the watcher began or who else is watched."""
    _, one = next_due(agenda_of("service/a"))
    later = agenda_of("service/a", "service/b", now_ns=START + 1000 * INTERVAL + 7)
    moments = dict(next_due(later) for _ in range(2))
    assert (moments["service/a"] - one) % INTERVAL == 0


def test_a_target_is_asked_once_an_interval() -> None:
    """However long an answer took, as long as it came before the next moment."""
    agenda = agenda_of("service/a")
    moments = []
    for took in (0, 1, 14):
        key, moment = next_due(agenda)
        moments.append(moment)
        agenda.done(key, moment + took * SECOND, failed=False)
    assert [later - moments[0] for later in moments] == [0, INTERVAL, 2 * INTERVAL]
    assert agenda.dropped == 0


def test_what_is_late_is_dropped_not_made_up_for() -> None:
    """An answer that took three and a half intervals costs three moments."""
    agenda = agenda_of("service/a")
    key, moment = next_due(agenda)
    agenda.done(key, moment + 7 * INTERVAL // 2, failed=False)
    assert agenda.dropped == 3
    assert agenda.next_ns() == moment + 4 * INTERVAL


def test_a_target_on_its_way_is_not_due() -> None:
    """Not even long after its next moment, nor when it leaves and comes again meanwhile."""
    agenda = agenda_of("service/a")
    key, moment = next_due(agenda)
    agenda.watch([], moment)
    agenda.watch([(key, 5 * SECOND)], moment)
    assert agenda.due(moment + 100 * INTERVAL, 10) == []
    assert agenda.next_ns() is None
    agenda.done(key, moment + 100 * INTERVAL, failed=False)
    assert agenda.due(moment + 101 * INTERVAL, 10) == [key]


def test_a_ring_that_overflows_is_read_sooner() -> None:
    """After as long as it was said to last, and then as usual again."""
    agenda = agenda_of("service/a")
    key, moment = next_due(agenda)
    agenda.done(key, moment, failed=False, pace=Pace(within_ns=4 * SECOND))
    key, sooner = next_due(agenda)
    assert sooner == moment + 4 * SECOND
    agenda.done(key, sooner, failed=False)
    assert agenda.next_ns() == moment + INTERVAL


def test_nobody_is_asked_more_than_fifteen_times_an_interval() -> None:
    """Whatever a ring would need: a target must not be able to demand it."""
    agenda = agenda_of("service/a")
    key, moment = next_due(agenda)
    agenda.done(key, moment, failed=False, pace=Pace(within_ns=0))
    assert agenda.next_ns() == moment + SECOND


def test_who_answers_at_great_cost_is_left_alone() -> None:
    """For as long as it needs, but not for ever, and whatever its ring forgets."""
    agenda = agenda_of("service/a")
    key, moment = next_due(agenda)
    agenda.done(key, moment, failed=False, pace=Pace(within_ns=SECOND, rest_ns=40 * SECOND))
    key, later = next_due(agenda)
    assert later == moment + 40 * SECOND
    agenda.done(key, later, failed=False, pace=Pace(rest_ns=10**6 * INTERVAL))
    assert agenda.next_ns() == later + 8 * INTERVAL


def test_a_rest_that_fits_into_the_interval_changes_nothing() -> None:
    """But it holds for a ring that wants to be read sooner."""
    agenda = agenda_of("service/a")
    key, moment = next_due(agenda)
    agenda.done(key, moment, failed=False, pace=Pace(rest_ns=10 * SECOND))
    key, later = next_due(agenda)
    assert later == moment + INTERVAL
    agenda.done(key, later, failed=False, pace=Pace(within_ns=2 * SECOND, rest_ns=6 * SECOND))
    assert agenda.next_ns() == later + 6 * SECOND


def test_failures_are_asked_less_and_less_up_to_a_quarter() -> None:
    """The first one costs nothing; success ends it."""
    agenda = agenda_of("service/a")
    waits = []
    for _ in range(6):
        key, moment = next_due(agenda)
        agenda.done(key, moment, failed=True)
        waits.append(((agenda.next_ns() or 0) - moment) / INTERVAL)
    assert waits[0] == 1
    assert 1.8 <= waits[1] <= 2
    assert all(3.6 <= wait <= 4 for wait in waits[2:])
    key, moment = next_due(agenda)
    agenda.done(key, moment, failed=False)
    assert (agenda.next_ns() or 0) - moment <= INTERVAL


def test_targets_that_failed_together_come_back_apart() -> None:
    """A service that was down is not met by all its askers in one moment."""
    keys = [f"service/{number}" for number in range(50)]
    agenda = agenda_of(*keys)
    for number in range(3):
        at_ns = START + (number + 1) * 8 * INTERVAL
        for key in agenda.due(at_ns, 50):
            agenda.done(key, at_ns, failed=True)
    moments = {next_due(agenda)[1] for _ in keys}
    assert len(moments) == 50


def test_who_leaves_is_not_asked_again() -> None:
    """Neither where it was waiting nor where it was on its way."""
    agenda = agenda_of("service/a", "service/b")
    key, moment = next_due(agenda)
    agenda.watch([], moment)
    agenda.done(key, moment, failed=False)
    assert agenda.next_ns() is None
    assert len(agenda) == 0


def test_an_interval_of_its_own_is_kept() -> None:
    """A target of a service that wants to be asked once a minute."""
    agenda = Agenda(INTERVAL)
    agenda.watch([("service/a", 60 * SECOND)], START)
    key, moment = next_due(agenda)
    agenda.done(key, moment, failed=False)
    assert agenda.next_ns() == moment + 60 * SECOND


def test_an_interval_of_no_length_is_refused() -> None:
    """It would ask without pause."""
    with pytest.raises(ValueError, match="takes time"):
        Agenda(0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["due", "done", "fail", "hurry", "set"]),
        st.integers(0, 40 * SECOND),
        st.integers(0, 7),
    ),
    max_size=60,
)


@given(STEPS)
def test_nobody_is_ever_on_its_way_twice_or_forgotten(steps: list[tuple[str, int, int]]) -> None:
    """In any order of events every target is either waiting or on its way, and only one of both."""
    agenda, now, away = Agenda(INTERVAL), START, set[str]()
    keys: set[str] = set()
    for what, after, number in steps:
        now += after
        if what == "set":
            keys = {f"service/{each}" for each in range(number)}
            agenda.watch([(key, None) for key in sorted(keys)], now)
        elif what == "due":
            found = agenda.due(now, number)
            assert not away & set(found)
            away |= set(found)
        elif away:
            key = sorted(away)[number % len(away)]
            away.discard(key)
            pace = Pace(within_ns=5) if what == "hurry" else Pace()
            agenda.done(key, now, failed=what == "fail", pace=pace)
        moment = agenda.next_ns()
        assert (moment is None) == (keys <= away)
    assert set(agenda.due(now + 10 * INTERVAL, 100)) == keys - away
