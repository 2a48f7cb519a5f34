"""How much work a program says it has done, read from a page that may be anything."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.work_counts import announced, announced_on, count_at

PROMETHEUS = b"""# HELP messages_total Messages.
# TYPE messages_total counter
messages_total{topic="orders"} 40
messages_total{topic="users"} 2
lag_seconds 0.5
"""


@pytest.mark.parametrize(
    ("page", "key", "count"),
    [
        (b'{"rows": 12}', "rows", 12),
        (b'{"consumer": {"messages": 7}}', "consumer.messages", 7),
        (b'{"consumer.messages": 8, "consumer": {"messages": 7}}', "consumer.messages", 8),
        (b'{"a": {"b.c": {"d": 9}}}', "a.b.c.d", 9),
        (b'{"rows": 3.0}', "rows", 3),
        (PROMETHEUS, "messages_total", 42),
        (PROMETHEUS, 'messages_total{topic="orders"}', 40),
    ],
)
def test_a_count_is_found_by_its_key(page: bytes, key: str, count: int) -> None:
    """JSON is walked by names, the samples of a Prometheus metric are added up."""
    assert count_at(page, key) == count


@pytest.mark.parametrize(
    ("page", "key", "word"),
    [
        (b'{"rows": 12}', "lines", "there are rows"),
        (b'{"rows": "12"}', "rows", "no number"),
        (b'{"rows": true}', "rows", "no number"),
        (b'{"rows": -1}', "rows", "no count"),
        (b'{"rows": 1e300}', "rows", "no count"),
        (b'{"rows": 1.5}', "rows", "no count"),
        (b'{"rows": [1]}', "rows.0", "has no"),
        (b'{"rows": ', "rows", "damaged"),
        (PROMETHEUS, "lag_seconds", "no count"),
        (PROMETHEUS, "nothing", "has no"),
        (b"", "rows", "has no"),
        (b"x NaN\n", "x", "has no"),
    ],
)
def test_what_is_no_count_is_refused_in_words(page: bytes, key: str, word: str) -> None:
    """The message says what is wrong, and the pages' own names where that helps."""
    with pytest.raises(ProfileError) as refused:
        count_at(page, key)
    assert word in f"{refused.value.what} {refused.value.why}"


def test_announced_units_keep_only_counts() -> None:
    """A name that is none, a negative number and a truth value are left out."""
    values = {"row": 3, "": 1, "x" * 65: 1, "neg": -1, "yes": True, "text": "5", "\x1b[2J": 4}
    assert announced(values) == {"row": 3}
    assert announced({str(number): number for number in range(65)}) == {}
    assert announced([1]) == {}


def test_an_expvar_page_announces_its_map() -> None:
    """Go programs publish the map ``heapwise_work`` beside their MemStats."""
    page = {"memstats": {"Alloc": 1}, "heapwise_work": {"file": 5}}
    assert announced_on(json.dumps(page).encode()) == {"file": 5}
    assert announced_on(b'{"memstats": {}}') == {}
    assert announced_on(b"<html>") == {}


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_page_and_any_key_give_a_count_or_a_refusal(page: bytes, key: str) -> None:
    """Nothing that comes from outside raises anything else."""
    for text in (page, b"{" + page, msgspec.json.encode({key: page.decode("latin-1")})):
        try:
            assert count_at(text, key) >= 0
        except ProfileError:
            continue
