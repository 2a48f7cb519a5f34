"""The agent's own threads, which are neither sampled nor shown."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from heapwise_agent import sampler

_own: set[int] = set()


@contextmanager
def quiet() -> Iterator[None]:
    """Mark what the calling thread does as the agent's: measuring must not be what is measured."""
    ident = threading.get_ident()
    if ident in _own:
        yield
        return
    _own.add(ident)
    try:
        with sampler.quiet():
            yield
    finally:
        _own.discard(ident)


def is_own(ident: int) -> bool:
    """True for a thread that is inside `quiet` now."""
    return ident in _own


def _after_fork() -> None:
    """Only the thread that forked goes on; a new one may get the identifier of another."""
    _own.intersection_update({threading.get_ident()})


os.register_at_fork(after_in_child=_after_fork)
