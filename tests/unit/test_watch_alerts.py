"""Signs become alerts, and alerts end."""

from __future__ import annotations

import msgspec
import pytest

from heapwise.analysis.growth import GROWING, LEAK
from heapwise.model.watch import Alert, PathGrowth, Severity
from heapwise.watch.alerts import Desk
from heapwise.watch.scale import Scale
from support.alerting import Clock, sign, target

HOURS = Scale()


def desk() -> tuple[Desk, Clock]:
    """A desk of unscaled time, and its clock."""
    clock = Clock()
    return Desk(clock, HOURS), clock


def opened(where: Desk, code: str = "leak") -> Alert:
    """The alert of a first sign."""
    (alert,) = where.update(target(), [sign(code)], [code])
    return alert


def missed(where: Desk, clock: Clock, minutes: int, code: str = "leak") -> list[Alert]:
    """What changes while the sign stays away, asked once a minute."""
    changed: list[Alert] = []
    for _ in range(minutes):
        clock.go(1)
        changed += where.update(target(), [], [code])
    return changed


def test_a_sign_opens_an_alert_that_names_its_target() -> None:
    """Service, instance and labels are the target's, what is wrong is the sign's."""
    where, clock = desk()
    alert = opened(where)
    assert (alert.target, alert.service, alert.instance) == ("checkout/a", "checkout", "a")
    assert (alert.code, alert.severity, alert.summary) == ("leak", Severity.PAGE, "leak of 42 %")
    assert (alert.began_ns, alert.ended_ns) == (clock.now_ns(), None)
    assert where.open() == (alert,)


def test_targets_and_codes_have_alerts_of_their_own() -> None:
    """Two codes of two targets are four."""
    where, _ = desk()
    for instance in "ab":
        where.update(target(instance), [sign("leak"), sign("pauses")], ["leak", "pauses"])
    assert len({alert.id for alert in where.open()}) == 4


def test_the_severity_only_rises_while_an_alert_lasts() -> None:
    """Somebody who was woken is not told that it was nothing."""
    where, clock = desk()
    seen = []
    for severity in (Severity.CAPTURE, Severity.PAGE, Severity.WARN):
        (alert,) = where.update(target(), [sign("growing", severity)], ["growing"])
        seen.append(alert.severity)
        clock.go(1)
    assert seen == [Severity.CAPTURE, Severity.PAGE, Severity.PAGE]
    assert len({alert.id for alert in where.open()}) == 1


def test_a_detector_that_was_not_asked_says_nothing() -> None:
    """However long it takes until it is asked again."""
    where, clock = desk()
    opened(where)
    for _ in range(100):
        clock.go(60)
        assert where.update(target(), [], ["pauses"]) == ()
    assert len(where.open()) == 1


def test_an_alert_ends_when_its_sign_stays_away() -> None:
    """Fifteen minutes after it was first missed; it ended when it was first missed."""
    where, clock = desk()
    opened(where)
    first_missed = clock.now_ns() + 60 * 10**9
    assert missed(where, clock, 15) == []
    (ended,) = missed(where, clock, 1)
    assert ended.ended_ns == first_missed
    assert where.open() == ()


def test_a_sign_that_was_missed_once_goes_on() -> None:
    """The wait begins anew."""
    where, clock = desk()
    first = opened(where)
    missed(where, clock, 14)
    where.update(target(), [sign()], ["leak"])
    assert missed(where, clock, 15) == []
    assert [alert.id for alert in where.open()] == [first.id]


def test_what_comes_back_soon_is_the_same_alert_and_waits_longer() -> None:
    """Each time twice as long, so that what flaps all day is told of once or twice."""
    where, clock = desk()
    first = opened(where)
    ends = 0
    for _ in range(24 * 2):  # 20 minutes there, 20 minutes gone
        for _ in range(20):
            clock.go(1)
            where.update(target(), [sign()], ["leak"])
        ends += sum(alert.ended_ns is not None for alert in missed(where, clock, 20))
    assert ends == 1
    assert [alert.id for alert in where.open()] == [first.id]


def test_what_comes_back_late_is_another_alert() -> None:
    """An hour after the end."""
    where, clock = desk()
    first = opened(where)
    missed(where, clock, 16)
    clock.go(61)
    assert opened(where).id != first.id


def test_a_restart_ends_what_one_process_had_piled_up() -> None:
    """Its leak is gone with it, and another one is another alert; a level may go on."""
    where, clock = desk()
    leak = opened(where)
    for code in ("gc-share", "limit"):
        opened(where, code)
    (ended,) = where.restarted("checkout/a", "build 1.4.2 was deployed")
    assert (ended.id, ended.ended_why) == (leak.id, "build 1.4.2 was deployed")
    assert ended.ended_ns == clock.now_ns()
    assert {alert.code for alert in where.open()} == {"gc-share", "limit"}
    clock.go(1)
    assert opened(where).id != leak.id


def test_a_target_that_is_watched_no_more_has_no_alerts() -> None:
    """All of them end, with the reason."""
    where, _ = desk()
    opened(where)
    opened(where, "pauses")
    gone = where.gone("checkout/a")
    assert {alert.ended_why for alert in gone} == {"the target is watched no more"}
    assert where.open() == ()
    assert where.gone("checkout/a") == where.gone("never/seen") == ()


def test_nothing_is_remembered_of_a_target_that_is_watched_no_more() -> None:
    """Not what had ended either: pods come and go for weeks."""
    where, clock = desk()
    first = opened(where)
    missed(where, clock, 16)
    where.gone("checkout/a")
    assert opened(where).id != first.id


def test_evidence_stays_with_an_alert() -> None:
    """Paths and the part of the summary that names them outlast the next sign."""
    where, clock = desk()
    alert = opened(where)
    path = PathGrowth(path="main.handle > main.cache", growth=1e6, share=0.9, confirmed=3)
    found = msgspec.structs.replace(
        alert, summary=f"{alert.summary}; 90.0 % of it is in main.cache", grows=(path,)
    )
    assert [each.grows for each in where.explained(found)] == [(path,)]
    clock.go(30)
    (later,) = where.update(target(), [sign(summary="leak of 50 %")], ["leak"])
    assert later.summary == "leak of 50 %; 90.0 % of it is in main.cache"
    assert later.grows == (path,)


def test_evidence_of_an_alert_that_is_gone_is_dropped() -> None:
    """Also where the same code has an alert again."""
    where, clock = desk()
    old = opened(where)
    where.restarted("checkout/a")
    found = msgspec.structs.replace(old, commands=("heapwise diff",))
    assert where.explained(found) == ()
    clock.go(1)
    opened(where)
    assert where.explained(found) == ()


def test_a_watcher_that_is_started_again_goes_on_with_the_same_alerts() -> None:
    """Detectors need hours to see a leak again; meanwhile nothing ends, and nothing is new."""
    where, clock = desk()
    before = opened(where)
    again = Desk(clock, HOURS)
    again.restore([before])
    assert missed(again, clock, 8 * 60 - 1) == []
    (seen,) = again.update(target(), [sign()], ["leak"])
    assert seen.id == before.id


def test_detectors_that_hold_on_for_longest_are_waited_for() -> None:
    """No window of theirs takes longer than that to be seen again."""
    for code, windows in (("leak", LEAK), ("growing", GROWING), ("tasks", LEAK)):
        clock = Clock()
        (before,) = Desk(clock, HOURS).update(target(), [sign(code)], [code])
        again = Desk(clock, HOURS)
        again.restore([before])
        for window in windows:
            asked = max(window.holds, window.looks_back + 1 if window.steady else 0)
            clock.at_ns = before.began_ns
            for _ in range(asked - 1):
                assert again.update(target(), [], [code]) == ()
                clock.go(window.every_minutes)
        assert [each.id for each in again.open()] == [before.id]


def test_of_two_alerts_of_one_code_the_newer_is_restored() -> None:
    """In whatever order they are kept: the target had left, and came back within the hour."""
    where, clock = desk()
    opened(where)
    clock.go(1)
    (old,) = where.gone("checkout/a")
    clock.go(1)
    new = opened(where)
    for order in ([new, old], [old, new]):
        again = Desk(clock, HOURS)
        again.restore(order)
        assert [each.id for each in again.open()] == [new.id]


def test_what_was_over_long_before_is_not_restored() -> None:
    """What was over a minute before may come back."""
    where, clock = desk()
    opened(where)
    (ended,) = missed(where, clock, 16)
    soon, late = Desk(clock, HOURS), Desk(clock, HOURS)
    soon.restore([ended])
    assert opened(soon).id == ended.id
    clock.go(61)
    late.restore([ended])
    assert opened(late).id != ended.id


@pytest.mark.parametrize("factor", [1 / 60, 1 / 600])
def test_all_times_are_scaled(factor: float) -> None:
    """A job that lives for a minute has alerts that end."""
    clock = Clock()
    where = Desk(clock, Scale(factor))
    opened(where)
    clock.go(0.01)
    where.update(target(), [], ["leak"])
    clock.go(15 * factor)
    (ended,) = where.update(target(), [], ["leak"])
    assert ended.ended_ns is not None
