"""`start` and `stop`: one agent in a process, which also survives `os.fork`.

Nothing in here raises into the program: trouble is one line in the log ``heapwise_agent``, and the
program runs on.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from heapwise_agent import heap, listen, own, sampler
from heapwise_agent.config import NOWHERE, PREFIX, Address, Config, ConfigError, configure, is_off
from heapwise_agent.job import Hold
from heapwise_agent.listen import Listener
from heapwise_agent.locks import Lock
from heapwise_agent.oom import LiveHeap, Watch
from heapwise_agent.prefork.group import Group
from heapwise_agent.rss import ARENA_BLOCK
from heapwise_agent.run import MAIN, QUIET, is_launcher
from heapwise_agent.source import local

log = logging.getLogger("heapwise_agent")

ATTEND_S = 0.5
"""How soon another process takes over from one that has ended."""

TROUBLE_S = 60.0
"""How long to wait after trouble that nobody thought of, so that the log is not filled with it."""

SETTLE_S = 0.1
"""What a new child waits before it joins: many run another program at once, or end."""


class Agent:
    """The agent of this process."""

    def __init__(self, config: Config, listener: Listener | None = None) -> None:
        self.config = config
        self._source = local()
        self._group = Group(config, self._source, os.environ, listener)
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where this process answers, as ``127.0.0.1:6060``; empty while another one does."""
        return self._group.place

    def begin(self, *, settle_s: float = 0) -> None:
        """Measure from now on; answer at once, or after ``settle_s`` seconds."""
        try:
            sampler.start(self.config.interval)
        except RuntimeError as error:
            log.warning("no heap profiles: %s", error)
        self._source.watch.start()
        if not settle_s:
            self._answer()
        self._keeper = threading.Thread(
            target=self._keep, args=(settle_s,), name="heapwise-agent-keeper", daemon=True
        )
        self._keeper.start()

    def end(self) -> None:
        """Answer no more, and sample nothing more."""
        self._stopping.set()
        if self._keeper is not None and self._keeper is not threading.current_thread():
            self._keeper.join(timeout=2)
        with own.quiet():
            self._group.leave()
        self._source.watch.stop()
        if not sampler.available():
            sampler.stop()

    def warm(self) -> None:
        """Have threads ready for whoever asks."""
        self._group.warm()

    def reborn(self) -> Agent:
        """The agent of a forked child, which has inherited this one."""
        self._group.abandon()
        return Agent(self.config)

    def _keep(self, settle_s: float) -> None:
        """Attend to the group and to the memory until the end."""
        with own.quiet():
            if settle_s:
                if self._stopping.wait(settle_s):
                    return
                self._answer()
            _end_with_workers()
            memory = self._memory()
            pause = 0.0
            while not self._stopping.wait(pause):
                pause = self._attend(memory)

    def _attend(self, memory: Watch | None) -> float:
        """Do once what is to be done; returns the seconds until the next time."""
        try:
            self._group.attend()
            return min(ATTEND_S, memory.tick()) if memory else ATTEND_S
        except Exception:
            # Who keeps the agent must not end over one bad moment, nor write to stderr.
            log.warning("the agent could not look after itself; it goes on", exc_info=True)
            return TROUBLE_S

    def _answer(self) -> None:
        self._group.join()
        self._group.attend()

    def _memory(self) -> Watch | None:
        directory = self.config.oom_directory
        return Watch(directory, self.config.oom_share, self._live_heap) if directory else None

    def _live_heap(self) -> LiveHeap:
        why_not = sampler.available()
        if why_not:
            return LiveHeap(b"", 0, why_not)
        snapshot = self._source.snapshot(fresh=True)
        large = round(sum(row.inuse_space for row in snapshot.rows if row.size > ARENA_BLOCK))
        return LiveHeap(heap.profile(snapshot), large)


def _end_with_workers() -> None:
    """Pool workers end by `os._exit`, past `atexit`, but run the finalisers of their pool."""
    for pool in _pools():
        pool.Finalize(None, stop, exitpriority=-1)


def _pools() -> list[Any]:
    names = ("multiprocessing.util", "billiard.util")
    return [sys.modules[name] for name in names if name in sys.modules]


_lock = Lock()
_agent: Agent | None = None


def start(
    address: str | None = None,
    *,
    interval: int | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    unix_socket: str | Path | None = None,
    group: str | None = None,
    oom_directory: str | Path | None = None,
    oom_share: float | None = None,
) -> Agent | None:
    """Start measuring, and answer under ``/debug/pprof/``.

    A second call changes nothing. Children made by `os.fork` go on by themselves. What is left
    out comes from the environment (`heapwise_agent.config`).

    Args:
        address: ``127.0.0.1:6060``; a port of 0 takes a free one. Anything but loopback needs a
            token. ``none`` measures for `heapwise_agent.asgi` or `heapwise_agent.wsgi` only.
        interval: mean bytes between two samples, 524288; 1 samples everything.
        token: what clients have to send.
        hosts: names that clients may use beside the loopback ones.
        unix_socket: listen there, mode 0600, and not on TCP.
        group: a name that joins processes to one view; else the process group does.
        oom_directory: where to write the live heap before memory runs out; else nowhere.
        oom_share: the share of the memory limit at which that is done, 0.9.

    Returns:
        the agent; None where the kill switch is thrown, a setting is refused (an error in the
        log) or something else went wrong (a warning).
    """
    settings = {
        "address": address,
        "interval": interval,
        "token": token,
        "hosts": hosts,
        "unix_socket": unix_socket,
        "group": group,
        "oom_directory": oom_directory,
        "oom_share": oom_share,
    }
    return _start(settings)


def stop() -> None:
    """Stop measuring and answering; harmless where nothing was started."""
    global _agent
    with _lock:
        agent, _agent = _agent, None
        if agent is None:
            return
        try:
            agent.end()
        except Exception:
            log.warning("the agent did not stop well", exc_info=True)


def start_from_environment() -> None:
    """Start before the first line of a program, for ``python -m heapwise_agent run``.

    The program itself is served at once; its children join a moment later, but for the process
    that multiprocessing starts to keep its books, which runs nothing of the program.
    """
    if is_launcher(sys.orig_argv) or any(
        "multiprocessing.resource_tracker" in word for word in sys.orig_argv
    ):
        return
    hold = Hold.take(os.environ)
    is_main = os.environ.get(MAIN) == str(os.getpid())
    agent = _start({}, settle_s=0 if is_main or hold else SETTLE_S)
    if agent is None or not (is_main or hold):
        return
    # A free port was found: children must not look for another one, nor for another group.
    os.environ[f"{PREFIX}_ADDRESS"] = str(agent.config.address or NOWHERE)
    if agent.config.group:
        os.environ[f"{PREFIX}_GROUP"] = agent.config.group
    if hold is not None:
        agent.warm()  # an interpreter that ends starts no threads
        atexit.register(hold.done)  # after all that the program registers, and before `stop`
        hold.ready(agent.address)
    elif agent.address and not os.environ.get(QUIET):
        _announce(agent.address)


def _announce(place: str) -> None:
    url = f"http://{place}/debug/pprof/" if ":" in place else place
    print(f"heapwise_agent: {url}", file=sys.stderr, flush=True)  # noqa: T201 - run's only word


def _start(settings: dict[str, Any], *, settle_s: float = 0) -> Agent | None:
    global _agent  # noqa: PLW0603 - one in a process
    if is_off(os.environ):
        return None
    with _lock:
        try:
            if _agent is None:
                _agent = _begin(configure(os.environ, **settings), settle_s=settle_s)
        except ConfigError as error:
            log.error("the agent does not start: %s", error)  # noqa: TRY400 - one line says it all
        except Exception:
            log.warning("the agent does not start; the program runs on", exc_info=True)
        return _agent


def _begin(config: Config, *, settle_s: float) -> Agent:
    with own.quiet():
        listener = None
        wanted = config.address
        if config.unix_socket is None and wanted is not None and wanted.port == 0:
            listener = listen.tcp(wanted.host, 0)
            address = Address(wanted.host, listener.port)
            config = replace(config, address=address, group=config.group or f"p{os.getpid()}")
        agent = Agent(config, listener)
        agent.begin(settle_s=settle_s)
    return agent


def _after_fork() -> None:
    global _agent  # noqa: PLW0603 - one in a process
    if _agent is None:
        return
    try:
        with own.quiet():
            for pool in _pools():  # a worker forgets its parent's finalisers before it calls this
                pool.register_after_fork(_agent, lambda _: _end_with_workers())
            _agent = _agent.reborn()
            _agent.begin(settle_s=SETTLE_S)
    except Exception:
        log.warning("the agent does not go on in a forked child", exc_info=True)
        _agent = None


atexit.register(stop)
os.register_at_fork(after_in_child=_after_fork)
