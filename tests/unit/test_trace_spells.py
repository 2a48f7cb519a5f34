"""What goroutines did, from when to when."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.exectrace.functions import Functions
from heapwise.analysis.exectrace.names import Names
from heapwise.analysis.exectrace.spells import GONE, Goroutines, Spells
from heapwise.model.exectrace import EventKind as K
from heapwise.model.exectrace import GoState
from support.tracecolumns import Script

RUNNABLE, RUNNING, SYSCALL, WAITING = (
    int(state) for state in (GoState.RUNNABLE, GoState.RUNNING, GoState.SYSCALL, GoState.WAITING)
)
Told = tuple[int, int, int, int, int, str]


def told(names: Names, spells: Spells) -> list[Told]:
    """Spells as goroutine, state, start, end, the state after it and what was waited for."""
    columns = (spells.goroutine, spells.state, spells.start, spells.end, spells.then)
    reasons = [names.names[number] for number in spells.reason.tolist()]
    return list(zip(*(column.tolist() for column in columns), reasons, strict=True))


def taken(*scripts: Script) -> list[Told]:
    """The spells of a trace in the order of their end."""
    goroutines, names = Goroutines(), Names()
    found = [
        row
        for number, script in enumerate(scripts)
        for row in told(names, goroutines.take(script.generation(number), names))
    ]
    return sorted(found, key=lambda row: (row[3], row[0]))


def test_a_goroutines_life() -> None:
    """Created, started, blocked, woken, in a system call, preempted and gone."""
    script = Script()
    script.at(0, K.GO_CREATE, 1, a=7)
    script.at(5, K.GO_START, a=7)
    script.at(9, K.GO_BLOCK, 7, a="chan receive")
    script.at(20, K.GO_UNBLOCK, 1, a=7)
    script.at(22, K.GO_START, a=7)
    script.at(30, K.GO_SYSCALL_BEGIN, 7)
    script.at(35, K.GO_SYSCALL_END, 7)
    script.at(36, K.GO_SYSCALL_BEGIN, 7)
    script.at(46, K.GO_SYSCALL_END, 7, a=1)
    script.at(47, K.GO_START, a=7)
    script.at(50, K.GO_STOP, 7, a="preempted")
    script.at(51, K.GO_START, a=7)
    script.at(60, K.GO_DESTROY, 7)
    assert taken(script) == [
        (7, RUNNABLE, 0, 5, RUNNING, ""),
        (7, RUNNING, 5, 9, WAITING, ""),
        (7, WAITING, 9, 20, RUNNABLE, "chan receive"),
        (7, RUNNABLE, 20, 22, RUNNING, ""),
        (7, RUNNING, 22, 30, SYSCALL, ""),
        (7, SYSCALL, 30, 35, RUNNING, ""),
        (7, RUNNING, 35, 36, SYSCALL, ""),
        (7, SYSCALL, 36, 46, RUNNABLE, ""),
        (7, RUNNABLE, 46, 47, RUNNING, ""),
        (7, RUNNING, 47, 50, RUNNABLE, ""),
        (7, RUNNABLE, 50, 51, RUNNING, "preempted"),
        (7, RUNNING, 51, 60, GONE, ""),
    ]


def test_a_goroutine_may_be_born_blocked_or_in_c() -> None:
    """Coroutines begin waiting, and those of calls from C in a system call."""
    script = Script()
    script.at(0, K.GO_CREATE, 1, a=7, c=1)
    script.at(0, K.GO_CREATE, a=8, c=2)
    script.at(5, K.GO_UNBLOCK, 1, a=7)
    script.at(6, K.GO_SYSCALL_END, 8)
    assert taken(script) == [(7, WAITING, 0, 5, RUNNABLE, ""), (8, SYSCALL, 0, 6, RUNNING, "")]


def test_who_is_only_spoken_of_was_there_from_the_start() -> None:
    """A status backdates to the generation's first event, and is no beginning that was seen."""
    script = Script()
    script.at(3, K.PROCS_CHANGE, a=2)
    script.at(9, K.GO_STATUS, a=7, b=WAITING)
    script.at(12, K.GO_UNBLOCK, a=7)
    names = Names()
    spells = Goroutines().take(script.generation(), names)
    assert told(names, spells) == [(7, WAITING, 3, 12, RUNNABLE, "")]
    assert spells.whole.tolist() == [False]


def test_a_status_of_a_goroutine_that_is_known_changes_nothing() -> None:
    """Every generation says again what each goroutine does; a wait does not end by that."""
    first, second = Script(), Script(first_id=50)
    first.at(0, K.GO_CREATE, a=7)
    first.at(1, K.GO_START, a=7)
    first.at(2, K.GO_BLOCK, 7, a="sleep")
    second.at(100, K.GO_STATUS, a=7, b=WAITING)
    second.at(150, K.GO_UNBLOCK, a=7)
    assert taken(first, second)[-1] == (7, WAITING, 2, 150, RUNNABLE, "sleep")


def test_the_last_of_several_statuses_counts() -> None:
    """Before Go 1.22 a trace first lists goroutines as runnable, then those that wait."""
    script = Script()
    script.at(0, K.GO_STATUS, a=7, b=RUNNABLE)
    script.at(0, K.GO_STATUS, a=7, b=WAITING)
    script.at(8, K.GO_UNBLOCK, a=7)
    assert taken(script)[-1] == (7, WAITING, 0, 8, RUNNABLE, "")


def test_goroutines_with_enormous_numbers_are_told_apart() -> None:
    """Sorting by number does not overflow, whatever a trace claims."""
    script = Script()
    for goroutine in (2**62, 2**62 + 1):
        script.at(0, K.GO_CREATE, a=goroutine)
        script.at(1, K.GO_START, a=goroutine)
    assert {row[0] for row in taken(script)} == {2**62, 2**62 + 1}


STEPS = [
    (K.GO_START, RUNNING), (K.GO_BLOCK, WAITING), (K.GO_UNBLOCK, RUNNABLE),
    (K.GO_STOP, RUNNABLE), (K.GO_SYSCALL_BEGIN, SYSCALL), (K.GO_SYSCALL_END, RUNNING),
]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(STEPS)), max_size=60),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_spells_are_those_of_a_plain_reading_wherever_generations_end(
    events: list[tuple[int, tuple[K, int]]], cuts: list[int]
) -> None:
    """Each goroutine's states follow each other without a gap, as a dictionary would keep them."""
    scripts = [Script(first_id=1 + 100 * number) for number in range(len(cuts) + 1)]
    borders = sorted(cuts)
    expected: list[Told] = []
    now: dict[int, tuple[int, int, str]] = {}
    for time, (goroutine, (kind, state)) in enumerate(events):
        script = scripts[sum(border <= time for border in borders)]
        reason = "why" if kind in {K.GO_BLOCK, K.GO_STOP} else ""
        if kind in {K.GO_START, K.GO_UNBLOCK}:
            script.at(time, kind, a=goroutine)
        else:
            script.at(time, kind, goroutine, a=reason or 0)
        if goroutine in now:
            before, since, why = now[goroutine]
            expected.append((goroutine, before, since, time, state, why))
        now[goroutine] = (state, time, reason)
    assert taken(*scripts) == expected


def test_functions_come_from_creations_and_from_stacks() -> None:
    """The outermost frame names a goroutine, and its creation counts more than a later stack."""
    script = Script()
    names = Names()
    script.at(0, K.GO_CREATE, 3, a=7, b=script.stack("main.work"))
    script.at(1, K.GO_BLOCK, 7, stack=script.stack("runtime.gopark", "main.other"))
    script.at(2, K.GO_BLOCK, 8, stack=script.stack("runtime.gopark", "runtime.bgsweep"))
    script.at(3, K.GO_STATUS, 8, a=9, b=WAITING, stack=script.stack("main.idle"))
    functions = Functions(names)
    functions.learn(script.generation())
    found = functions.of(Goroutines().take(script.generation(), names).born.goroutine)
    assert [names.names[number] for number in found.tolist()] == [
        "main.work", "runtime.bgsweep", "main.idle",
    ]  # fmt: skip
    assert functions.runtimes(found).tolist() == [False, True, False]


def test_goroutines_that_ended_are_forgotten() -> None:
    """Not before all that ended with them was named, and those that live on stay."""
    first, second, names = Script(), Script(), Names()
    for goroutine in (7, 8):
        first.at(0, K.GO_CREATE, 1, a=goroutine, b=first.stack("main.work"))
    first.at(5, K.GO_DESTROY, 7)
    second.at(9, K.GO_CREATE, 8, a=9, b=second.stack("main.other"))
    functions, seen = Functions(names), np.array([7, 8, 9])
    functions.learn(first.generation(1))
    assert [names.names[each] for each in functions.of(seen)] == ["main.work", "main.work", ""]
    functions.learn(second.generation(2))
    assert [names.names[each] for each in functions.of(seen)] == ["", "main.work", "main.other"]


def test_names_are_limited() -> None:
    """Traces with ever new names do not fill memory: the rest are one."""
    names = Names()
    numbers = {names.number(f"f{index}") for index in range(60_000)}
    assert len(names.names) == 50_000 == len(numbers) + 1
    assert names.names[-1] == "(others)"
    assert names.number("f1") == names.number("f1") != names.number("f59999")
