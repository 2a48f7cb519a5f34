"""A runtime's metrics as a Prometheus client prints them, text format 0.0.4 and OpenMetrics.

Only what one process says of its own runtime is read: samples of ``go_*``, ``python_*`` and
``process_*`` without labels but ``le``, ``quantile`` and ``generation``. A page on which they
carry others comes from something that gathers many processes, whose sums would mean nothing.

Go's own histograms of durations have four buckets an octave. client_golang merges them to one a
decade (``reBucketExp`` in its go_collector, read in 1.25.0), other clients pass them on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import msgspec

from heapwise.errors import ProfileError
from heapwise.model.gc import TimeHistogram

MAX_LINE = 64 << 10
MAX_LINES = 1_000_000
MAX_SAMPLES = 20_000
"""Limits of a page: an instrumented service has some thousand lines, and a hundred are Go's."""

_NS = 1e9
_LARGEST = 2.0**53
"""Beyond it a float is no count any more."""

_SAMPLE = re.compile(
    r"(?P<name>(?:go|process|python)_[a-zA-Z0-9_]{1,200})(?:\{(?P<labels>[^{}]{0,4096})\})?"
    r"[ \t]+(?P<value>[0-9a-zA-Z.+-]{1,40})(?:[ \t]+[^ \t]{1,40})?[ \t]*\r?\n?",
    re.ASCII,
)
_LABEL = re.compile(r'(le|quantile|version|generation)="([^"\\]{0,100})",?', re.ASCII)
_HISTOGRAM = re.compile(r"go_(?:gc|sched)_[a-z_]*_seconds_bucket", re.ASCII)
"""Of the runtime; those of an application may hold anything, also durations below zero."""

_ABOUT = frozenset({"go_info", "go_build_info", "python_info"})
"""Samples that are all labels, of which the version is read."""

_BUILD = r"(?m)^[a-zA-Z_:][a-zA-Z0-9_:]{0,200}build_info\{[^{}\n]{0,4096}?\b"
_VALUE = r'="([^"\\\n]{1,200})"'
_LINE = re.compile(r"# (?:HELP|TYPE) [a-zA-Z_:]|go_[a-z0-9_]+[ {]", re.ASCII)


class Scrape(msgspec.Struct, frozen=True, kw_only=True):
    """One page.

    Attributes:
        values: of the samples without labels, by name; all finite.
        summaries: of ``go_gc_duration_seconds`` and its like: quantile and value, by name.
        histograms: of durations, by name, ns.
        version: of Go, as ``go1.27.3``, or of Python; empty if not told.
        python: it is of a Python process.
        build: version of the main module; empty if not told.
        generations: collections of each of CPython's, ever.
        foreign: samples of Go's families that carry labels of their own and were left out.
    """

    values: dict[str, float]
    summaries: dict[str, dict[float, float]]
    histograms: dict[str, TimeHistogram]
    version: str
    foreign: int
    python: bool = False
    build: str = ""
    generations: dict[str, float] = {}


def looks_like_metrics(text: str) -> bool:
    """True where one of the lines is a comment of that format, or a sample of Go's."""
    return any(_LINE.match(line) for line in text.split("\n"))


def parse_prometheus(lines: Iterable[str]) -> Scrape:
    """Read a page, line by line.

    Raises:
        ProfileError: there is nothing of a Go runtime on it, it contradicts itself, or it is
            larger than any page of a service.
    """
    page = parse_metrics(lines)
    if not any(name.startswith("go_") for name in page.values):
        raise ProfileError(
            "no metrics of a Go runtime",
            f"{page.foreign} samples carry labels of other processes"
            if page.foreign
            else "no sample begins with go_",
            "save the /metrics of one process of the service",
        )
    return page


def parse_metrics(lines: Iterable[str]) -> Scrape:
    """The same of any process, even of one that tells nothing.

    Raises:
        ProfileError: it contradicts itself, or is larger than any page of a service.
    """
    page = _Page()
    for number, line in enumerate(lines):
        if number >= MAX_LINES or page.samples > MAX_SAMPLES:
            raise ProfileError(
                "too large for a page of metrics",
                f"more than {MAX_LINES:,} lines or {MAX_SAMPLES:,} samples of Go's",
            )
        found = _SAMPLE.fullmatch(line) if len(line) <= MAX_LINE else None
        if found is not None:
            page.add(found["name"], found["labels"] or "", found["value"])
    return page.scrape()


class _Page:
    """The samples of a page, sorted by what they are."""

    def __init__(self) -> None:
        self.samples = 0
        self._values: dict[str, float] = {}
        self._summaries: dict[str, dict[float, float]] = {}
        self._buckets: dict[str, dict[float, float]] = {}
        self._versions: dict[str, str] = {}
        self._generations: dict[str, float] = {}
        self._foreign = 0

    def add(self, name: str, labels: str, text: str) -> None:
        self.samples += 1
        value = _number(text)
        known = _labels(labels)
        if name in _ABOUT and (known is not None or name != "go_info"):  # the others have more
            self._versions[name] = dict(_LABEL.findall(labels)).get("version", "")
        elif known is None or value is None:
            self._foreign += 1
        elif not known:
            _put(self._values, name, value, name)
        elif "le" in known and _HISTOGRAM.fullmatch(name):
            edge = _edge(known["le"], name)
            _put(self._buckets.setdefault(name.removesuffix("_bucket"), {}), edge, value, name)
        elif "quantile" in known:
            edge = _edge(known["quantile"], name)
            _put(self._summaries.setdefault(name, {}), edge, value, name)
        elif name == "python_gc_collections_total" and "generation" in known:
            _put(self._generations, known["generation"], value, name)

    def scrape(self) -> Scrape:
        python = "python_info" in self._versions
        return Scrape(
            values=self._values,
            summaries=self._summaries,
            histograms={name: _histogram(name, each) for name, each in self._buckets.items()},
            version=self._versions.get("python_info" if python else "go_info", ""),
            foreign=self._foreign,
            python=python,
            build=self._versions.get("go_build_info", ""),
            generations=self._generations,
        )


def label_of_build(page: str, label: str) -> str:
    """A label of the first metric that tells of builds, as ``prometheus_build_info{revision=``.

    Args:
        page: the whole text.
        label: its name, as ``revision``.

    Returns:
        Its value; empty where no such metric carries it.
    """
    found = re.search(_BUILD + re.escape(label) + _VALUE, page)
    return found[1] if found else ""


def _labels(text: str) -> dict[str, str] | None:
    """The labels that we know; None where there are others."""
    found = dict(_LABEL.findall(text))
    return None if _LABEL.sub("", text).strip(" ,") else found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _edge(text: str, name: str) -> float:
    try:
        edge = float(text)
    except ValueError:
        edge = math.nan
    if math.isnan(edge):
        raise ProfileError("metrics that cannot be read", f"{name} has an edge {text[:40]!r}")
    return edge


def _put(into: dict, key: object, value: float, name: str) -> None:  # type: ignore[type-arg] # keys of two kinds
    if key in into:
        raise ProfileError(
            "metrics of more than one moment or process",
            f"{name} occurs twice",
            "give two pages as two files",
        )
    into[key] = value


def _histogram(name: str, buckets: dict[float, float]) -> TimeHistogram:
    """Counts up to each edge, taken apart.

    Raises:
        ProfileError: they fall, are no whole numbers, or have no end.
    """
    edges = sorted(buckets)
    totals = [buckets[edge] for edge in edges]
    counts = [late - early for early, late in zip([0.0, *totals], totals, strict=False)]
    if edges[-1] != math.inf or any(not _is_count(count) for count in counts):
        raise ProfileError("a histogram that contradicts itself", name)
    bounds = tuple(round(edge * _NS, 3) for edge in edges[:-1])
    if bounds and bounds[0] < 0:  # old Go begins next to zero, at -5e-324
        raise ProfileError("a histogram of negative durations", name)
    return TimeHistogram(bounds=bounds, counts=tuple(map(int, counts)))


def _is_count(value: float) -> bool:
    return 0 <= value <= _LARGEST and value == int(value)
