"""Which threads are the agent's own."""

from __future__ import annotations

import os
import threading

from heapwise_agent import own


def test_a_thread_is_the_agents_inside_only() -> None:
    """However deeply it is said."""
    ident = threading.get_ident()
    assert not own.is_own(ident)
    with own.quiet():
        with own.quiet():
            assert own.is_own(ident)
        assert own.is_own(ident)
    assert not own.is_own(ident)


def test_a_forked_child_knows_of_no_thread_of_its_parent() -> None:
    """A new thread may get the identifier of one that the child does not have."""
    inside, leave = threading.Event(), threading.Event()

    def keep() -> None:
        with own.quiet():
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=keep)
    thread.start()
    inside.wait(30)
    ident = thread.ident or 0
    with own.quiet():
        pid = os.fork()
        if pid == 0:
            os._exit(own.is_own(ident) or not own.is_own(threading.get_ident()))
    _, status = os.waitpid(pid, 0)
    assert own.is_own(ident)
    leave.set()
    thread.join()
    assert status == 0
