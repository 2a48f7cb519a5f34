"""The pages that the service answers with, and ways to keep those that may be asked for again."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

ORDERS = 20
"""On a page, which has a kilobyte with them."""

_PLACE = 160
"""Bytes that an entry takes beside page and key: a place in a dictionary, one in its order."""


def render(key: str) -> bytes:
    """A page, made anew."""
    orders = [f"<tr><td>order {n}</td><td>{key}-{n:04}</td></tr>\n" for n in range(ORDERS)]
    return "".join(orders).encode()


@cache
def page(key: str) -> bytes:
    """A page, made once."""
    return render(key)


@lru_cache(maxsize=20_000)
def recent_page(key: str) -> bytes:
    """A page, made once while it is among the 20,000 that were asked for last."""
    return render(key)


def keep_all(request: str) -> bytes:
    """Answer a request."""
    return page(request)


def keep_some(request: str) -> bytes:
    """Answer a request."""
    return recent_page(request)


class Bounded:
    """Answers requests from the pages that were asked for last, up to so many bytes.

    Attributes:
        hits: how often a page was there.
    """

    def __init__(self, most: int) -> None:
        self.hits = 0
        self._most = most
        self._size = 0
        self._pages: OrderedDict[str, bytes] = OrderedDict()

    def answer(self, request: str) -> bytes:
        """Answer a request."""
        page = self._pages.get(request)
        if page is not None:
            self.hits += 1
            self._pages.move_to_end(request)
            return page
        page = self._pages[request] = render(request)
        self._size += _size(request, page)
        while self._size > self._most:
            self._size -= _size(*self._pages.popitem(last=False))
        return page


def _size(key: str, page: bytes) -> int:
    return sys.getsizeof(key) + sys.getsizeof(page) + _PLACE


class Way(NamedTuple):
    """A way to answer requests, and how often a page was there already."""

    answer: Callable[[str], bytes]
    hits: Callable[[], int]


def _bounded() -> Way:
    pages = Bounded(96 << 20)
    return Way(pages.answer, lambda: pages.hits)


CHOICES: dict[str, Callable[[], Way]] = {
    "all": lambda: Way(keep_all, lambda: page.cache_info().hits),
    "entries": lambda: Way(keep_some, lambda: recent_page.cache_info().hits),
    "bytes": _bounded,
}
"""By what ``--keep`` calls them."""
