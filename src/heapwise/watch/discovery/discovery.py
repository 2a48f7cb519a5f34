"""Everything that lists targets, put together: who is to be asked now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from heapwise.errors import HeapwiseError
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
        complete: every list was read once; else there may be others that nobody knows yet.
    """

    targets: tuple[Target, ...]
    problems: tuple[str, ...] = ()
    complete: bool = True


class Discovery:
    """Looks again and again.

    Attributes:
        watched: the services, with what is known of their lists.

    Args:
        services: as configured.
        shard: which part of the targets is ours.
        deadline_s: of one list over HTTP.
        before: of an earlier configuration; of services that are the same, what it knows stays.
        heard: called by another thread when a list over HTTP has answered, or will not.

    Raises:
        HeapwiseError: a service has an address that is none.
    """

    def __init__(
        self,
        services: Sequence[Service],
        shard: Shard | None = None,
        deadline_s: float = 10.0,
        before: Discovery | None = None,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self._shard = shard or Shard()
        known = before.watched if before is not None else []
        self.watched: list[_Watched] = [
            next((each for each in known if each.service == service), None)
            or _Watched(service, deadline_s, heard)
            for service in services
        ]
        self._seen: tuple[tuple[Target, ...], ...] | None = None
        self._now = Discovered(targets=())

    def glance(self, now_ns: int) -> Discovered:
        """Who is known to be there. Lists over HTTP that are due are asked and not waited for.

        Args:
            now_ns: of a clock that does not go back.
        """
        for watched in self.watched:
            for source in watched.sources:
                source.look(now_ns)
        return self._gathered()

    def look(self, now_ns: int) -> Discovered:
        """The same, once the lists that are asked have answered; all of them at once."""
        self.glance(now_ns)
        for watched in self.watched:
            for source in watched.sources:
                source.wait()
        return self._gathered()

    def _gathered(self) -> Discovered:
        problems = [problem for watched in self.watched for problem in watched.gather()]
        seen = tuple(watched.targets for watched in self.watched)
        if seen != self._seen:
            self._seen = seen
            self._now = _ours([target for targets in seen for target in targets], self._shard)
        return msgspec.structs.replace(
            self._now,
            problems=(*problems, *self._now.problems),
            complete=all(watched.complete for watched in self.watched),
        )


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

    def __init__(self, service: Service, deadline_s: float, heard: Callable[[], None]) -> None:
        self.service = service
        self.sources = tuple(_sources(service, deadline_s, heard))
        self._configured = tuple(configured(service, text) for text in service.targets)
        self._listed: tuple[Listed, ...] = ()
        self._refused: tuple[str, ...] = ()
        self.targets = self._configured
        self.complete = False

    def gather(self) -> Iterator[str]:
        """Bring the targets up to what the lists said last; what is wrong with them."""
        said = [source.said for source in self.sources]
        listed = tuple(each for one in said for each in one.listed)
        if listed != self._listed:
            more, self._refused = _made(self.service, listed)
            self.targets = (*self._configured, *more)
            self._listed = listed
        self.complete = all(one.known for one in said)
        problems = [problem for one in said for problem in one.problems]
        return (f"service {self.service.name}: {each}" for each in (*problems, *self._refused))


def _made(service: Service, listed: Sequence[Listed]) -> tuple[list[Target], tuple[str, ...]]:
    """Targets of entries, and a word on those of which none can be made, as `pprof` is filled."""
    made, refused = [], []
    for each in listed:
        try:
            made.append(found_in_list(service, each))
        except HeapwiseError as error:
            refused.append(f"{each.address}: {HeapwiseError(error.what, error.why)}")
    if not refused:
        return made, ()
    return made, (f"{how_many(len(refused), 'target')} cannot be asked, as {refused[0]}",)


def _sources(
    service: Service, deadline_s: float, heard: Callable[[], None]
) -> Iterator[ListSource]:
    for pattern in service.file_sd:
        yield Files(pattern)
    deadline_s = min(deadline_s, service.sd_interval / NS_PER_S)
    for url in service.http_sd:
        yield Url(url, service.sd_access(), service.sd_interval, deadline_s, heard)


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
