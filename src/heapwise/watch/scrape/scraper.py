"""One target's vitals, time after time, with the source found again when it has gone."""

from __future__ import annotations

from msgspec.structs import replace

from heapwise.analysis.stretch import restarted
from heapwise.errors import ServiceError
from heapwise.formats.memstats import RING
from heapwise.model.watch import Health, Source, Target, Vitals
from heapwise.runtimes.access import Access
from heapwise.runtimes.index_page import count_tasks
from heapwise.runtimes.python.service import PythonRuntime
from heapwise.runtimes.wire import Deadline
from heapwise.units import NS_PER_S, format_duration
from heapwise.watch.agenda import Pace
from heapwise.watch.clock import Clock
from heapwise.watch.scrape.finding import Finder, Sources
from heapwise.watch.scrape.identity import Identity, identify
from heapwise.watch.scrape.reader import Reader
from heapwise.watch.scrape.settings import ScrapeSettings

_PATIENCE = 2
"""Failures in a row after which the source is looked for anew."""

_LOOK_AGAIN_NS = 3600 * NS_PER_S
"""So often a better source may have come, or have come back."""

_LONG_NS = NS_PER_S // 5
_REST = 50
"""A target that takes longer than `_LONG_NS` over its heap profile is left alone for so many times
as long: that costs it 2 % of a processor at most."""


class Scraper:
    """Scrapes one target. Not for two threads at once.

    Args:
        target: whom.
        access: what it wants to be shown.
        settings: of its service.
        clock: of the watcher.

    Raises:
        UsageError: its address is none.
    """

    def __init__(
        self, target: Target, access: Access, settings: ScrapeSettings, clock: Clock
    ) -> None:
        self.target = target
        self._settings = settings
        self._clock = clock
        self._finder = Finder(target, access, settings, clock)
        self._sources: Sources | None = None
        self._identity = Identity()
        self._raw: Vitals | None = None
        self._failures = 0
        self._found_ns = 0
        self._counted_ns: int | None = None
        self._crew: frozenset[int] = frozenset()
        self._crew_number: int | None = None
        self._ring_lasts_ns: int | None = None
        self._rest_ns = 0

    @property
    def pace(self) -> Pace:
        """How soon to come again so that no pause is lost, and so that asking costs little.

        Half of what the ring of pauses holds, at the rate of the last two readings. The heap
        profile as text names every call stack, which takes the service half a millisecond each
        (measured, Go 1.26).
        """
        return Pace(self._ring_lasts_ns, self._rest_ns)

    def scrape(self) -> Vitals:
        """Ask.

        Raises:
            ServiceError: it does not answer in time, or nothing that can be used; see `health_of`.
        """
        deadline = Deadline(self._settings.deadline_s)
        begin_ns = self._clock.now_ns()
        try:
            vitals = self._read(deadline)
        except ServiceError:
            self._failed()
            raise
        except TimeoutError as error:
            self._failed()
            waited = format_duration(self._settings.deadline_s * NS_PER_S)
            raise ServiceError(
                f"{self._finder.given.url} did not answer within {waited}"
            ) from error
        self._failures = 0
        before, self._raw = self._raw, _dated_by(self._raw, vitals)
        self._ring_lasts_ns = _ring_lasts_ns(before, vitals)
        self._rest_ns = _rest_ns(vitals, begin_ns)
        return self._completed(vitals, deadline)

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= _PATIENCE:
            self._sources = None

    def _read(self, deadline: Deadline) -> Vitals:
        """What the sources tell; they are looked for where there are none, or none for long."""
        if self._sources is None or self._may_be_better():
            sources, vitals = self._find(deadline)
            return vitals if self._is_known(vitals) else self._met(sources, vitals, deadline)
        vitals = self._of_its_crew(self._sources.main, self._sources.read(deadline))
        if self._is_known(vitals):
            return vitals
        return self._met(*self._find(deadline), deadline)

    def _find(self, deadline: Deadline) -> tuple[Sources, Vitals]:
        sources, vitals = self._finder.find(deadline)
        sources.know(self._identity.settings)
        self._sources, self._found_ns = sources, self._clock.now_ns()
        return sources, self._of_its_crew(sources.main, vitals)

    def _of_its_crew(self, reader: Reader, vitals: Vitals) -> Vitals:
        """With the number that it was met by, as long as some of those that worked before still do.

        Servers replace workers one by one, and what is left of the service is the same.
        """
        before, self._crew = self._crew, frozenset(reader.workers)
        if before.isdisjoint(self._crew):
            self._crew_number = vitals.process
        return replace(vitals, process=self._crew_number) if self._crew else vitals

    def _may_be_better(self) -> bool:
        """True where a source may have come to a service that lacked it, or come back.

        An agent is the best source there is, and its reader knows which collections it has seen.
        """
        if self._raw is None or self._raw.source is Source.AGENT:
            return False
        return self._clock.now_ns() - self._found_ns > _LOOK_AGAIN_NS

    def _is_known(self, vitals: Vitals) -> bool:
        """True where it is the process that was met."""
        known = self._raw is not None and not restarted(self._raw, vitals)
        return known and self._identity.alive

    def _met(self, sources: Sources, vitals: Vitals, deadline: Deadline) -> Vitals:
        """A process that was not seen before: find out which it is.

        Where it was started with a GOGC of its own, the live heap has to be worked out anew.
        """
        debug = self._finder.debug
        main = sources.main
        self._identity = identify(main.endpoint, debug, vitals, main.workers, deadline)
        self._raw = self._counted_ns = None
        sources.know(self._identity.settings)
        return sources.read(deadline) if self._identity.settings else vitals

    def _completed(self, vitals: Vitals, deadline: Deadline) -> Vitals:
        """With what the configuration, the machine and the index page add."""
        settings, label = self._settings, self._settings.build_label
        self._identity = self._identity.dated(vitals)
        if self._sources is not None:
            main = self._sources.main
            self._identity = self._identity.staffed(main.endpoint, main.workers, vitals.at_ns)
        vitals = self._identity.complete(vitals)
        told = dict(self.target.labels).get(label, "") if label else ""
        limits = (limit for limit in (vitals.limit, settings.limit) if limit is not None)
        hard = (limit for limit in (vitals.hard_limit, settings.limit) if limit is not None)
        return replace(
            vitals,
            build=told or vitals.build,
            limit=min(limits, default=None),
            hard_limit=min(hard, default=None),
            tasks=self._tasks(vitals, deadline),
        )

    def _tasks(self, vitals: Vitals, deadline: Deadline) -> int | None:
        """By the index page now and then, by time: scrapes may be far apart."""
        debug = self._finder.debug
        if vitals.tasks is not None or debug is None:
            return vitals.tasks
        counted, every_ns = self._counted_ns, self._settings.tasks_every_ns
        if counted is not None and vitals.at_ns - counted < every_ns:
            return None
        self._counted_ns = vitals.at_ns
        try:
            found = count_tasks(debug, deadline_s=deadline.left())
        except TimeoutError:
            return None
        return found if found >= 0 else None


def scraper_for(target: Target, access: Access, settings: ScrapeSettings, clock: Clock) -> Scraper:
    """A scraper for a target.

    Raises:
        UsageError: its address is none.
    """
    return Scraper(target, access, settings, clock)


def health_of(error: ServiceError) -> Health:
    """Whether the target is silent, or answers what cannot be used."""
    return Health.DOWN if isinstance(error.__cause__, OSError) else Health.STRANGE


def _dated_by(earlier: Vitals | None, later: Vitals) -> Vitals:
    """A reading of the same process, with the start that a page told while it was there."""
    if earlier is None or later.started_ns is not None:
        return later
    return replace(later, started_ns=earlier.started_ns)


def _rest_ns(vitals: Vitals, begin_ns: int) -> int:
    took_ns = vitals.at_ns - begin_ns
    return _REST * took_ns if vitals.source is Source.MEMSTATS and took_ns > _LONG_NS else 0


def _ring_lasts_ns(earlier: Vitals | None, later: Vitals) -> int | None:
    if earlier is None or later.pause_histogram is not None:
        return None
    if not earlier.pauses or not later.pauses:
        return None
    happened = later.pauses[-1].number - earlier.pauses[-1].number
    remembers = RING if later.runtime == "go" else PythonRuntime.remembers
    took_ns = later.at_ns - earlier.at_ns
    return took_ns * remembers // (2 * happened) if happened > 0 else None
