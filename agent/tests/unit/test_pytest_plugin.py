"""The pytest plugin, as a user's test run sees it: each run is a pytest of its own."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

# Where the agent was installed before it had the plugin, there is no entry point yet.
LOADED = any(point.name == "heapwise" for point in entry_points(group="pytest11"))
LOAD = () if LOADED else ("-p", "heapwise_pytest")


def run(pytester: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run a file of tests."""
    pytester.makepyfile(test_it=source)
    return pytester.runpytest_subprocess(*LOAD, "-p", "no:cacheprovider", *args)


def test_a_budget_that_is_kept_passes(pytester: pytest.Pytester) -> None:
    """Counted exactly: three blocks are three allocations of 133 bytes, with the header."""
    run(pytester, """
import pytest

@pytest.mark.allocs(max=3, max_bytes=3 * 133)
def test_three():
    a, b, c = bytes(100), bytes(100), bytes(100)

@pytest.mark.allocs(max=0)
def test_none():
    pass
""").assert_outcomes(passed=2)  # fmt: skip


def test_a_budget_that_is_not_kept_fails_with_the_numbers_and_the_lines(
    pytester: pytest.Pytester,
) -> None:
    """The lines that allocated most often come first."""
    done = run(pytester, """
import pytest

@pytest.mark.allocs(max=2, max_bytes=1000)
def test_four():
    a = bytes(100)
    b, c, d = bytes(1000), bytes(1000), bytes(1000)
""")  # fmt: skip
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines([
        "the test is over its budget: 4 allocations, 2 allowed; 3,232 bytes, 1,000 allowed",
        "*3 allocations*3,099 bytes*test_it.py:6",
        "*1 allocations*133 bytes*test_it.py:5",
    ])  # fmt: skip


def test_fixtures_are_not_counted_and_other_threads_are(pytester: pytest.Pytester) -> None:
    """The count is that of the process while the test's function runs."""
    run(pytester, """
import threading
import pytest

@pytest.fixture
def heavy():
    yield [bytes(100) for _ in range(1000)]
    [bytes(100) for _ in range(1000)]

@pytest.mark.allocs(max=0)
def test_light(heavy):
    pass

@pytest.mark.allocs(max=1000)
def test_elsewhere():
    thread = threading.Thread(target=lambda: [bytes(100) for _ in range(1000)])
    thread.start()
    thread.join()
""").assert_outcomes(passed=1, failed=1)  # fmt: skip


def test_the_nearest_marker_holds(pytester: pytest.Pytester) -> None:
    """One on a class or a module is the default of what is in it; methods of unittest count too."""
    run(pytester, """
import unittest
import pytest

pytestmark = pytest.mark.allocs(max=0)

def test_module(): bytes(100)

class TestLarger:
    pytestmark = [pytest.mark.allocs(max=1)]
    def test_class(self): bytes(100)

class Old(unittest.TestCase):
    def test_method(self): bytes(100)
""").assert_outcomes(passed=1, failed=2)  # fmt: skip


def test_a_block_has_a_budget_of_its_own(pytester: pytest.Pytester) -> None:
    """The fixture counts a block, tells what it used, and fails the test that is over."""
    done = run(pytester, """
import pytest

def test_used(allocs):
    before = [bytes(100) for _ in range(100)]
    with allocs(max=2, max_bytes=2066) as used:
        a, b = bytes(1000), bytes(1000)
    assert (used.allocs, used.bytes) == (2, 2066)
    with allocs() as used:
        pass
    assert (used.allocs, used.bytes) == (0, 0)

def test_over(allocs):
    with allocs(max=1):
        a, b = bytes(1000), bytes(1000)

def test_error(allocs):
    with pytest.raises(KeyError), allocs(max=0) as used:
        a = bytes(1000)
        raise KeyError
    assert used.allocs >= 1

@pytest.mark.allocs(max=3)
def test_within(allocs):
    with allocs(max=1):
        a = bytes(1000)
    b = bytes(1000)
    for _ in range(1):
        c = bytes(1000)
""")  # fmt: skip
    done.stdout.fnmatch_lines(["the block is over its budget: 2 allocations, 1 allowed*"])
    done.assert_outcomes(passed=2, failed=2)


def test_coroutines_are_counted_while_they_run(pytester: pytest.Pytester) -> None:
    """Not only while they are made, whichever plugin runs them."""
    pytester.makeconftest("""
import asyncio, inspect, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        asyncio.run(pyfuncitem.obj())
        return True
""")
    done = run(pytester, """
import pytest

@pytest.mark.allocs(max=1)
async def test_two():
    a, b = bytes(1000), bytes(1000)
""")  # fmt: skip
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["the test is over its budget: 2 allocations, 1 allowed"])


TABLE = """
def test_few(): a = bytes(1000)
def test_many(): a = [bytes(1000) for _ in range(5)]
def test_none(): pass
"""


def test_a_table_of_the_tests_that_allocate_most(pytester: pytest.Pytester) -> None:
    """Without any marker; --allocs-top sets how many rows it has."""
    done = run(pytester, TABLE, "--allocs", "--allocs-top", "2")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines([
        "*allocations, counted exactly*",
        "*allocs*bytes*test",
        "*5,*test_it.py::test_many",
        "*1*1,033*test_it.py::test_few",
        "and 1 more: --allocs-top 0 shows all",
    ])  # fmt: skip


MALFORMED = {
    "allocs(max='3')": "allocs(max='3'): not a whole number",
    "allocs(max=True)": "allocs(max=True): not a whole number",
    "allocs(max_bytes=-1)": "allocs(max_bytes=-1): below 0",
    "allocs(3)": "name what is limited, as allocs(max=100)",
    "allocs": "name what is limited, as allocs(max=100)",
    "allocs(most=3)": "name what is limited, as allocs(max=100)",
}


def test_a_marker_that_limits_nothing_fails(pytester: pytest.Pytester) -> None:
    """A budget that never fires would be worse than none."""
    tests = (
        f"@pytest.mark.{marker}\ndef test_{number}(): pass\n"
        for number, marker in enumerate(MALFORMED)
    )
    done = run(pytester, "import pytest\n" + "".join(tests))
    done.assert_outcomes(failed=len(MALFORMED))
    done.stdout.fnmatch_lines([
        f"the marker of test_{number}: {why}" for number, why in enumerate(MALFORMED.values())
    ])  # fmt: skip


def test_nothing_is_imported_where_nobody_asks(pytester: pytest.Pytester) -> None:
    """Every run of pytest loads the plugin, so it has to be light."""
    run(pytester, """
import sys
def test_modules():
    assert "heapwise_pytest" in sys.modules
    assert not [name for name in sys.modules if name.split(".")[0] == "heapwise_agent"]
""").assert_outcomes(passed=1)  # fmt: skip


def test_a_sampler_that_runs_already_goes_on(pytester: pytest.Pytester) -> None:
    """A program under test may have the agent in it."""
    run(pytester, """
from heapwise_agent import sampler
import pytest

def test_start():
    sampler.start(4096)

@pytest.mark.allocs(max=1)
def test_counted():
    a = bytes(1000)

def test_same():
    now = sampler.counters()
    assert (now.interval, now.enabled) == (4096, True)
""").assert_outcomes(passed=3)  # fmt: skip


def test_what_cannot_be_counted_is_not_passed(pytester: pytest.Pytester) -> None:
    """Without the agent's extension a budget fails, and says why."""
    pytester.makeconftest("import sys\nsys.modules['heapwise_agent._core'] = None\n")
    done = run(pytester, """
import pytest
@pytest.mark.allocs(max=1)
def test_it(): pass
def test_other(): pass
""")  # fmt: skip
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["allocations cannot be counted: the agent's C extension*"])


def test_the_how_to_s_example_passes(pytester: pytest.Pytester) -> None:
    """As it stands there."""
    page = Path(__file__).parents[3] / "docs" / "howto" / "allocation-budgets-in-pytest.md"
    example = page.read_text("utf-8").split("```python\n")[1].split("```")[0]
    run(pytester, example).assert_outcomes(passed=2)
