"""The door of the pytest plugin: pytest loads it in every run, so it imports nothing.

`heapwise_agent.pytest_plugin` does the work, and is imported by the first test that asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heapwise_agent.pytest_plugin import Allocs

MARKER = "allocs"
_HELP = (
    "allocs(max=N, max_bytes=N): fail the test if it makes more allocations, or asks for more "
    "bytes, than that; counted exactly, in all threads"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the table."""
    group = parser.getgroup("heapwise", "allocations (heapwise)")
    group.addoption(
        "--allocs", action="store_true", help="show which tests allocate most, counted exactly"
    )
    group.addoption(
        "--allocs-top", type=int, default=10, metavar="N", help="rows of that table; 0 for all"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _HELP)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count what the test's function allocates, where somebody wants to know."""
    if item.get_closest_marker(MARKER) is None and not item.config.getoption("allocs"):
        return (yield)
    from heapwise_agent.pytest_plugin import metered  # noqa: PLC0415 - it costs what it imports

    with metered(item):
        return (yield)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table."""
    if config.getoption("allocs"):
        from heapwise_agent.pytest_plugin import show_table  # noqa: PLC0415 - see above

        show_table(terminalreporter, config.getoption("allocs_top"))


@pytest.fixture
def allocs() -> Allocs:
    """Hold a block to a budget.

    ``with allocs(max=100) as used: …``, and `used.allocs` afterwards.
    """
    from heapwise_agent.pytest_plugin import Allocs  # noqa: PLC0415 - see above

    return Allocs()
