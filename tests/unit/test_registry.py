"""The formats a report can have."""

from __future__ import annotations

import msgspec
import pytest

from heapwise.analysis.compare import compare
from heapwise.cli.report_kinds import KINDS
from heapwise.report.registry import FORMATS, renderer
from support.runs import report


def test_the_command_line_offers_every_format() -> None:
    """A format that cannot be asked for is dead code; those of hits alone come after them."""
    assert KINDS[: len(FORMATS)] == tuple(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_one_run_and_two(name: str) -> None:
    """With the runs' names in it."""
    before, after = report(name="before.hw"), report(name="after.hw")
    assert "before.hw" in renderer(name)([before], None)
    both = renderer(name)([before, after], compare(before, after))
    assert "before.hw" in both
    assert "after.hw" in both


def test_json_has_the_kind_of_what_is_in_it() -> None:
    """A run, or a comparison where there are two."""
    before = report()
    one = msgspec.json.decode(renderer("json")([before], None))
    two = msgspec.json.decode(renderer("json")([before, before], compare(before, before)))
    assert (one["kind"], two["kind"]) == ("run", "comparison")
