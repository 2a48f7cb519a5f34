"""Reads the file of a watcher, and makes one up for services that were typed."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from heapwise.errors import UsageError
from heapwise.runtimes.endpoint import Endpoint
from heapwise.units import format_duration
from heapwise.watch.config.access import Guarded
from heapwise.watch.config.secret import Secret
from heapwise.watch.config.sections import (
    Archive,
    Capture,
    Export,
    Http,
    Retention,
    Shard,
    Watching,
)
from heapwise.watch.config.service import Service
from heapwise.watch.config.tables import Reading, Table
from heapwise.watch.config.tell import Alerts, Sink
from heapwise.watch.history import BIN_MINUTES

_LARGEST = 4 << 20


class Config(Table, frozen=True, kw_only=True):
    """A watcher, its services, and who is told. Only `[[service]]` is needed."""

    watch: Watching = Watching()
    service: tuple[Service, ...]
    alerts: Alerts = Alerts()
    sink: tuple[Sink, ...] = ()
    capture: Capture = Capture()
    retention: Retention = Retention()
    archive: Archive = Archive()
    http: Http = Http()
    export: Export = Export()
    shard: Shard = Shard()

    def faults(self) -> Iterator[tuple[str, str]]:
        """Names stand for one thing each."""
        if not self.service:
            yield "service", "is empty: write a [[service]] table for each"
        yield from _same_names("service", [service.name for service in self.service])
        yield from _same_names("sink", [sink.name for sink in self.sink])


class ConfigError(UsageError):
    """A file with errors, all of them.

    Attributes:
        faults: a line each: file, key path, what was found and what is expected.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        first, *more = faults
        super().__init__(first, hint=f"{len(more)} more: {' | '.join(more)}" if more else "")
        self.faults = tuple(faults)


def load_config(path: Path) -> Config:
    """Read a file.

    Raises:
        ConfigError: everything that is wrong with it, 20 complaints at most.
        UsageError: it cannot be read, or is no TOML.
    """
    directory = path.parent.absolute()
    reading = Reading(directory)
    config = reading.table(_toml(path), Config)
    if config is None or reading.faults:
        raise ConfigError(
            [f"{path}: {where or 'top level'}: {what}" for where, what in reading.faults]
        )
    store = directory / config.watch.store
    return msgspec.structs.replace(config, watch=msgspec.structs.replace(config.watch, store=store))


def config_of(services: Sequence[str], defaults: Config | None = None) -> Config:
    """Services as typed: ``127.0.0.1:6060``, ``unix:/run/app.sock`` or ``checkout=10.0.0.7:6060``.

    The same name twice means two targets of one service; without a name the address is one.

    Args:
        services: at least one.
        defaults: everything else.

    Raises:
        UsageError: one of them is no address.
    """
    targets: dict[str, list[str]] = {}
    for text in services:
        name, address = _typed(text)
        targets.setdefault(name, []).append(address)
    reading = Reading(Path())
    given = {"service": [{"name": name, "targets": listed} for name, listed in targets.items()]}
    made = reading.table(given, Config)
    if made is None or reading.faults:
        raise ConfigError([what for _, what in reading.faults])
    return msgspec.structs.replace(defaults or made, service=made.service)


def _same_names(section: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    counts = Counter(names)
    for number, name in enumerate(names):
        if name and counts[name] > 1:
            yield f"{section}[{number}].name", f"{name!r} is the name of two"


def doubts(config: Config) -> tuple[str, ...]:
    """What is allowed and hardly meant, a line each."""
    return tuple(dict.fromkeys(_doubts(config)))


def _doubts(config: Config) -> Iterator[str]:
    for secret in _secrets(config):
        if doubt := secret.doubt():
            yield doubt
    if not config.sink:
        yield "no [[sink]]: alerts are on the page and in the store, and nobody is told"
    for place, guarded in _guarded(config):
        if guarded.tls.insecure:
            yield f"{place}: any certificate is taken"
    yield from _slow(config)


def _guarded(config: Config) -> Iterator[tuple[str, Guarded]]:
    """Everybody who is asked or told, and where in the file that is said."""
    yield from ((f"service {service.name}", service) for service in config.service)
    yield from ((f"sink[{number}]", sink) for number, sink in enumerate(config.sink))
    for name, export in (("pyroscope", config.export.pyroscope), ("otlp", config.export.otlp)):
        if export is not None:
            yield f"export.{name}", export


def _secrets(config: Config) -> Iterator[Secret]:
    """All that nobody else should be able to read; of headers any may be a token."""
    tokens = [config.http.token_file]
    headers = [service.sd_headers_file for service in config.service]
    for _, guarded in _guarded(config):
        tokens.append(guarded.token_file)
        headers.append(guarded.headers_file)
    for sink in config.sink:
        tokens += (sink.url_file, sink.secret_file)
    yield from (token for token in tokens if token is not None)
    yield from (Secret(file=file) for file in headers if file is not None)


def _slow(config: Config) -> Iterator[str]:
    """Who is read so seldom that most bins of the detectors, or all in a row, stay unknown."""
    bin_ns = config.watch.scale.ns(minutes=BIN_MINUTES)
    named = [(f"service {each.name}: ", each.interval) for each in config.service if each.interval]
    if len(named) < len(config.service):
        named.insert(0, ("", config.watch.every_ns))
    for who, interval_ns in named:
        if interval_ns > bin_ns:
            yield (
                f"{who}a reading every {format_duration(interval_ns)} leaves most detectors blind: "
                f"they want one in each {format_duration(bin_ns)}"
            )


def _typed(text: str) -> tuple[str, str]:
    """Name and address; a ``=`` within an address comes after its ``/``."""
    name, found, address = text.partition("=")
    if found and "/" not in name:
        return name, address
    endpoint = Endpoint.parse(text)
    if endpoint.scheme == "unix":
        return Path(endpoint.host).stem, text
    return endpoint.authority.replace("[", "").replace("]", ""), text


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read", error.strerror or str(error)) from None
    if len(content) > _LARGEST:
        raise UsageError(f"{path}: too large for a configuration", "more than 4 MiB")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not TOML", str(error)) from None
