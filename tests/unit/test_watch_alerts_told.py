"""Who is told what, how often, and what a sink that does not answer misses."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from heapwise.errors import ServiceError
from heapwise.model.watch import Alert, Severity
from heapwise.watch.alerts import (
    FolderJournal,
    Journal,
    NoJournal,
    Notifier,
    Pace,
    Route,
    notice_of,
)
from heapwise.watch.alerts.journal import Told
from heapwise.watch.alerts.ledger import Ledger
from heapwise.watch.clock import SteadyClock
from heapwise.watch.post import Rejected
from support.alerting import MINUTE, START, alert

HOUR = 60 * MINUTE
SOON = START + MINUTE // 2
"""When what is new at the start has been gathered."""


def ledger(pace: Pace = Pace()) -> Ledger:  # noqa: B008 - it is frozen
    """Of a sink that knows nothing."""
    return Ledger(pace, {})


def tell(book: Ledger, now_ns: int) -> list[list[str]]:
    """What the sink is told now: the instances of each group, those that are over in brackets."""
    groups = []
    while group := book.due(now_ns):
        groups.append([f"({a.instance})" if a.ended_ns else a.instance for a in group])
        book.took(group, now_ns)
    return groups


def over(each: Alert, at_ns: int) -> Alert:
    """The same alert, ended."""
    return msgspec.structs.replace(each, ended_ns=at_ns)


def test_instances_of_a_service_are_told_together() -> None:
    """What begins within half a minute is one notice; another code is another one."""
    book = ledger()
    for second, instance in enumerate("cab"):
        book.note([alert(instance)], START + second * 10**9)
    book.note([alert("a", "pauses", Severity.WARN)], START)
    assert tell(book, SOON - 1) == []
    assert tell(book, SOON) == [["c", "a", "b"], ["a"]]
    assert tell(book, SOON + HOUR) == []


def test_more_of_the_same_waits_for_five_minutes() -> None:
    """Six more instances within five minutes are one notice more, which names all of them."""
    book = ledger()
    book.note([alert("0")], START)
    tell(book, SOON)
    for number in range(1, 7):
        book.note([alert(str(number))], SOON + number * 10**9)
    assert tell(book, SOON + 5 * MINUTE - 1) == []
    assert tell(book, SOON + 5 * MINUTE) == [list("0123456")]


def test_what_gets_worse_does_not_wait() -> None:
    """A warning that becomes a page is told again after half a minute."""
    book = ledger()
    warning = alert("a", severity=Severity.WARN)
    book.note([warning], START)
    tell(book, SOON)
    book.note([alert("a", severity=Severity.PAGE)], SOON)
    assert tell(book, SOON + MINUTE // 2) == [["a"]]


def test_nobody_is_told_twice_until_it_is_time_to_repeat() -> None:
    """The same alert with other numbers is nothing new; after four hours it is told again."""
    book = ledger()
    book.note([alert()], START)
    tell(book, SOON)
    for minute in range(240):
        now = SOON + minute * MINUTE
        book.note([msgspec.structs.replace(alert(), summary=f"{minute} %", seen_ns=now)], now)
        assert tell(book, now) == []
    assert tell(book, SOON + 4 * HOUR) == [["a"]]


def test_the_end_is_told_to_who_heard_of_the_beginning() -> None:
    """Once; with the others that have ended since."""
    book = ledger()
    book.note([alert("a"), alert("b")], START)
    tell(book, SOON)
    book.note([over(alert("a"), SOON)], SOON)
    assert tell(book, SOON + 5 * MINUTE) == [["b", "(a)"]]
    book.note([over(alert("b"), SOON)], SOON + 6 * MINUTE)
    assert tell(book, SOON + HOUR) == [["(b)"]]
    assert book.told == {}


def test_the_end_of_what_was_never_told_is_not_told() -> None:
    """Neither of what was over before, nor of what nobody wanted to hear."""
    book = ledger()
    book.note([over(alert("a"), START), alert("b", severity=Severity.CAPTURE)], START)
    book.note([over(alert("b", severity=Severity.CAPTURE), START)], START)
    assert book.due(START + 9 * HOUR) == []
    assert book.told == {}


def test_silenced_alerts_are_not_told() -> None:
    """Not when they begin and not again; but their end, if their beginning was told."""
    book = ledger()
    silenced = msgspec.structs.replace(alert("a"), silenced=True)
    book.note([silenced, alert("b")], START)
    assert tell(book, SOON) == [["b"]]
    later = msgspec.structs.replace(alert("b"), silenced=True)
    book.note([later], SOON)
    assert tell(book, SOON + 5 * HOUR) == []
    book.note([over(silenced, SOON), over(later, SOON)], SOON + 5 * HOUR)
    assert tell(book, SOON + 6 * HOUR) == [["(b)"]]


def test_an_alert_that_begins_and_ends_unheard_is_told_as_over() -> None:
    """The sink was away for an hour: it hears once, and how things are now."""
    book = ledger()
    book.note([alert("a")], START)
    book.note([over(alert("a"), START + MINUTE)], START + MINUTE)
    assert book.waiting == 1
    assert tell(book, START + HOUR) == [["(a)"]]
    assert book.waiting == 0


def test_what_comes_back_while_its_end_is_told_is_told() -> None:
    """It is not taken for what the sink knows."""
    book = ledger()
    book.note([alert()], START)
    tell(book, SOON)
    book.note([over(alert(), SOON)], SOON)
    group = book.due(SOON + HOUR)
    book.note([alert()], SOON + HOUR)
    book.took(group, SOON + HOUR)
    assert tell(book, SOON + 2 * HOUR) == [["a"]]


def test_what_a_sink_refuses_does_not_hold_up_the_others() -> None:
    """It is tried again when its time has come."""
    book = ledger()
    book.note([alert("a"), alert("b", "pauses")], START)
    first = book.due(SOON)
    book.put_off(first, SOON + HOUR)
    second = book.due(SOON)
    assert {first[0].code, second[0].code} == {"leak", "pauses"}
    book.took(second, SOON)
    assert book.due(SOON) == []
    assert book.next_ns() == SOON + HOUR
    assert book.due(SOON + HOUR) == first


def test_the_next_moment_is_known() -> None:
    """Nothing has to be asked in between."""
    book = ledger()
    assert book.next_ns() is None
    book.note([alert()], START)
    assert book.next_ns() == SOON
    tell(book, SOON)
    assert book.next_ns() == SOON + 4 * HOUR


def test_a_long_outage_takes_no_more_memory_than_is_allowed() -> None:
    """The oldest that are over are given up and counted; none that lasts is."""
    book = Ledger(Pace(), {}, most_over=10)
    for number in range(100):
        each = alert(str(number))
        book.note([each], START)
        book.note([over(each, START + number)], START)
    book.note([alert(f"lasting-{number}") for number in range(50)], START)
    assert (book.waiting, book.dropped, len(book.told)) == (60, 90, 60)
    group = book.due(START + HOUR)
    assert {each.instance for each in group if each.ended_ns} == {str(n) for n in range(90, 100)}


@pytest.mark.parametrize(
    ("alerts", "instances", "summary"),
    [
        ([alert("a")], 1, "leak on checkout/a"),
        ([alert("a"), over(alert("b"), START)], 9, "leak on 1 of 9 instances of checkout"),
        ([alert(str(n)) for n in range(7)], 9, "leak on 7 of 9 instances of checkout"),
        ([alert(str(n)) for n in range(7)], 3, "leak on 7 of 7 instances of checkout"),
        ([over(alert("b"), START)], 9, "leak is over on checkout/b"),
        ([over(alert(n), START) for n in "ab"], 9, "leak is over on 2 instances of checkout"),
    ],
)
def test_a_notice_says_how_many(alerts: list[Alert], instances: int, summary: str) -> None:
    """Of how many; the service may have been scaled down since."""
    assert notice_of(alerts, lambda _: instances).summary == summary


def test_the_severity_of_a_notice_is_the_highest_of_what_lasts() -> None:
    """What is over wakes nobody."""
    warn = alert("a", severity=Severity.WARN)
    notice = notice_of([over(alert("b"), START), warn], lambda _: 2)
    assert (notice.status, notice.severity, notice.lasting) == ("firing", Severity.WARN, 1)
    assert [each.instance for each in notice.alerts] == ["a", "b"]


def test_what_is_over_is_said_of_no_instance_that_still_has_it() -> None:
    """One that goes on unheard, since somebody silenced it, is not declared well."""
    book = ledger()
    book.note([alert("a"), alert("b")], START)
    tell(book, SOON)
    book.note([msgspec.structs.replace(alert("b"), silenced=True)], SOON)
    book.note([over(alert("a"), SOON)], SOON)
    notice = notice_of(book.due(SOON + HOUR), lambda _: 2)
    assert notice.summary == "leak is over on checkout/a"


@dataclass
class Ear:
    """A sink that hears, or does not."""

    name: str = "ear"
    fails: Exception | None = None
    hangs: threading.Event | None = None
    heard: list[list[str]] = field(default_factory=list)

    def send(self, alerts: Sequence[Alert]) -> None:
        """Remember what is told."""
        if self.hangs is not None:
            self.hangs.wait(20)
        if self.fails is not None:
            raise self.fails
        self.heard.append([("-" if a.ended_ns else "+") + a.instance for a in alerts])


AT_ONCE = Pace(gather_ns=0, between_ns=0)


def notifier(
    *ears: Ear, journal: Journal | None = None, pace: Pace = AT_ONCE, stored: Sequence[Alert] = ()
) -> Notifier:
    """Of these sinks, who want to hear at once."""
    routes = [Route(ear, pace) for ear in ears]
    return Notifier(routes, SteadyClock(), journal or NoJournal(), stored)


def eventually(holds: object, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.005)


def test_a_sink_that_hangs_holds_up_nobody() -> None:
    """Neither who tells, nor the other sinks."""
    hung, well = Ear("hung", hangs=threading.Event()), Ear("well")
    with notifier(hung, well) as telling:
        began = time.monotonic()
        for number in range(100):
            telling.tell([alert(str(number))])
        assert time.monotonic() - began < 1
        eventually(lambda: telling.health()[1].waiting == 0)
        assert telling.health()[0].waiting == 100
        assert hung.hangs
        hung.hangs.set()
    assert sorted(set().union(*well.heard)) == sorted(f"+{n}" for n in range(100))


@pytest.mark.parametrize(
    "failure", [ServiceError("it does not listen"), RuntimeError("a mistake"), Rejected("no")]
)
def test_failures_are_counted_and_tried_again_within_the_longest_wait(failure: Exception) -> None:
    """Whatever goes wrong in a sink; when it is well again, it hears how things are."""
    ear = Ear(fails=failure)
    impatient = msgspec.structs.replace(AT_ONCE, longest_wait_ns=50_000_000)
    with notifier(ear, pace=impatient) as telling:
        telling.tell([alert("a"), alert("b")])
        eventually(lambda: telling.health()[0].failed >= 3)
        (sick,) = telling.health()
        assert (sick.sent, sick.waiting, sick.problem) == (0, 2, str(failure))
        telling.tell([over(alert("b"), START)])
        ear.fails = None
        eventually(lambda: ear.heard)
        eventually(lambda: telling.health()[0].waiting == 0)
        (well,) = telling.health()
    assert ear.heard == [["+a", "-b"]]
    assert (well.sent, well.problem) == (1, "")
    assert well.told_ns is not None


@pytest.mark.parametrize("failure", [Rejected("it answered 400"), UnicodeError("no surrogates")])
def test_what_one_service_says_blocks_no_other(tmp_path: Path, failure: Exception) -> None:
    """A sink that refuses an alert for what stands in it, or stumbles over it, is told of the
    others at once.
    """

    @dataclass
    class Picky(Ear):
        def send(self, alerts: Sequence[Alert]) -> None:
            if alerts[0].service == "bad":
                raise failure
            super().send(alerts)

    ear = Picky()
    with notifier(ear, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([alert("a", service="bad")])
        eventually(lambda: telling.health()[0].failed)
        telling.tell([alert("b")])
        eventually(lambda: ear.heard, 1.0)
        assert (telling.health()[0].waiting, telling.health()[0].failed) == (1, 1)


def test_a_restart_of_the_watcher_tells_nothing_twice(tmp_path: Path) -> None:
    """What was told is known; the end is told by the watcher that sees it."""
    ear = Ear()
    with notifier(ear, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([alert("a")])
        eventually(lambda: telling.health()[0].sent)
    with notifier(ear, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([alert("a"), alert("b")])
        eventually(lambda: telling.health()[0].sent)
        telling.tell([over(alert("a"), START)])
        eventually(lambda: telling.health()[0].sent == 2)
    assert ear.heard == [["+a"], ["+a", "+b"], ["+b", "-a"]]


def test_what_is_known_and_due_again_is_told_without_waiting_for_news(tmp_path: Path) -> None:
    """An Alertmanager takes what it does not hear of for some minutes for over."""
    ear = Ear()
    FolderJournal(tmp_path).write("ear", {alert("a").id: Told(Severity.PAGE, 1)})
    often = Route(ear, Pace(gather_ns=0, between_ns=0, repeat_ns=MINUTE))
    with Notifier([often], SteadyClock(), FolderJournal(tmp_path)) as telling:
        time.sleep(0.1)  # its thread has found nothing to do
        telling.tell([alert("a")])
        eventually(lambda: ear.heard, 2.0)


def test_what_could_not_be_told_is_told_after_a_restart(tmp_path: Path) -> None:
    """Also if it is over by then."""
    deaf = Ear(fails=ServiceError("it does not listen"))
    with notifier(deaf, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([alert("a"), alert("b"), alert("c")])
        eventually(lambda: telling.health()[0].failed)
        telling.tell([over(alert("b"), START), alert("d")])
    ear = Ear()
    stored = [over(alert("a"), START), over(alert("b"), START), alert("c"), alert("d")]
    with notifier(ear, journal=FolderJournal(tmp_path), stored=stored) as telling:
        eventually(lambda: telling.health()[0].waiting == 0)
    heard = [each for group in ear.heard for each in group]
    assert {"-a", "-b", "+c", "+d"} <= set(heard)
    assert "+b" not in heard


def test_what_only_a_journal_knows_is_not_told(tmp_path: Path) -> None:
    """Its watcher was killed before the store had kept it: nobody would ever see its end."""
    deaf, ear = Ear(fails=ServiceError("it does not listen")), Ear()
    with notifier(deaf, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([alert("lost"), alert("kept")])
        eventually(lambda: telling.health()[0].failed)
    with notifier(ear, journal=FolderJournal(tmp_path), stored=[alert("kept")]) as telling:
        eventually(lambda: telling.health()[0].waiting == 0)
        telling.tell([over(alert("kept"), START)])
        eventually(lambda: len(ear.heard) == 2)
    assert ear.heard == [["+kept"], ["-kept"]]
    assert FolderJournal(tmp_path).read("ear") == {}


def test_a_sink_that_hangs_is_not_waited_for_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its deadline is; what it was to be told is told after a restart."""
    monkeypatch.setattr("heapwise.watch.alerts.notifier.LAST_WAIT_S", 0.1)
    hung = Ear(hangs=threading.Event())
    began = time.monotonic()
    with notifier(hung, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([alert("a")])
        time.sleep(0.1)
        telling.tell([alert("b")])
    assert time.monotonic() - began < 5
    assert set(FolderJournal(tmp_path).read("ear")) == {alert("a").id, alert("b").id}
    assert hung.hangs
    hung.hangs.set()


def test_a_damaged_journal_tells_once_more(tmp_path: Path) -> None:
    """It is no reason not to start."""
    ear = Ear()
    for content in (b"", b'{"a":', b"[1]", b"\xff"):
        for file in tmp_path.iterdir():
            file.write_bytes(content)
        with notifier(ear, journal=FolderJournal(tmp_path)) as telling:
            telling.tell([alert("a")])
            eventually(lambda told=telling: told.health()[0].sent)
    assert ear.heard == [["+a"]] * 4


def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Alerts are told all the same."""
    (tmp_path / "file").write_text("")
    ear = Ear()
    with notifier(ear, journal=FolderJournal(tmp_path / "file")) as telling:
        telling.tell([alert("a")])
        eventually(lambda: ear.heard)
        eventually(lambda: "cannot be kept" in telling.health()[0].problem)


def test_an_alert_that_cannot_be_written_down_is_said(tmp_path: Path) -> None:
    """The telling goes on: half of a character is no reason to hear nothing any more."""
    ear = Ear()
    with notifier(ear, journal=FolderJournal(tmp_path)) as telling:
        telling.tell([msgspec.structs.replace(alert("a"), summary="half \ud800", silenced=False)])
        eventually(lambda: ear.heard)
        telling.tell([alert("b")])
        eventually(lambda: len(ear.heard) == 2, 2.0)


def test_names_of_sinks_lead_nowhere_else(tmp_path: Path) -> None:
    """As a file name it is spelled out."""
    ear = Ear(name="../../evil\0/x")
    with notifier(ear, journal=FolderJournal(tmp_path / "told")) as telling:
        telling.tell([alert("a")])
        eventually(lambda: ear.heard)
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "told"]
