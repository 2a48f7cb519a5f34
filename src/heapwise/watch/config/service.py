"""The table of one service: who its processes are, how to ask them, and what is known of it."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import partial

import msgspec

from heapwise.errors import UsageError
from heapwise.runtimes.access import Access
from heapwise.runtimes.endpoint import Endpoint
from heapwise.units import NS_PER_S
from heapwise.watch.config.access import Guarded, headers_in
from heapwise.watch.config.forms import Address, FilePath, Length, Size, Web
from heapwise.watch.config.sections import Watching
from heapwise.watch.itself import SERVICE as ITSELF
from heapwise.watch.scrape.settings import TASKS_EVERY_S, ScrapeSettings

NAME = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:@-]{0,99}", re.ASCII)
"""Of services and sinks: they stand in file names, in labels and on command lines."""

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}", re.ASCII)
_REQUESTS = re.compile(r"[!-~]{1,200}", re.ASCII)
PPROF_FIELDS = frozenset({"host", "port", "address"})


class Service(Guarded, frozen=True, kw_only=True):
    """Processes that are alike. At least one of `targets`, `file_sd` and `http_sd` says which.

    Attributes:
        name: that all of them go by.
        targets: addresses of debug endpoints; with `metrics_path`, of metrics pages.
        file_sd: globs of files of targets, as Prometheus' `file_sd_configs` have them; JSON.
        http_sd: URLs of lists of targets, as Prometheus' `http_sd_configs` have them.
        sd_interval: how often `http_sd` is asked; files are looked at in each round.
        sd_headers_file: file of `Name: value` lines for `http_sd`, which sees no other secrets.
        metrics_path: of the metrics page at each address. Empty: of targets from `targets` the
            debug endpoint is asked, of those from discovery `/metrics`.
        scheme: of targets that do not say.
        pprof: where profiles are, if `targets` are metrics pages: a path at the same address, or
            a URL with `{host}`, `{port}` or `{address}` of the target.
        requests: counter on the metrics page that counts requests, all its label sets together;
            of expvar's page, the path to a number.
        build_label: label of the target, or of a metric `*build_info`, that names the build.
        limit: of the memory of one process, where it cannot be read.
        source: directory of its source code, for findings.
        labels: of all its targets, for people and sinks.
        interval: between two readings of a target, instead of `watch.interval`.
    """

    name: str
    targets: tuple[Address, ...] = ()
    file_sd: tuple[FilePath, ...] = ()
    http_sd: tuple[Web, ...] = ()
    sd_interval: Length = 60_000_000_000
    sd_headers_file: FilePath | None = None
    metrics_path: str = ""
    scheme: str = "http"
    pprof: str = ""
    requests: str = ""
    build_label: str = ""
    limit: Size | None = None
    source: FilePath | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    interval: Length | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Names that can be names, templates that can be filled, and somebody to ask."""
        yield from super().faults()
        yield from self._faults_of_names()
        yield from self._faults_of_paths()
        if not (self.targets or self.file_sd or self.http_sd):
            yield "targets", "is missing, and so are file_sd and http_sd: there is nobody to ask"
        try:
            headers_in(self.sd_headers_file)
        except UsageError as error:
            yield "sd_headers_file", str(error)

    def scraping(self, watching: Watching) -> ScrapeSettings:
        """How its targets are read by a watcher."""
        return ScrapeSettings(
            requests=self.requests,
            build_label=self.build_label,
            limit=self.limit,
            deadline_s=watching.deadline / NS_PER_S,
            tasks_every_ns=watching.scale.ns(seconds=TASKS_EVERY_S),
        )

    def sd_access(self) -> Access:
        """What `http_sd` wants to see."""
        return Access(
            kept=partial(headers_in, self.sd_headers_file),
            verify=not self.tls.insecure,
            authority=self.tls.ca,
        )

    def _faults_of_names(self) -> Iterator[tuple[str, str]]:
        if not NAME.fullmatch(self.name):
            yield "name", f"{self.name[:60]!r} is not a name of letters, digits and _.:@-"
        if self.name == ITSELF:
            yield "name", f"{ITSELF!r} is the watcher's own"
        if self.requests and not _REQUESTS.fullmatch(self.requests):
            yield "requests", f"{self.requests[:60]!r} is not a name of a metric or a path of names"
        if self.build_label and not _LABEL.fullmatch(self.build_label):
            yield "build_label", f"{self.build_label[:60]!r} is not a name of a label"
        for name in self.labels:
            if not _LABEL.fullmatch(name):
                yield f"labels.{name[:60]}", "is not a name of a label"

    def _faults_of_paths(self) -> Iterator[tuple[str, str]]:
        if self.scheme not in {"http", "https"}:
            yield "scheme", f"{self.scheme[:60]!r} is not one of http, https"
        if self.metrics_path and not is_path(self.metrics_path):
            yield "metrics_path", f"{self.metrics_path[:60]!r} is not a path, as '/metrics'"
        if self.pprof and not (is_path(self.pprof) or _is_template(self.pprof)):
            forms = "a path, as '/debug/pprof', or a URL with {host}, {port} or {address}"
            yield "pprof", f"{self.pprof[:60]!r} is not {forms}"
        if self.source is not None and not self.source.is_dir():
            yield "source", f"no such directory: {self.source}"


def is_path(text: str) -> bool:
    """True for what can stand in a request line, from the first slash on."""
    return text.startswith("/") and text.isascii() and text.isprintable() and " " not in text


def _is_template(text: str) -> bool:
    try:
        pieces = list(string.Formatter().parse(text))
        Endpoint.parse(text.format(host="host", port=1, address="host:1"))
    except (ValueError, LookupError, AttributeError, UsageError):
        return False
    plain = all(name in PPROF_FIELDS and not (spec or how) for _, name, spec, how in pieces if name)
    return text.startswith(("http://", "https://")) and plain
