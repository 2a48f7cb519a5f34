"""Everything that lists targets, put together: who is to be asked now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from heapwise.model.watch import Target
from heapwise.runtimes.endpoint import Endpoint
from heapwise.units import NS_PER_S, how_many
from heapwise.watch.config.sections import Shard
from heapwise.watch.config.service import Service, is_path
from heapwise.watch.discovery.groups import MOST_TARGETS, Listed
from heapwise.watch.discovery.shards import is_ours
from heapwise.watch.discovery.sources import Files, ListSource, Url

PAGE = "/metrics"
"""Where a metrics page is, unless something says otherwise."""


class Discovered(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be asked.

    Attributes:
        targets: of this shard, sorted by key, each key once.
        problems: with lists, in words; names in them are as they came.
    """

    targets: tuple[Target, ...]
    problems: tuple[str, ...] = ()


class Discovery:
    """Looks again and again.

    Attributes:
        watched: the services, with what is known of their lists.

    Args:
        services: as configured.
        shard: which part of the targets is ours.
        deadline_s: of one list over HTTP.
        before: of an earlier configuration; of services that are the same, what it knows stays.
    """

    def __init__(
        self,
        services: Sequence[Service],
        shard: Shard | None = None,
        deadline_s: float = 10.0,
        before: Discovery | None = None,
    ) -> None:
        self._shard = shard or Shard()
        known = before.watched if before is not None else []
        self.watched: list[_Watched] = [
            next((each for each in known if each.service == service), None)
            or _Watched(service, deadline_s)
            for service in services
        ]
        self._seen: tuple[tuple[Target, ...], ...] | None = None
        self._now = Discovered(targets=())

    def look(self, now_ns: int) -> Discovered:
        """Who is to be asked now. Waits for lists that are due, so not in the scraping thread.

        Args:
            now_ns: of a clock that does not go back.
        """
        problems = [problem for watched in self.watched for problem in watched.look(now_ns)]
        seen = tuple(watched.targets for watched in self.watched)
        if seen != self._seen:
            self._seen = seen
            self._now = _ours([target for targets in seen for target in targets], self._shard)
        return msgspec.structs.replace(self._now, problems=(*problems, *self._now.problems))


def _ours(targets: Sequence[Target], shard: Shard) -> Discovered:
    """Those that this watcher asks, and what is to be said of the others."""
    found: dict[str, Target] = {}
    for target in targets:
        found.setdefault(target.key, target)
    ours = [target for _, target in sorted(found.items()) if is_ours(target, shard.index, shard.of)]
    problems = []
    if twice := len(targets) - len(found):
        problems.append(f"{how_many(twice, 'target')} listed more than once, and asked once")
    if len(ours) > MOST_TARGETS:
        problems.append(
            f"{len(ours):,} targets, of which the first {MOST_TARGETS:,} are watched; "
            "share them among several watchers with [shard]"
        )
    return Discovered(targets=tuple(ours[:MOST_TARGETS]), problems=tuple(problems))


class _Watched:
    """A service; its targets are made anew only when a list has changed."""

    def __init__(self, service: Service, deadline_s: float) -> None:
        self.service = service
        self._sources = tuple(_sources(service, deadline_s))
        self._configured = tuple(configured(service, text) for text in service.targets)
        self._listed: tuple[Listed, ...] = ()
        self.targets = self._configured

    def look(self, now_ns: int) -> Iterator[str]:
        """Bring the targets up to date, and tell what is wrong with the lists."""
        looks = [source.look(now_ns) for source in self._sources]
        listed = tuple(each for found, _ in looks for each in found)
        if listed != self._listed:
            self._listed = listed
            more = (found_in_list(self.service, each) for each in listed)
            self.targets = (*self._configured, *more)
        for _, problems in looks:
            yield from (f"service {self.service.name}: {problem}" for problem in problems)


def _sources(service: Service, deadline_s: float) -> Iterator[ListSource]:
    for pattern in service.file_sd:
        yield Files(pattern)
    deadline_s = min(deadline_s, service.sd_interval / NS_PER_S)
    for url in service.http_sd:
        yield Url(url, service.sd_access(), service.sd_interval, deadline_s)


def configured(service: Service, text: str) -> Target:
    """The target of an address in the file."""
    if "://" not in text and not text.startswith("unix:"):
        text = f"{service.scheme}://{'127.0.0.1' if text.startswith(':') else ''}{text}"
    endpoint = Endpoint.parse(text)
    remote = endpoint.scheme != "unix"
    url = (
        endpoint.origin + service.metrics_path if service.metrics_path and remote else endpoint.url
    )
    return _target(service, endpoint, url, {})


def found_in_list(service: Service, listed: Listed) -> Target:
    """The target of an entry of a list."""
    origin = f"{listed.scheme or service.scheme}://{listed.address}"
    path = listed.path or service.metrics_path or PAGE
    return _target(service, Endpoint.parse(origin), origin + path, dict(listed.labels))


def _target(service: Service, endpoint: Endpoint, url: str, labels: dict[str, str]) -> Target:
    remote = endpoint.scheme != "unix"
    instance = labels.pop("instance", "") or (endpoint.authority if remote else endpoint.host)
    return Target(
        service=service.name,
        instance=instance,
        url=url,
        pprof=_pprof(service.pprof, endpoint) if remote else "",
        labels=tuple(sorted({**service.labels, **labels}.items())),
    )


def _pprof(template: str, endpoint: Endpoint) -> str:
    if not template:
        return ""
    if is_path(template):
        return endpoint.origin + template
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    filled = template.format(host=host, port=endpoint.port, address=endpoint.authority)
    return Endpoint.parse(filled).url
