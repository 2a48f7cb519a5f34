"""Memory comes from an arena, which is an experiment that Go has put on hold.

What it finds:
    Calls of arena.NewArena, of the package that exists only with GOEXPERIMENT=arenas. A package of
    another import path that is called arena is no finding.

Why it allocates:
    It does so by hand, and that is the defect: whatever is used after Free is memory that may be
    somebody else's by then, and no compiler or race detector tells. Go's team has put the proposal
    on hold: the package may change or go with any release, and every build, test and tool needs the
    experiment.

Example:
    ```go
    func rows(ids []int64) *Row {
        mem := arena.NewArena()
        defer mem.Free()
        var last *Row
        for _, id := range ids {
            last = arena.New[Row](mem)
            last.ID = id
        }
        return last // of memory that Free gives away
    }
    ```

Use instead:
    ```go
    func rows(ids []int64) *Row {
        all := make([]Row, len(ids))
        for i, id := range ids {
            all[i].ID = id
        }
        return &all[len(all)-1]
    }
    ```

    One slice holds what lives and dies together, and is one object for the collector.

When it does not help:
    Where objects of many types and sizes live and die together. Measure the service without the
    experiment first: the collector of today is not the one that arenas were tried against.

Measured:
    1,000 structs of 64 B on Go 1.26.8: an arena 39 us, 63,638 B and 2 objects; one slice 25 us,
    65,536 B and 1 object. 100,000 of them: 6.1 ms and 2.2 ms, for the same bytes. A field that was
    read after Free still had its old value, without a fault: tests do not show the mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from heapwise.diagnose.source.go_file import GoFile

CODE = "HW806"
NAME = "arena-used"
HOLDS_FOR = "every release that has the experiment: correctness, not speed"
REFERENCES = ("https://github.com/golang/go/issues/51317",)


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls("arena.NewArena"):
        function, span = file.owner(call.node), file.span(call.node)
        yield Match(
            span=span,
            function=function,
            title=f"{function or 'A package variable'} takes memory from an arena",
            why="What is used after Free is memory that may be somebody else's, and nothing tells;"
            " the experiment is on hold, and may change or go with any release.",
            remedy="Let one slice hold what lives and dies together, and leave the rest to the"
            " collector.",
            sketch=Sketch(
                before=file.lines(span),
                after="all := make([]T, n) // one object, as long as anybody points into it",
            ),
            heat=Heat.FUNCTION,
        )


LOOKS = {"go": Look((b'"arena"',), _go)}
