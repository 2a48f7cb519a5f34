"""Which unit of work is counted, and by whom."""

from __future__ import annotations

import pytest

from heapwise.errors import UsageError
from heapwise.model.memory import Counters
from heapwise.record.work_meter import UNKNOWN, WorkCounter, WorkMeter
from heapwise.runtimes.base import Reading

COUNTERS = Counters(total_alloc=1, mallocs=1, frees=0)


def reading(**work: int) -> Reading:
    """A reading on which a program announces work."""
    return Reading(counters=COUNTERS, work=work)


def test_nothing_is_known_until_a_unit_is_announced() -> None:
    """A count of zero would be a claim."""
    assert WorkMeter().count(reading()) == UNKNOWN


def test_the_first_unit_is_taken_and_kept() -> None:
    """Others that come later are told, and never mixed in."""
    meter = WorkMeter()
    assert meter.count(reading(row=5)) == 5
    assert meter.count(reading(batch=1, row=9)) == 9
    assert meter.unit == "row"
    assert meter.others == {"batch"}


def test_a_unit_that_was_asked_for_begins_at_zero() -> None:
    """The program has not done any of it yet."""
    meter = WorkMeter("row")
    assert meter.count(reading()) == 0
    assert meter.count(reading(file=3, row=2)) == 2


def test_a_counter_is_a_page_and_a_key() -> None:
    """The unit is the last name of the key, without what counters are called by custom."""
    counter = WorkCounter.parse("127.0.0.1:9/debug/vars?x=1#consumer.messages_total")
    assert (counter.path, counter.key) == ("/debug/vars?x=1", "consumer.messages_total")
    assert counter.endpoint.origin == "http://127.0.0.1:9"
    assert counter.unit == "messages"
    assert WorkCounter.parse('127.0.0.1:9/m#rows_total{a="b.c"}').unit == "rows"


@pytest.mark.parametrize("text", ["127.0.0.1:9/debug/vars", "127.0.0.1:9#rows", "nonsense", ""])
def test_half_a_counter_is_refused(text: str) -> None:
    """Without a page or without a key there is nothing to read."""
    with pytest.raises(UsageError):
        WorkCounter.parse(text)
