"""The tables of who is told, and when."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from heapwise.errors import UsageError
from heapwise.model.watch import Severity
from heapwise.watch.config.access import Guarded
from heapwise.watch.config.forms import FilePath, Length, SecretFrom, Web
from heapwise.watch.config.service import NAME
from heapwise.watch.config.tables import Table
from heapwise.watch.deploys.deploys import CODE as DEPLOY
from heapwise.watch.detectors import DETECTORS
from heapwise.watch.detectors.base import Settings
from heapwise.watch.scale import UNSCALED


class Alerts(Table, frozen=True, kw_only=True):
    """What becomes of signs.

    Attributes:
        off: codes of detectors that are not asked.
        repeat_every: an alert that lasts is told again after so long.
        resolve_after: a sign has gone when it was not seen for so long; scaled as the detectors
            are.
        silences_file: of silences; read again when it changes.
        thresholds: from where on something is a sign.
    """

    off: tuple[str, ...] = ()
    repeat_every: Length = 4 * 3600 * 10**9
    resolve_after: Length = 15 * 60 * 10**9
    silences_file: FilePath | None = None
    thresholds: Settings = Settings()

    def faults(self) -> Iterator[tuple[str, str]]:
        """Codes are of detectors that there are."""
        for number, code in enumerate(self.off):
            if code not in known_codes():
                known = ", ".join(sorted(known_codes()))
                yield f"off[{number}]", f"{code[:60]!r} is no detector; there are {known}"


@functools.cache
def known_codes() -> frozenset[str]:
    """Of everything that can raise an alert."""
    return frozenset({DEPLOY, *(make(UNSCALED, Settings()).code for make in DETECTORS)})


TERMINAL = "terminal"
"""The name of the sink that prints for who looks on."""


class SinkKind(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"
    SLACK = "slack"
    STDOUT = "stdout"


class Sink(Guarded, frozen=True, kw_only=True):
    """Somebody who is told.

    Attributes:
        type: how.
        name: in messages; what the sink was told is remembered by it. By default type and place
            among the sinks, as `slack-2`: another place, or another name, knows nothing.
        url: where to; of an Alertmanager its root.
        url_file: the same, where the URL is a secret.
        min_severity: only alerts that are at least so bad.
        secret_file: of a webhook, to sign what is sent (HMAC-SHA256).
        labels: added to those of every alert.
        deadline: of one message.
    """

    type: SinkKind
    name: str = ""
    url: Web | None = None
    url_file: SecretFrom | None = None
    min_severity: Severity = Severity.WARN
    secret_file: SecretFrom | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    deadline: Length = 10 * 10**9

    def faults(self) -> Iterator[tuple[str, str]]:
        """Everything but stdout has one address, and secrets can be read."""
        yield from super().faults()
        if self.name and not NAME.fullmatch(self.name):
            yield "name", f"{self.name[:60]!r} is not a name of letters, digits and _.:@-"
        if self.name == TERMINAL:
            yield "name", f"{TERMINAL!r} is the watcher's own"
        given = sum(each is not None for each in (self.url, self.url_file))
        if self.type is SinkKind.STDOUT and given:
            yield "url", "is of no use: stdout is here"
        if self.type is not SinkKind.STDOUT and given != 1:
            yield "url", f"one of url and url_file is needed, and there are {given}"
        if self.secret_file is not None and self.type is not SinkKind.WEBHOOK:
            yield "secret_file", "is of a webhook"
        for key, secret in (("url_file", self.url_file), ("secret_file", self.secret_file)):
            try:
                _ = secret and secret.read()
            except UsageError as error:
                yield key, str(error)

    def address(self) -> str:
        """The URL, wherever it stands; empty for stdout.

        Raises:
            UsageError: its file cannot be read.
        """
        return self.url_file.read() if self.url_file is not None else self.url or ""
