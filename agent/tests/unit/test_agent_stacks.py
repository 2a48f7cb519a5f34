"""What threads and tasks are doing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from heapwise_agent import own, stacks, text
from heapwise_agent.frames import MAX_DEPTH, walk
from heapwise_agent.stacks import Activity


class Waiting:
    """An event loop in a thread, with tasks that wait for one event."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self._release: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self.thread = threading.Thread(target=self._run, name="looper")
        self.thread.start()
        assert self.ready.wait(10)

    def stop(self) -> None:
        """Let everything end."""
        self._loop.call_soon_threadsafe(self._release.set)
        self.thread.join()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._release = asyncio.Event()
        tasks = [asyncio.create_task(self._outer(), name=f"worker-{n}") for n in range(3)]
        await asyncio.sleep(0)
        self._loop.call_soon(self.ready.set)
        await asyncio.gather(*tasks)

    async def _outer(self) -> None:
        async for _ in self._each():
            await self._inner()

    async def _each(self) -> AsyncIterator[int]:
        yield 1

    async def _inner(self) -> None:
        await self._release.wait()


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    """Three tasks that wait."""
    found = Waiting()
    yield found
    found.stop()


def named(activities: list[Activity], name: str) -> Activity:
    """The one of that name."""
    (found,) = (each for each in activities if each.name == name)
    return found


def test_tasks_of_a_loop_in_another_thread_show_what_they_await(waiting: Waiting) -> None:
    """From the innermost await outwards, each with its name."""
    assert waiting.thread.is_alive()
    found = named(stacks.running(), "worker-1")
    names = [frame.name for frame in found.stack]
    assert found.kind == "task"
    assert names == ["Event.wait", "Waiting._inner", "Waiting._outer"]
    assert found.stack[1].filename == __file__


def test_threads_are_there_by_name_but_the_agents_own(waiting: Waiting) -> None:
    """Also the one that asks, unless it is the agent's."""
    assert waiting.thread.is_alive()
    me = threading.current_thread().name
    assert named(stacks.running(), "looper").kind == "thread"
    assert stacks.running()[0].stack
    assert any(each.name == me for each in stacks.running())
    with own.quiet():
        assert not any(each.name == me for each in stacks.running())
    assert any(each.name == me for each in stacks.running())


def test_counting_agrees_with_listing(waiting: Waiting) -> None:
    """Without looking at any stack."""
    assert waiting.thread.is_alive()
    assert stacks.count() == len(stacks.running())


def test_equal_stacks_are_one_row(waiting: Waiting) -> None:
    """Three tasks wait at the same place, whatever their names; threads keep theirs."""
    assert waiting.thread.is_alive()
    rows = list(stacks.profile(stacks.running(), word="threads").rows())
    (tasks,) = (values for stack, _, values in rows if stack[0].name == "Event.wait")
    assert tasks == (3,)
    assert [labels for _, labels, _ in rows if labels and labels[0][1] == "looper"]


def test_the_listing_names_every_task(waiting: Waiting) -> None:
    """Once each."""
    assert waiting.thread.is_alive()
    page = text.traces(stacks.running()).decode()
    for number in range(3):
        assert page.count(f"[worker-{number}]:") == 1
    assert "looper" in page


def test_a_task_that_has_not_begun_has_a_place() -> None:
    """The first line of its coroutine."""

    async def look() -> list[Activity]:
        task = asyncio.create_task(asyncio.sleep(0), name="fresh")
        found = stacks.running()
        await task
        return found

    fresh = named(asyncio.run(look()), "fresh")
    assert [frame.name for frame in fresh.stack] == ["sleep"]


def test_deep_stacks_keep_their_leaf() -> None:
    """What is cut off is the root."""

    def deep(left: int) -> int:
        if left:
            return deep(left - 1)
        import sys  # noqa: PLC0415 - the frame is what is wanted

        stack = walk(sys._getframe())
        assert stack[0][0].co_name == "deep"
        return len(stack)

    assert deep(2 * MAX_DEPTH) == MAX_DEPTH
