"""What the program allocates: samples with their stacks, and exact sums.

The sampler wraps CPython's three allocators (RAW, MEM, OBJ) once and stays until the process ends.
On average every ``interval`` bytes it notes an allocation with its stack; the weight of a sample,
``1 / (1 - exp(-size / interval))``, makes the sums unbiased estimates of everything allocated.
Beside the samples it counts every allocation and its bytes exactly.

What it cannot see: objects that come from CPython's free lists (floats, tuples, empty lists),
memory that C libraries take from malloc themselves, and whatever was there before it started.

Frees are not counted, since a large block passes the hooks of two domains when it is freed:
``Frees = alloc_count - round(in-use objects)``, at least 0 (a forked child inherits live objects
that it never allocated).
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from struct import Struct
from types import ModuleType

from heapwise_agent.locks import Lock

DEFAULT_INTERVAL = 512 * 1024
"""Mean bytes between two samples, Go's default."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One place in the code.

    Attributes:
        name: qualified name of the function.
        filename: as the compiler saw it.
        line: the line that was being executed.
        start_line: the first line of the function.
    """

    name: str
    filename: str
    line: int
    start_line: int


@dataclass(frozen=True, slots=True)
class Row:
    """What one stack allocated in one class of sizes.

    Attributes:
        stack_index: into `Snapshot.stacks`.
        size: mean bytes of the sampled blocks.
        hits: sampled allocations.
        alloc_objects: estimate of all allocations since the start or the last fork.
        alloc_space: the same in bytes.
        inuse_objects: estimate of those that are still alive, inherited ones included.
        inuse_space: the same in bytes.
    """

    stack_index: int
    size: float
    hits: int
    alloc_objects: float
    alloc_space: float
    inuse_objects: float
    inuse_space: float


@dataclass(frozen=True, slots=True)
class Counters:
    """Exact sums since the start or the last fork.

    Attributes:
        alloc_bytes: bytes asked for by the program; a realloc counts its new size.
        alloc_count: allocations and reallocations of the program.
        agent_bytes: bytes asked for by the agent's own threads, in no other figure.
        agent_count: the same in allocations.
        samples: allocations sampled.
        dropped_reentrant: samples lost since one was being taken already.
        stack_overflow: samples whose stack found no room in the tables.
        live_overflow: samples whose block found no room: missing from what is in use.
        live_entries: sampled blocks still alive.
        stacks: different stacks, with two pseudo stacks.
        rows: different stacks and size classes.
        core_bytes: memory of the sampler's own tables.
        epoch: forks between the process that started the sampler and this one.
        interval: mean bytes between two samples; 1 samples every allocation.
        enabled: whether samples are being taken.
    """

    alloc_bytes: int
    alloc_count: int
    agent_bytes: int
    agent_count: int
    samples: int
    dropped_reentrant: int
    stack_overflow: int
    live_overflow: int
    live_entries: int
    stacks: int
    rows: int
    core_bytes: int
    epoch: int
    interval: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows of one moment; what making it costs is the agent's own.

    Attributes:
        rows: by stack and size class.
        stacks: leaf first; the first stands for allocations without a Python frame, the second
            for stacks that found no room.
        interval: mean bytes between two samples.
        counters: read right before the rows.
    """

    rows: tuple[Row, ...]
    stacks: tuple[tuple[Frame, ...], ...]
    interval: int
    counters: Counters


# Angle brackets would be cut off by pprof.
_PSEUDO = (
    (Frame("python.no_frame", "", 0, 0),),
    (Frame("python.stack_table_full", "", 0, 0),),
)

_ROW = Struct("@IdQdddd")
"""The fields of a `Row` as the core packs them."""


class _Names:
    """Frames and stacks resolved so far: in the core they only grow, so each is read once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._frames: list[Frame] = []
        self._stacks: list[tuple[Frame, ...]] = list(_PSEUDO)

    def stacks(self, core: ModuleType) -> tuple[tuple[Frame, ...], ...]:
        """All stacks that the core knows."""
        with self._lock:
            # Stacks first: the frames they consist of are there by then.
            fresh = core.stacks(len(self._stacks))
            self._frames.extend(Frame(*raw) for raw in core.frame_list(len(self._frames)))
            known = self._frames
            self._stacks.extend(tuple([known[index] for index in ids]) for ids in fresh)
            return tuple(self._stacks)


_names = _Names()
_started = False


def _load() -> ModuleType | str:
    """The extension, or why there is none."""
    if sys.implementation.name != "cpython":
        return f"heap profiles need CPython, and this is {sys.implementation.name}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "heap profiles are not available on free-threaded builds of CPython"
    try:
        return import_module("heapwise_agent._core")
    except ModuleNotFoundError:
        return (
            "the agent's C extension is not installed; install a compiler and the headers of "
            "Python, then reinstall heapwise-agent"
        )
    except ImportError as error:
        return (
            f"the agent's C extension cannot be loaded ({error}); install a compiler and the "
            "headers of Python, then reinstall heapwise-agent"
        )


_loaded = _load()


def available() -> str:
    """Empty where heap profiles can be taken, else the reason in one sentence."""
    if isinstance(_loaded, str):
        return _loaded
    return "" if _started else "the sampler has not been started"


def frames() -> str:
    """Empty where stacks can be read, else why samples come without them."""
    return _loaded if isinstance(_loaded, str) else str(_loaded.frames())


def start(interval: int = DEFAULT_INTERVAL) -> None:
    """Sample from now on; again: set the interval and go on.

    Raises:
        RuntimeError: there is no extension, or it refuses.
        ValueError: the interval is below 1.
    """
    global _started  # noqa: PLW0603 - the hooks are the process's, so is the flag
    _core().install(interval)
    _started = True


def stop() -> None:
    """Take no more samples. The exact counters go on, and frees are still noticed."""
    _core().set_enabled(False)


def set_interval(interval: int) -> None:
    """Sample every so many bytes: here at once, in other threads from their next sample on.

    Raises:
        ValueError: the interval is below 1.
    """
    _core().set_interval(interval)


def counters() -> Counters:
    """The exact sums now."""
    return Counters(**_core().counters())


def snapshot() -> Snapshot:
    """The four values of every stack now.

    Where somebody took the hooks out (``tracemalloc.stop()`` does, if tracing began before us),
    they are put back first; what is in use then counts from zero.

    Raises:
        RuntimeError: there is no extension, or the hooks cannot be put back.
    """
    core = _core()
    with quiet():
        if _started and not core.installed():
            _reinstall(core)
        now = counters()
        rows = tuple(Row(*raw) for raw in _ROW.iter_unpack(core.rows()))
        return Snapshot(rows, _names.stacks(core), now.interval, now)


def ignore_thread(on: bool) -> bool:
    """Count the calling thread's allocations as the agent's own; returns what held before."""
    return isinstance(_loaded, str) or bool(_loaded.ignore_thread(on))


@contextmanager
def quiet() -> Iterator[None]:
    """What the calling thread allocates in here is the agent's own, and never sampled."""
    before = ignore_thread(True)
    try:
        yield
    finally:
        ignore_thread(before)


def _reinstall(core: ModuleType) -> None:
    before = core.counters()
    core.install(before["interval"])
    core.set_enabled(before["enabled"])


def _core() -> ModuleType:
    if isinstance(_loaded, str):
        raise RuntimeError(_loaded)  # noqa: TRY004 - the extension is missing, no type is wrong
    return _loaded
