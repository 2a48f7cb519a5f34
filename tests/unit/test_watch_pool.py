"""Threads that ask targets."""

from __future__ import annotations

import threading
import time

from heapwise.errors import ServiceError
from heapwise.model.watch import Source, Vitals
from heapwise.watch.pool import Pool

VITALS = Vitals(at_ns=1, source=Source.EXPVAR, runtime="go")


def test_a_target_that_hangs_holds_up_nobody_but_its_thread() -> None:
    """The others are answered meanwhile, and leaving does not wait for it."""
    hangs = threading.Event()

    def hang() -> Vitals:
        hangs.wait(30)
        return VITALS

    began = time.monotonic()
    with Pool(most=3) as pool:
        pool.ask("hangs", hang)
        for number in range(20):
            pool.ask(str(number), lambda: VITALS)
        answered = {found.key for _ in range(20) if (found := pool.outcome(5))}
        assert answered == set(map(str, range(20)))
        assert pool.asked == 1
    assert time.monotonic() - began < 5
    hangs.set()


def test_what_a_scrape_raises_is_an_outcome_like_any_other() -> None:
    """Its own errors as they are, surprises in words: a target costs only itself."""

    def refuse() -> Vitals:
        raise ServiceError("it says no")

    def stumble() -> Vitals:
        raise RecursionError("too deep")

    with Pool() as pool:
        for key, scrape in (("refuses", refuse), ("stumbles", stumble)):
            pool.ask(key, scrape)
        found = {each.key: each for _ in range(2) if (each := pool.outcome(5))}
    assert str(found["refuses"].problem) == "it says no"
    assert "RecursionError: too deep" in str(found["stumbles"].problem)
    assert found["stumbles"].vitals is None


def test_no_more_threads_than_targets_that_are_asked_at_once() -> None:
    """One after the other needs one."""
    before = set(threading.enumerate())
    with Pool() as pool:
        for number in range(10):
            pool.ask(str(number), lambda: VITALS)
            assert pool.outcome(5) is not None
        assert len(set(threading.enumerate()) - before) == 1
        assert pool.room > 0
