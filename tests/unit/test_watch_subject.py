"""One target under watch, answer after answer."""

from __future__ import annotations

from msgspec.structs import replace

from heapwise.errors import ServiceError
from heapwise.model.watch import Bin, Floor, Health, Source, Target, Vitals
from heapwise.watch.config import Alerts
from heapwise.watch.past import Past
from heapwise.watch.pool import Outcome
from heapwise.watch.scale import Scale
from heapwise.watch.subject import Subject

TARGET = Target(service="shop", instance="1", url="http://127.0.0.1:1")
S = 10**9
INTERVAL = 15 * S


def vitals(second: float, live: float = 100e6, started: int = 1) -> Vitals:
    """Of a process that allocates 20 MB a second."""
    return Vitals(
        at_ns=round(second * S), source=Source.PROMETHEUS, runtime="go", started_ns=started * S,
        live=live, floor=Floor.EXACT, allocated=20e6 * second, cycles=int(second),
    )  # fmt: skip


def subject(past: Past | None = None) -> Subject:
    return Subject(TARGET, Scale(), Alerts(), INTERVAL, 0, past)


def answer(told: Vitals | None, problem: ServiceError | None = None) -> Outcome:
    return Outcome(TARGET.key, 1000, told, problem)


def feed(to: Subject, seconds: float, grows: float, begin: float = 0.0) -> list[str]:
    """Answers every 15 seconds, growing by so many bytes a second; codes of signs in order."""
    seen = []
    for at in range(int(begin) + 15, int(begin + seconds), 15):
        news = to.take(answer(vitals(at, 100e6 + grows * at)), at * S)
        seen += [sign.code for sign in news.signs]
    return seen


def test_the_first_answer_tells_nothing_yet_and_the_second_does() -> None:
    """Rates need two readings."""
    it = subject()
    first = it.take(answer(vitals(15)), 15 * S)
    assert (first.stretch, first.asked) == (None, ())
    second = it.take(answer(vitals(30)), 30 * S)
    assert second.stretch is not None
    assert second.stretch.allocated == 300e6
    assert it.state.health is Health.UP
    assert it.state.asked == 2


def test_a_target_that_does_not_answer_is_a_state_with_a_reason() -> None:
    """And up again with its next answer; the time of the change is kept."""
    it = subject()
    for second in (15, 30):
        it.take(answer(None, ServiceError("nothing listens")), second * S)
    assert it.state.health is not Health.UP
    assert "nothing listens" in it.state.problem
    assert (it.state.since_ns, it.state.failed) == (15 * S, 2)
    it.take(answer(vitals(45)), 45 * S)
    assert (it.state.health, it.state.problem, it.state.since_ns) == (Health.UP, "", 45 * S)


def test_a_leak_is_seen_and_a_restart_forgets_it() -> None:
    """What grew in one process is not held against the next."""
    it = subject()
    assert "leak" in feed(it, 5 * 3600, grows=20e3)
    begun_anew = replace(vitals(18030, started=18000), allocated=1.0, cycles=0)
    news = it.take(answer(begun_anew), 18030 * S)
    assert news.restarted
    assert it.state.restarts == 1
    again = it.take(answer(replace(begun_anew, at_ns=18045 * S)), 18045 * S)
    assert not again.signs


def test_a_watcher_that_is_started_again_goes_on_with_the_bins_of_the_one_before() -> None:
    """A leak that took hours to show does not take as long again."""
    before = subject()
    bins: list[Bin] = []
    at = 0
    for at in range(15, 4 * 3600, 15):
        bins += before.take(answer(vitals(at, 100e6 + 40e3 * at)), at * S).bins
    after = subject(Past(bins, vitals(at, 100e6 + 40e3 * at)))
    fresh = subject()
    assert "leak" in feed(after, 5400, grows=40e3, begin=at)
    assert "leak" not in feed(fresh, 5400, grows=40e3, begin=at)


def test_the_past_of_another_process_is_left_alone() -> None:
    """Bins of a process that is gone are no past of the one that answers."""
    past = Past([Bin(begin_ns=0, stretches=20, live=1e9, load=1.0)], vitals(300, started=1))
    it = subject(past)
    news = it.take(answer(replace(vitals(900, started=800), allocated=1.0)), 900 * S)
    assert news.restarted
    assert news.stretch is None
    assert it.take(answer(replace(vitals(915, started=800), allocated=2.0)), 915 * S).bins == ()


def test_a_clock_that_was_set_back_between_two_watchers_is_no_error() -> None:
    """What the one before saw last is not over yet; it is no past, and nobody restarted."""
    it = subject(Past([Bin(begin_ns=0, stretches=20, live=1e9, load=1.0)], vitals(900)))
    news = it.take(answer(replace(vitals(905), at_ns=600 * S)), 600 * S)
    assert (news.restarted, news.stretch) == (False, None)
    again = it.take(answer(replace(vitals(920), at_ns=615 * S)), 615 * S)
    assert again.stretch is not None
    later = subject(Past([], vitals(900)))
    assert later.take(answer(replace(vitals(600, started=500), allocated=1.0)), 600 * S).restarted


def test_a_source_that_tells_another_kind_of_floor_is_no_growth() -> None:
    """The step from one kind to the other is nothing that the target did; a lasting one begins
    a history of its own.
    """
    it = subject()
    feed(it, 600, grows=0)
    other = [replace(vitals(at, 300e6), floor=Floor.RSS) for at in range(600, 5400, 15)]
    seen = [it.take(answer(each), each.at_ns).stretch for each in other]
    lives = [each.live for each in seen if each is not None]
    assert lives[:200] == [None] * 200
    assert lives[-1] == 300e6
    back = it.take(answer(vitals(5400)), 5400 * S)
    assert back.stretch is not None
    assert back.stretch.live is None


class Clumsy:
    """A detector that cannot bear what it is shown."""

    code = "clumsy"
    every_ns = INTERVAL

    def look(self, *_: object) -> None:
        """Stumble."""
        raise ZeroDivisionError("float division by zero")


def test_a_detector_that_stumbles_costs_only_itself() -> None:
    """The others see what they see, and of what it looks for nothing is known: it was not asked."""
    it = subject()
    feed(it, 60, grows=0)
    others = it._detectors
    it._detectors = (Clumsy(), *others)
    it._due = {}
    news = it.take(answer(vitals(75)), 75 * S)
    assert set(news.asked) == {each.code for each in others}
    assert [type(each) for each in news.stumbles] == [ZeroDivisionError]
    assert it.state.health is Health.UP


def test_an_answer_that_cannot_be_borne_is_a_state_with_a_reason() -> None:
    """And the next one of the same target is taken as if it had not been."""
    it = subject()
    it.take(answer(vitals(15)), 15 * S)
    odd = replace(vitals(30), allocated="much")
    news = it.take(answer(odd), 30 * S)
    assert news.vitals is None
    assert len(news.stumbles) == 1
    assert (it.state.health, it.state.failed) == (Health.STRANGE, 1)
    assert "made heapwise stumble" in it.state.problem
    after = it.take(answer(vitals(45)), 45 * S)
    assert after.stretch is not None
    assert after.stretch.allocated == 600e6
