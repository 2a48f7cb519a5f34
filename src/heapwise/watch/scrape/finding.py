"""Where a target tells most of itself.

A metrics page is the best source, since it tells the live heap and all pauses where the runtime's
own metrics are switched on, and what the process uses. MemStats tell what such a page lacks
otherwise: the newest pauses, and how much of the CPU collecting took. So both are read where both
are at hand and of one process, unless the page needs nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from heapwise.analysis.stretch import is_fine, restarted
from heapwise.errors import ProfileError, ServiceError
from heapwise.model.watch import Target, Vitals
from heapwise.runtimes.access import Access
from heapwise.runtimes.endpoint import BASE, Endpoint
from heapwise.runtimes.wire import Deadline
from heapwise.watch.clock import Clock
from heapwise.watch.scrape.reader import HEAP, METRICS, Place, Reader
from heapwise.watch.scrape.settings import ScrapeSettings

_EXPVAR = "/debug/vars"
_EXTRA_BYTES = 512 << 10
"""A heap profile longer than this, some 200 call stacks, is not read on top of a metrics page."""

_PATIENCE = 4
"""Failures in a row after which the extra source is not asked any more."""

_OF_THE_PAGE = frozenset({"at_ns", "source"})


class Sources:
    """What is read of a target.

    Attributes:
        main: read first.
        extra: fills in what it lacks; None where it lacks nothing, nothing else is there, or what
            was there failed again and again.
    """

    def __init__(self, main: Reader, extra: Reader | None = None) -> None:
        self.main = main
        self.extra = extra
        self._failures = 0

    def read(self, deadline: Deadline) -> Vitals:
        """What they tell together.

        Raises:
            ServiceError: as `Reader.read`, of the main source.
            TimeoutError: likewise.
        """
        return self.filled(self.main.read(deadline), deadline)

    def filled(self, vitals: Vitals, deadline: Deadline) -> Vitals:
        """The vitals of the main source with what the other one adds, if it is the same process."""
        if self.extra is None:
            return vitals
        try:
            more = self.extra.read(deadline)
        except (ServiceError, TimeoutError):
            self._failures += 1
            if self._failures >= _PATIENCE:
                self.extra = None
            return vitals
        self._failures = 0
        return vitals if _are_two(vitals, more) else _filled(vitals, more)

    def know(self, process: dict[str, str]) -> None:
        """Take GOGC and GOMEMLIMIT of the process into account."""
        for reader in (self.main, self.extra):
            if reader is not None:
                reader.process = process


class Finder:
    """Looks for the sources of one target.

    Args:
        target: with the address of its metrics page, of its debug endpoint, or of both.
        access: what they want to be shown.
        settings: of the service.
        clock: of the watcher.
    """

    def __init__(
        self, target: Target, access: Access, settings: ScrapeSettings, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        self.given = Endpoint.parse(target.url, access)
        self._is_page = not self.given.base.endswith(BASE)
        self.debug: Endpoint | None = self.given
        """Where the profiles are; None where that was not said."""
        if self._is_page:
            self.debug = Endpoint.parse(target.pprof, access) if target.pprof else None

    def find(self, deadline: Deadline) -> tuple[Sources, Vitals]:
        """The best sources, with what they tell now.

        Raises:
            ServiceError: there are none; the error is that of the page that was named, or of the
                heap profile, which nearly every debug endpoint has.
            TimeoutError: the time was up before one was found.
        """
        if not self._is_page:
            return self._on_debug(self.given, deadline)
        page = self._reader(self.given, Place(self.given.base))
        told = page.read(deadline)
        if self.debug is None or not wants_more(told):
            return Sources(page), told
        try:
            counters, vitals = self._counters(self.debug, _part_of(deadline))
        except (ServiceError, TimeoutError):
            return Sources(page), told
        if _are_two(told, vitals):
            return Sources(page), told
        return self._together(page, told, counters, vitals, deadline)

    def _on_debug(self, debug: Endpoint, deadline: Deadline) -> tuple[Sources, Vitals]:
        """MemStats, and the metrics page of the same server if it is of the same process."""
        page = self._reader(debug, METRICS)
        try:
            counters, vitals = self._counters(debug, deadline)
        except ServiceError as error:
            return self._page_alone(page, error, deadline)
        try:
            told = page.read(_part_of(deadline))
        except (ServiceError, TimeoutError):
            return Sources(counters), vitals
        if _are_two(vitals, told):
            return Sources(counters), vitals
        return self._together(page, told, counters, vitals, deadline)

    def _page_alone(
        self, page: Reader, error: ServiceError, deadline: Deadline
    ) -> tuple[Sources, Vitals]:
        """The metrics page of a server that has no profiles; else the error is that of those."""
        if isinstance(error.__cause__, OSError):
            raise error
        try:
            return Sources(page), page.read(deadline)
        except ServiceError:
            raise error from error.__cause__

    def _counters(self, debug: Endpoint, deadline: Deadline) -> tuple[Reader, Vitals]:
        """Expvar or the agent, else the heap profile.

        Where both fail, what was on a page that is there tells more than that another is not.
        """
        variables = self._reader(debug, Place(debug.base.removesuffix(BASE) + _EXPVAR))
        heap = self._reader(debug, HEAP)
        try:
            return variables, variables.read(_part_of(deadline))
        except ServiceError as error:
            if isinstance(error.__cause__, ConnectionRefusedError | FileNotFoundError):
                raise
            try:
                return heap, heap.read(deadline)
            except ServiceError:
                if isinstance(error.__cause__, ProfileError):
                    raise error from error.__cause__
                raise
        except TimeoutError:
            return heap, heap.read(deadline)

    def _together(
        self, page: Reader, told: Vitals, counters: Reader, vitals: Vitals, deadline: Deadline
    ) -> tuple[Sources, Vitals]:
        """A metrics page and counters of one process: which is read first, and what for."""
        if vitals.runtime == "python":  # of which the agent knows more than the page
            return Sources(counters, page), _filled(vitals, told)
        if not wants_more(told):
            return Sources(page), told
        short = Reader(counters.endpoint, counters.place, self._settings, self._clock, _EXTRA_BYTES)
        try:
            more = short.read(_part_of(deadline))
        except (ServiceError, TimeoutError):
            return Sources(page), told
        return Sources(page, short), _filled(told, more)

    def _reader(self, endpoint: Endpoint, place: Place) -> Reader:
        return Reader(endpoint, place, self._settings, self._clock)


def wants_more(vitals: Vitals) -> bool:
    """True where MemStats would add to what a metrics page tells."""
    histogram = vitals.pause_histogram
    return histogram is None or vitals.gc_cpu_s is None or not is_fine(histogram)


def _filled(vitals: Vitals, more: Vitals) -> Vitals:
    """The first with what only the second tells."""
    added = {
        name: getattr(more, name)
        for name in vitals.__struct_fields__
        if name not in _OF_THE_PAGE and getattr(vitals, name) in (None, (), "")
    }
    return replace(vitals, **added)


def _are_two(earlier: Vitals, later: Vitals) -> bool:
    """True where two pages are of two processes: a proxy has a page of its own."""
    return restarted(earlier, later) or "" != earlier.runtime != later.runtime != ""


def _part_of(deadline: Deadline) -> Deadline:
    """Half of what is left: a page that hangs must leave time to ask for another."""
    return Deadline(deadline.left() / 2)
