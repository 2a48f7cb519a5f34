"""The loop of `heapwise watch`: who is due is asked, and what they say goes its ways.

One thread owns all that is known of targets; it never waits for any of them. Others ask (`Pool`),
look for targets (`Lookout`), take profiles and tell sinks, and hand over what came of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from heapwise.errors import HeapwiseError
from heapwise.model.watch import Target, TargetState, Vitals
from heapwise.units import NS_PER_S
from heapwise.watch.agenda import Agenda, Pace
from heapwise.watch.clock import Clock
from heapwise.watch.config import Config, Service
from heapwise.watch.deploys.deploys import CODE as DEPLOY
from heapwise.watch.deploys.deploys import Deploys
from heapwise.watch.dispatch import Dispatch
from heapwise.watch.export.own import ScrapeTimes
from heapwise.watch.exports import Exports
from heapwise.watch.itself import SERVICE, Mirror, itself
from heapwise.watch.keeping import Keeping
from heapwise.watch.lookout import Lookout
from heapwise.watch.past import Past, past_of
from heapwise.watch.pool import Outcome, Pool
from heapwise.watch.scrape import scraper_for
from heapwise.watch.store import Store
from heapwise.watch.stumbles import Stumbles
from heapwise.watch.subject import News, Subject

_STEP_S = 0.25
"""The longest wait for an answer: captures and deploys are looked after so often."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A target and how it is asked, as its service says."""

    subject: Subject
    service: Service | None
    scrape: Callable[[], Vitals]
    pace: Callable[[], Pace]


class Watcher:
    """Watches until it is told to stop.

    Attributes:
        scrapes: how long they took.

    Args:
        config: whom to watch, and how.
        store: for everything that is kept.
        dispatch: for signs.
        clock: tells when.
        tell: takes what an operator has to know, a line each: problems of lists, of the store.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        dispatch: Dispatch,
        clock: Clock,
        tell: Callable[[str], None],
        exports: Exports | None = None,
    ) -> None:
        self._config = config
        self._store = store
        self._dispatch = dispatch
        self._clock = clock
        self._tell = tell
        self._stumbles = Stumbles(tell)
        self._exports = exports or Exports(())
        self._scale = config.watch.scale
        self._lookout = Lookout(config, clock)
        self._keeping = Keeping(store, config, clock, tell)
        self._agenda = Agenda(config.watch.every_ns)
        self._deploys = Deploys(self._scale, store.deploys())
        self._services = {service.name: service for service in config.service}
        self._asked: dict[str, _Asked] = {}
        self._answers = 0
        self._pool: Pool | None = None
        self.scrapes = ScrapeTimes()
        self._mirror = Mirror(clock, lambda: self._answers)
        self._watch((itself(),))

    def states(self) -> tuple[TargetState, ...]:
        """How every target does; may be called from any thread."""
        return tuple(asked.subject.state for asked in self._asked.copy().values())

    def waiting(self) -> int:
        """Targets that are being asked now, or ought to be."""
        return self._pool.asked if self._pool else 0

    def skipped(self) -> int:
        """Scrapes that were left out, ever, since their targets were still on their way."""
        return self._agenda.dropped

    def run(self, stop: threading.Event) -> None:
        """Watch until the event is set, which is looked at several times a second."""
        with Pool() as self._pool, self._lookout:
            while not stop.is_set():
                self.step(self._pool)
        self._keeping.finish()

    def step(self, pool: Pool) -> None:
        """Once round: take new lists, ask who is due, take what was answered, keep it."""
        now = self._clock.now_ns()
        found = self._lookout.news()
        if found is not None:
            self._watch((*found.targets, itself()))
            if found.complete:  # else some may be in a list that nobody has read yet
                self._dispatch.watched({each.key for each in (*found.targets, itself())})
            for problem in found.problems:
                self._tell(problem)
        for key in self._agenda.due(now, pool.room):
            pool.ask(key, self._asked[key].scrape)
        outcome = pool.outcome(self._wait_s(now) if pool.room else _STEP_S)
        while outcome is not None:
            self._take(outcome)
            outcome = pool.outcome(0)
        self._dispatch.step()
        for judgement in self._deploys.judged(self._clock.now_ns(), self._stumbles.over):
            if judgement.sign is not None:
                self._tell(f"{judgement.deploy.service}: {judgement.sign.summary}")
        self._keeping.step(self._dispatch)

    def reconfigure(self, config: Config) -> None:
        """Watch other services, or the same in another way.

        What is known of targets that stay is kept. Nothing else of a configuration is taken over.

        Raises:
            HeapwiseError: as `Lookout.look_for`; everything stays as it was.
        """
        taken = msgspec.structs.replace(self._config, service=config.service)
        self._lookout.look_for(taken)
        self._config = taken
        self._services = {service.name: service for service in config.service}

    def service(self, name: str) -> Service | None:
        """A service as it is watched now."""
        return self._services.get(name)

    def _wait_s(self, now_ns: int) -> float:
        due = self._agenda.next_ns()
        return _STEP_S if due is None else min(_STEP_S, max(0, due - now_ns) / NS_PER_S)

    def _watch(self, targets: Sequence[Target]) -> None:
        """Take these targets instead of those before; who stays is not disturbed."""
        wanted = {
            target.key: target
            for target in targets
            if target.service in self._services or target.service == SERVICE
        }
        for key in [key for key in self._asked if key not in wanted]:
            gone = self._asked.pop(key)
            self._deploys.gone(gone.subject.state.target)
            self._dispatch.gone(key)
            self._stumbles.forget(key)
        for key, target in wanted.items():
            service = self._services.get(target.service)
            known = self._asked.get(key)
            if known is None or known.service != service or known.subject.state.target != target:
                with self._stumbles.over(key):
                    self._add(target, service, known.subject if known else None)
        intervals = ((key, self._interval_of(wanted[key].service)) for key in self._asked)
        self._agenda.watch(intervals, self._clock.now_ns())

    def _add(self, target: Target, service: Service | None, subject: Subject | None) -> None:
        """Ask a target from now on, or in another way than before."""
        try:
            scrape, pace = self._scraper(target, service)
        except HeapwiseError as error:
            self._tell(f"{target.key}: {error}")
            return
        if subject is None:
            subject = self._subject(target)
        subject.is_now(target)
        self._asked[target.key] = _Asked(subject, service, scrape, pace)

    def _subject(self, target: Target) -> Subject:
        past = self._past(target.key)
        if past is not None:
            self._deploys.restore(target, past.last, (*past.youth, *past.bins))
        return Subject(
            target,
            self._scale,
            self._config.alerts,
            self._interval_of(target.service),
            self._clock.now_ns(),
            past,
        )

    def _scraper(
        self, target: Target, service: Service | None
    ) -> tuple[Callable[[], Vitals], Callable[[], Pace]]:
        if service is None:
            return self._mirror.scrape, Pace
        settings = service.scraping(self._config.watch)
        scraper = scraper_for(target, service.access(), settings, self._clock)
        return scraper.scrape, lambda: scraper.pace

    def _interval_of(self, service: str) -> int:
        named = self._services.get(service)
        return (named.interval if named else None) or self._config.watch.every_ns

    def _past(self, key: str) -> Past | None:
        try:
            return past_of(self._store, key, self._scale, self._clock.now_ns())
        except HeapwiseError as error:
            self._tell(f"{key}: nothing is known of its past: {error}")
            return None

    def _take(self, outcome: Outcome) -> None:
        """One answer: to the state, the agenda, the store, the detectors and the exporters."""
        asked = self._asked.get(outcome.key)
        if asked is None:
            self._agenda.done(outcome.key, self._clock.now_ns(), failed=True)
            return
        now = self._clock.now_ns()
        self._answers += 1
        self.scrapes.add(outcome.took_ns)
        news = asked.subject.take(outcome, now)
        self._agenda.done(outcome.key, now, failed=news.vitals is None, pace=asked.pace())
        for stumble in news.stumbles:
            self._stumbles.tell(outcome.key, stumble)
        state = asked.subject.state
        self._store.saw(state.target, news.vitals, state.problem)
        if news.vitals is not None:
            with self._stumbles.over(outcome.key):
                self._spread(state.target, news.vitals, news, now)

    def _spread(self, target: Target, vitals: Vitals, news: News, now_ns: int) -> None:
        for made in news.bins:
            self._store.binned(target.key, made)
        deploy = self._deploys.seen(target, vitals, news.stretch)
        if deploy is not None:
            self._store.deploy(deploy)
        if news.restarted:
            self._dispatch.restarted(target.key, deploy.build if deploy is not None else "")
        self._dispatch.seen(target, vitals)
        verdict = self._deploys.sign(target, now_ns)
        told = () if verdict is None or DEPLOY in self._config.alerts.off else (verdict,)
        if news.stretch is not None:
            self._dispatch.signs(target, vitals, (*news.signs, *told), (*news.asked, DEPLOY))
        self._exports.take(target, vitals, news.stretch)
