"""Puts a watcher together from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from heapwise.errors import HeapwiseError
from heapwise.model.watch import Target
from heapwise.runtimes.endpoint import BASE, Endpoint
from heapwise.watch.alerts import Desk, FolderJournal, Notifier, Route, Silences
from heapwise.watch.capture.capturer import Capturer, Keeper
from heapwise.watch.clock import Clock
from heapwise.watch.config import Config, Service
from heapwise.watch.dispatch import Dispatch
from heapwise.watch.export.configured import configured
from heapwise.watch.exports import Exports
from heapwise.watch.live import Live
from heapwise.watch.sinks import routes_of
from heapwise.watch.store import Store
from heapwise.watch.watcher import Watcher

SILENCES = "silences.toml"
"""In the store, where no other file is named."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A watcher that is ready to run, and what can be asked of it meanwhile."""

    watcher: Watcher
    live: Live


def silences_file(config: Config) -> Path:
    """Where silences are kept."""
    return config.alerts.silences_file or config.watch.store / SILENCES


@contextmanager
def assembled(
    config: Config, clock: Clock, tell: Callable[[str], None], more: Sequence[Route] = ()
) -> Iterator[Assembly]:
    """A watcher, its store open and its sinks listening, while the block runs.

    Args:
        config: what it is told.
        clock: tells when.
        tell: takes what an operator has to know, a line each.
        more: sinks besides those that are configured.

    Raises:
        HeapwiseError: the store cannot be opened, or a sink's address cannot be read.
    """
    scale = config.watch.scale
    watcher: list[Watcher] = []

    def instances(service: str) -> int:
        states = watcher[0].states() if watcher else ()
        return sum(state.target.service == service for state in states)

    with Store.open(config.watch.store, clock=clock) as store:
        for line in store.told():
            tell(line)
        routes = (
            *routes_of(config.sink, config.alerts, instances, scale, config.http.url or ""),
            *more,
        )
        silences = Silences(silences_file(config), tell)
        desk = Desk(clock, scale, silences, config.alerts.resolve_after)
        desk.restore(store.alerts())
        outlets = configured(config.export, clock)
        exports = Exports(outlets.exporters)

        def service(name: str) -> Service | None:
            return watcher[0].service(name)  # SIGHUP may have brought it, or changed it

        capturer = _capturer(config, outlets.keeper(store), clock, service)
        journal = FolderJournal(config.watch.store / "told")
        with Notifier(routes, clock, journal, store.alerts()) as notifier:
            dispatch = Dispatch(desk, capturer, notifier, store.alert, scale)
            watcher.append(Watcher(config, store, dispatch, clock, tell, exports))
            try:
                yield Assembly(
                    watcher[0],
                    Live(
                        watcher[0],
                        store,
                        lambda: (*notifier.health(), *outlets.health()),
                        silences.path,
                        clock,
                        scale,
                    ),
                )
            finally:
                exports.close()
                if capturer is not None:
                    capturer.close()


def _capturer(
    config: Config,
    keeper: Keeper,
    clock: Clock,
    service_of: Callable[[str], Service | None],
) -> Capturer | None:
    if not config.capture.enabled:
        return None

    def endpoint_of(target: Target) -> Endpoint | None:
        service = service_of(target.service)
        url = target.pprof or target.url
        if service is None or not url:
            return None
        try:
            endpoint = Endpoint.parse(url, service.access())
        except HeapwiseError:
            return None
        return endpoint if endpoint.base.endswith(BASE) else None

    def source_of(name: str) -> Path | None:
        service = service_of(name)
        return service.source if service is not None else None

    return Capturer(
        keeper,
        clock,
        config.watch.scale,
        config.capture.settings(),
        endpoint_of=endpoint_of,
        source_of=source_of,
    )
