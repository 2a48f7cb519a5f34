"""Every row of a CSV file is read into a slice of its own.

What it finds:
    A loop that calls Read of a csv.Reader which is not told to reuse its record, where the record
    itself does not outlive its round: its fields are read by index, by range, or by a function of
    the same package that does no more than that. A record that is appended, stored, sent, or given
    to a function that nobody can look into is left alone.

Why it allocates:
    Read returns a new []string for each row, 16 bytes a field, beside the one string that holds the
    row's text. Nobody keeps it, but the reader cannot know.

Example:
    ```go
    reader := csv.NewReader(file)
    for {
        record, err := reader.Read()
        if err == io.EOF {
            break
        }
        ...
        total += price(record[3])
    }
    ```

Use instead:
    ```go
    reader := csv.NewReader(file)
    reader.ReuseRecord = true
    ```

    Only the slice is used again; the strings in it stay what they are, and may be kept. Set it
    behind the Read of a header that is kept.

When it does not help:
    Records that go to other goroutines, or into a slice of records. The size of the buffer below
    makes no difference that can be measured, and csv.Reader has no field for it.

Measured:
    Go 1.26.8 and 1.27.3, 1,000 rows of four fields, one of them parsed: 116,512 B and 2,013
    objects; with ReuseRecord 52,576 B and 1,014, a quarter less time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import Variable
from heapwise.diagnose.source.go_syntax import functions_around, text
from heapwise.diagnose.source.go_values import bound
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Edit, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW308"
NAME = "csv-without-reuse"
HOLDS_FOR = "records that nobody holds when the next one is read"
REFERENCES = ("https://pkg.go.dev/encoding/csv#Reader",)

_READERS = ("encoding/csv.NewReader",)


def _find(file: GoFile) -> Iterable[Match]:
    for made in file.calls(*_READERS):
        reader, function = bound(made.node), file.function_at(made.node)
        if reader is None or function is None:
            continue
        reads = _reads(file, reader)
        loops = [read for read in reads or () if _loop(read, made.node) is not None]
        if len(loops) != 1:
            continue
        record, loop = bound(loops[0].node), _loop(loops[0], made.node)
        if record is not None and loop is not None and _only_read(file, record):
            yield _match(file, loops[0], loop, reader.name, function.name)


def _reads(file: GoFile, reader: Variable) -> list[GoCall] | None:
    """The calls of Read; None where the reader is told to reuse, or somebody else has it."""
    found, home = [], next(functions_around(reader.node), None)
    for use in reader.uses():
        parent = use.parent
        if parent is None or parent.type != "selector_expression":
            return None
        if next(functions_around(use), None) != home:
            return None
        field = text(parent.child_by_field_name("field"))
        if field in ("ReuseRecord", "ReadAll"):
            return None
        if field == "Read" and parent.parent is not None:
            found.append(file.call(parent.parent))
    return found


def _loop(read: GoCall, made: Node) -> Node | None:
    """The loop that a record is read in, if the reader is older than it."""
    loop = loop_around(read.node)
    return loop if loop is not None and loop.start_byte > made.start_byte else None


def _only_read(file: GoFile, record: Variable, *, depth: int = 0) -> bool:
    """Whether nothing but the fields of a record leaves the round, or the function."""
    return all(_reads_fields(file, use, depth) for use in record.uses())


def _reads_fields(file: GoFile, use: Node, depth: int) -> bool:
    parent = use.parent
    if parent is None:
        return False
    if parent.type == "index_expression":
        return parent.child_by_field_name("operand") == use and not _has_address(parent)
    if parent.type == "range_clause":
        return parent.child_by_field_name("right") == use
    call = parent.parent
    if parent.type != "argument_list" or call is None or _is_elsewhere(call):
        return False
    name = file.call(call).name
    if name in ("len", "strings.Join"):
        return True
    return depth == 0 and _called_only_reads(file, name, parent.named_children.index(use))


def _has_address(element: Node) -> bool:
    return element.parent is not None and text(element.parent).startswith("&")


def _is_elsewhere(call: Node) -> bool:
    """Whether a call runs later, or beside."""
    return call.parent is not None and call.parent.type in ("go_statement", "defer_statement")


def _called_only_reads(file: GoFile, name: str, index: int) -> bool:
    """Whether a function of the package does no more with its argument either."""
    known = file.package.function(name) if name and not name.startswith(".") else None
    parameters = known[1].child_by_field_name("parameters") if known is not None else None
    if known is None or parameters is None:
        return False
    given = [
        (each, declared)
        for declared in parameters.named_children
        for each in declared.children_by_field_name("name")
    ]
    if index >= len(given) or given[index][1].type != "parameter_declaration":
        return False
    name_node, declared = given[index]
    return _only_read(known[0], Variable(text(name_node), declared), depth=1)


def _match(file: GoFile, read: GoCall, loop: Node, reader: str, function: str) -> Match:
    line = f"{reader}.ReuseRecord = true"
    statement = loop.parent
    labelled = statement is not None and statement.type == "labeled_statement"
    before = statement.start_byte if labelled and statement is not None else loop.start_byte
    record = bound(read.node)
    name = record.name if record is not None else "the record"
    return Match(
        span=file.span(read.node),
        function=function,
        title=f"{function} reads every row into a slice of its own",
        why=f"{reader}.Read makes a new slice for each row, 16 bytes a field, but nothing of {name}"
        " except its fields outlives the round.",
        remedy=f"Set {line} before the loop; the strings in the record may still be kept.",
        sketch=Sketch(
            before=file.lines(file.span(loop)).partition("\n")[0],
            after=f"{line}\n{file.lines(file.span(loop)).partition(chr(10))[0]}",
        ),
        saved=0.55,
        saved_allocs=0.5,
        callees=("encoding/csv.",),
        edits=(Edit(file.path, before, before, f"{line}\n{file.indent(loop)}"),),
    )


LOOKS = {"go": Look((b'"encoding/csv"',), _find)}
