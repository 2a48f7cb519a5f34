"""What a row is, case by case; the whole is judged by pprof in tests/integration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heapwise.analysis.granularity import Granularity, Nodes
from support.profiles import profile

BUILT = profile({
    ("f (/a/../a.go:3)", "g (b.go:1) inlined into h (b.go:9)"): (1, 8),
    ("f (/a.go:4)", "f (c.go:3)"): (1, 8),
    ("0x2a", "0x2b"): (1, 8),
})  # fmt: skip


def names(granularity: Granularity, *, inlines: bool = True) -> list[str]:
    """The names of all nodes, sorted."""
    return sorted(name.decode() for name in Nodes.of(BUILT, granularity, inlines=inlines).names)


@pytest.mark.parametrize(
    ("granularity", "inlines", "expected"),
    [
        ("functions", True, ["[service]", "f", "g", "h"]),
        ("functions", False, ["[service]", "f", "h"]),
        ("filefunctions", True, ["[service]", "f /a.go", "f c.go", "g b.go", "h b.go"]),
        ("files", True, ["/a.go", "[service]", "b.go", "c.go"]),
        ("lines", False, ["[service]", "f /a.go:3", "f /a.go:4", "f c.go:3", "h b.go:9"]),
    ],
)
def test_a_row_is(granularity: Granularity, inlines: bool, expected: list[str]) -> None:
    """A function, a file or a line; without symbols it is the binary."""
    assert names(granularity, inlines=inlines) == expected


def test_addresses_tell_locations_apart() -> None:
    """Those without symbols as well."""
    shown = names("addresses")
    assert [name for name in shown if "[service]" in name] == [
        "000000000000002a [service]", "000000000000002b [service]",
    ]  # fmt: skip
    assert "0000000000401010 h b.go:9" in shown


def test_files_are_told_apart_by_the_first_line_of_their_functions() -> None:
    """As in pprof, where a file may thus have several rows."""
    functions = BUILT.functions.copy()
    functions["start_line"] = np.arange(len(functions))
    shown = Nodes.of(replace(BUILT, functions=functions), "files").names
    assert sorted(shown) == [b"/a.go", b"/a.go", b"[service]", b"b.go", b"b.go", b"c.go"]


def test_frames_know_whether_they_were_inlined() -> None:
    """All but the outermost line of a location."""
    assert Nodes.of(BUILT).inlined.tolist() == [False, True, False, False, False, False, False]
