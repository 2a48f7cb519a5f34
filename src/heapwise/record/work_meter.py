"""Counts work that is no request: what the program itself says it has done."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from heapwise.errors import ProfileError, ServiceError, UsageError
from heapwise.formats.work_counts import count_at
from heapwise.runtimes.access import ANYONE, Access
from heapwise.runtimes.base import Reading
from heapwise.runtimes.fetch import Endpoint, get

UNKNOWN = -1
"""The count where nobody counts."""

_PAGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class WorkCounter:
    """Where a program tells how much it has done.

    Attributes:
        endpoint: of the page.
        path: of the page, with its query.
        key: on the page, as `heapwise.formats.work_counts.count_at` takes it.
    """

    endpoint: Endpoint
    path: str
    key: str

    @classmethod
    def parse(cls, text: str, access: Access = ANYONE) -> WorkCounter:
        """Read ``http://127.0.0.1:6060/debug/vars#consumer.messages``.

        Raises:
            UsageError: it has no path or no key.
        """
        parts = urlsplit(text if "//" in text else f"http://{text}")
        if not parts.fragment or not parts.path:
            raise UsageError(
                f"{text!r} is no work counter",
                "it names no key" if parts.path else "it names no page",
                "write URL#KEY, as http://127.0.0.1:6060/debug/vars#consumer.messages",
            )
        endpoint = Endpoint.parse(f"{parts.scheme}://{parts.netloc}", access)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return cls(endpoint, path, parts.fragment)

    @property
    def unit(self) -> str:
        """A name for the unit where nobody gave one: the last name of the key."""
        name = self.key.partition("{")[0].rpartition(".")[2]
        return name.removesuffix("_total")[:40] or "unit"

    def read(self) -> int:
        """The count now.

        Raises:
            ServiceError: the page cannot be had, or the count is not on it.
        """
        path, _, query = self.path.partition("?")
        page = get(self.endpoint, path, query=query, max_bytes=_PAGE_BYTES)
        try:
            return count_at(page.body, self.key)
        except ProfileError as error:
            url = self.endpoint.url_of(path, query)
            raise ServiceError(f"{url}: {error.what}", error.why, error.hint) from None


class WorkMeter:
    """Counts one unit of work beside every reading of the counters.

    Args:
        unit: to count; by default the first that the program announces.
        counter: asked in the place of what the program announces to its runtime.

    Attributes:
        others: units that were announced beside the one that is counted.
    """

    def __init__(self, unit: str = "", counter: WorkCounter | None = None) -> None:
        self.unit = unit or (counter.unit if counter else "")
        self.others: set[str] = set()
        self._counter = counter

    def count(self, reading: Reading) -> int:
        """The work done until a reading, `UNKNOWN` where nobody counts.

        What is announced comes with the reading, from the same moment. Another counter is asked
        right after it.

        Raises:
            ServiceError: the counter that was named does not answer.
        """
        if self._counter is not None:
            return self._counter.read()
        if not self.unit and reading.work:
            self.unit = next(iter(reading.work))
        self.others |= reading.work.keys() - {self.unit}
        return reading.work.get(self.unit, 0 if self.unit else UNKNOWN)
