"""The parts of the first page, each with the number of the change that made it.

A reader is one number: the last change it has seen. What it has missed is whatever has a larger
one, so nothing is queued for anybody, a slow reader skips what was outdated before it could be
sent, and one that comes back goes on from where it was.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

from markupsafe import Markup

from heapwise.model.watch import Alert, Bin, Health, TargetState
from heapwise.web.watch.html import part, quoted
from heapwise.web.watch.services import Sparks, by_service, fold, newest_first, one_each, spark_of
from heapwise.web.watch.source import Watched
from heapwise.web.watch.timeline import BIN_MINUTES, spacing

SPARK_HOURS = 3.0
_SPARKS_FRESH_MINUTES = 0.5
_MOST_OPEN = 50  # alerts on the first page, of different services or codes


class Change(NamedTuple):
    """A part of the page since one change.

    Attributes:
        number: of the change.
        html: what it is now; None where it has gone.
        order: where it stands among the rows.
    """

    number: int
    html: Markup | None
    order: tuple[int, str] = (0, "")


class _Counts(NamedTuple):
    services: int
    targets: int
    up: int
    alerts: int


class _Row(NamedTuple):
    """What a row was made of, to tell whether it has to be made again."""

    states: Sequence[TargetState]
    alerts: Sequence[Alert]
    bins: dict[str, Sequence[Bin]]
    spark: Sparks


class Board:
    """All parts, made again where something changed. Safe to use from several threads."""

    def __init__(self, watched: Watched, period_s: float = 1.0) -> None:
        self._watched = watched
        self._period_s = period_s
        self._lock = Lock()
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._parts: dict[str, Change] = {}
        self._rows: dict[str, _Row] = {}
        self._bins: dict[str, tuple[int, dict[str, Sequence[Bin]], Sparks]] = {}
        self._made_s = -period_s

    def refresh(self) -> None:
        """Look at what is watched, at most once a period."""
        with self._lock:
            now_s = time.monotonic()
            # Readers ask when their own second is over; they share what the first one got.
            if now_s - self._made_s < 0.9 * self._period_s:
                return
            self._look()
            self._made_s = now_s  # not where that failed: the next one shall not read half of it

    def since(self, seen: str) -> tuple[str, dict[str, Markup | None]]:
        """What changed after a mark, by its key, and the mark to ask with the next time.

        A mark of another server, or none, has seen nothing.
        """
        epoch, _, number = seen.partition("-")
        known = epoch == self._epoch and number.isascii() and number.isdecimal()
        after = int(number) if known and len(number) < 20 else -1
        with self._lock:
            mark = f"{self._epoch}-{self._number}"
            parts = list(self._parts.items())
        return mark, {key: each.html for key, each in parts if each.number > after}

    def rows(self) -> tuple[str, list[Markup]]:
        """The rows of all services, with what needs somebody first, and the mark they are of."""
        with self._lock:
            rows = [(each.order, each.html) for key, each in self._parts.items()
                    if key.startswith("service ") and each.html is not None]  # fmt: skip
            mark = f"{self._epoch}-{self._number}"
        return mark, [html for _, html in sorted(rows)]

    def shown(self, key: str) -> Markup:
        """One of the other parts: ``counts``, ``alerts`` or ``sinks``."""
        return self._parts[key].html or Markup("")

    def _look(self) -> None:
        self._number += 1
        states = self._watched.states()
        alerts = newest_first(self._watched.alerts(open_only=True))
        services = by_service(states)
        troubled: dict[str, list[Alert]] = defaultdict(list)
        for alert in alerts:
            troubled[alert.service].append(alert)
        for name, each in services.items():
            self._look_at(name, each, troubled[name])
        for name in self._rows.keys() - services.keys():
            del self._rows[name], self._bins[name]
            self._put(_key(name), None)
        up = sum(state.health is Health.UP for state in states)
        self._put("counts", part("counts", _Counts(len(services), len(states), up, len(alerts))))
        firsts, others = one_each(alerts)
        more = max(0, len(firsts) - _MOST_OPEN)
        self._put("alerts", part("open_alerts", firsts[:_MOST_OPEN], more, others))
        self._put("sinks", part("sinks", self._watched.sinks()))

    def _look_at(self, name: str, states: Sequence[TargetState], alerts: Sequence[Alert]) -> None:
        bins, spark = self._recent(name, states)
        row = _Row(states, alerts, bins, spark)
        if row == self._rows.get(name):
            return
        self._rows[name] = row
        folded = fold(name, states, alerts, bins, spark)
        order = (folded.word.rank, name)
        self._put(_key(name), part("service_row", _key(name), folded), order)

    def _recent(
        self, name: str, states: Sequence[TargetState]
    ) -> tuple[dict[str, Sequence[Bin]], Sparks]:
        """The bins of the last hours; they come slowly, and are not asked for every second."""
        now, scale = self._watched.now_ns(), self._watched.scale
        asked, bins, spark = self._bins.get(name, (0, {}, ()))
        if now - asked < scale.ns(minutes=_SPARKS_FRESH_MINUTES):
            return bins, spark
        begin = now - scale.ns(hours=SPARK_HOURS)
        bins = {state.target.key: self._watched.bins(state.target.key, begin) for state in states}
        step = spacing(bins.values(), scale.ns(minutes=BIN_MINUTES))
        spark = spark_of(bins.values(), begin, step, -(-(now - begin) // step))
        self._bins[name] = (now, bins, spark)
        return bins, spark

    def _put(self, key: str, html: Markup | None, order: tuple[int, str] = (0, "")) -> None:
        before = self._parts.get(key)
        if before is None or before.html != html:
            self._parts[key] = Change(self._number, html, order)


def _key(service: str) -> str:
    return f"service {quoted(service)}"
