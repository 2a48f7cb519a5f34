"""`heapwise_agent.work`: exact counts from anywhere."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator

import pytest

from heapwise_agent import work_done as module
from heapwise_agent.work_done import counts, work


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_counts", {})
    monkeypatch.setattr(module, "_complained", False)
    return


def test_counts_add_up_by_unit() -> None:
    """Each unit has a sum of its own, and n is 1 if not said."""
    work("row", 500)
    work("row", 500)
    work("file")
    assert counts() == {"row": 1000, "file": 1}


def test_counting_from_threads_loses_nothing() -> None:
    """Eight threads that count at once lose no count."""

    def count() -> None:
        for _ in range(5_000):
            work("msg")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts() == {"msg": 40_000}


def test_wrong_calls_are_logged_once_and_never_raise(caplog: pytest.LogCaptureFixture) -> None:
    """The service goes on when it counts nonsense; the log says so once."""
    with caplog.at_level(logging.WARNING, "heapwise_agent"):
        work("row", -1)
        work("row", "3")  # type: ignore[arg-type]  # on purpose
        work("", 1)
        work("x" * 65, 1)
        work(["row"], 1)  # type: ignore[arg-type]  # on purpose
    assert counts() == {}
    assert len(caplog.records) == 1


def test_numbers_of_other_libraries_count() -> None:
    """Whatever is a whole number to Python counts, as numpy's are."""

    class Number:
        def __index__(self) -> int:
            return 7

    work("row", Number())  # type: ignore[arg-type]  # what numpy.int64 offers
    work("row", True)
    assert counts() == {"row": 8}


def test_units_are_bounded() -> None:
    """Names made of data end up under one name and do not fill the memory."""
    for number in range(module.MAX_UNITS + 10):
        work(f"user-{number}")
    assert len(counts()) == module.MAX_UNITS + 1
    assert counts()[module.OTHER] == 10


def test_a_forked_child_counts_from_zero() -> None:
    """What the parent did is the parent's, or the sum over workers would hold it twice."""
    work("row", 5)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            work("row", 2)
            os.write(write, repr(counts()).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read, 100) == b"{'row': 2}"
    os.close(read)
    os.close(write)
    assert counts() == {"row": 5}
