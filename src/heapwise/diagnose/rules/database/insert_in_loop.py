"""Rows are inserted one statement at a time, in a loop.

What it finds:
    Exec or ExecContext with an INSERT of one row, or of a statement that was prepared with one, in
    a loop over rows: over a slice with its elements, up to a length, or while a reader has more.
    Loops that try again and loops over a few literals are no finding.

Why it allocates:
    Every statement is parsed, sent and answered by itself, and its arguments are boxed each time.
    Outside a transaction the database also commits, and so waits for its disk, once for each row.

Example:
    ```go
    for _, each := range orders {
        db.Exec("INSERT INTO orders (id, cents) VALUES (?, ?)", each.ID, each.Cents)
    }
    ```

Use instead:
    ```go
    tx, err := db.BeginTx(ctx, nil)
    if err != nil {
        return err
    }
    defer tx.Rollback()
    for _, each := range orders {
        if _, err := tx.ExecContext(ctx, insertOrder, each.ID, each.Cents); err != nil {
            return err
        }
    }
    return tx.Commit()
    ```

    One transaction first: it is the larger part of the gain and changes the least. Then several
    rows in a statement, or the database's bulk load (COPY), whose row count has to be checked.

When it does not help:
    Rows that have to be safe one by one, as they come. In one transaction either all of them are
    there or none, and one that fails undoes the rest.

Measured:
    500 rows into SQLite on disk, Go 1.26.8: one commit for each 1,020 ms, one transaction 4.0 ms;
    in it 100 KB and 4,445 objects for a statement a row, 61 KB and 1,443 objects for one statement
    with all rows. Go 1.27.3: 206 ms, 2.2 ms, and the same bytes; in time 2.2 ms against 1.0 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_constants import string
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import own
from heapwise.diagnose.source.go_syntax import descend, text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW707"
NAME = "insert-in-loop"
HOLDS_FOR = "rows that may be committed together"
REFERENCES = (
    "https://www.postgresql.org/docs/current/populate.html",
    "https://www.sqlite.org/faq.html#q19",
)

_RUNNING = (".Exec", ".ExecContext", ".MustExec")
_PREPARING = frozenset({".Prepare", ".PrepareContext", ".Preparex"})
_BEGINNING = frozenset({".Begin", ".BeginTx", ".Beginx", ".BeginTxx", ".MustBegin"})
_TRANSACTIONS = frozenset({"*sql.Tx", "pgx.Tx", "*sqlx.Tx"})
_MORE = frozenset({".Next", ".Scan", ".More"})
"""Methods of what has rows to come; ``Scan`` that of a scanner."""

_INSERT = re.compile(r"(?:\s|\\n|\\t)*INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO\s", re.IGNORECASE)
_ROWS = re.compile(r"\)\s*,\s*\(|\bSELECT\b", re.IGNORECASE)
"""An INSERT of several rows, or of what a query gives."""


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(*_RUNNING):
        loop = loop_around(call.node)
        function = file.function_at(call.node)
        if loop is None or function is None or call.receiver is None:
            continue
        source = _prepared(file, call.receiver) or call
        if _inserts(file, source) and _goes_over_rows(file, loop):
            yield _match(file, call, source, function)


def _prepared(file: GoFile, statement: Node) -> GoCall | None:
    """The call that prepared a statement, where it stands in the same function."""
    known = own(statement)
    made = known.value() if known is not None else None
    call = file.call(made) if made is not None and made.type == "call_expression" else None
    return call if call is not None and call.name in _PREPARING else None


def _inserts(file: GoFile, call: GoCall) -> bool:
    """Whether a statement's text, given in place or by a constant, inserts one row."""
    for argument in call.arguments[:2]:
        words = string(file, argument)
        if words is not None:
            return _INSERT.match(words) is not None and not _ROWS.search(words)
    return False


def _goes_over_rows(file: GoFile, loop: Node) -> bool:
    """Whether a loop runs once for each row of something, however many there are."""
    head = next((each for each in loop.named_children if each.type != "block"), None)
    if head is None:
        return False
    if head.type == "range_clause":
        left, over = head.child_by_field_name("left"), head.child_by_field_name("right")
        pair = left is not None and left.named_child_count == 2
        return pair and over is not None and not _is_literal(over)
    condition = head.child_by_field_name("condition") if head.type == "for_clause" else head
    if condition is None:
        return False
    calls = [condition, *descend(condition, "call_expression")]
    names = {file.call(each).name for each in calls if each.type == "call_expression"}
    return "len" in names or bool(names & _MORE)


def _is_literal(over: Node) -> bool:
    """Whether a loop goes over elements that stand in the source: seeds, not rows."""
    known = own(over)
    over = (known.value() if known is not None else None) or over
    return over.type == "composite_literal" and any(
        each.named_children for each in descend(over, "literal_value", into=("literal_value",))
    )


def _in_transaction(file: GoFile, source: GoCall, function: GoFunction) -> bool:
    """Whether the statement runs in a transaction, as far as the function tells."""
    receiver = source.receiver
    if receiver is None:
        return True
    if type_of(file, receiver) in _TRANSACTIONS or text(receiver).lower().endswith("tx"):
        return True
    known = own(receiver)
    made = known.value() if known is not None else None
    calls = (made, *descend(made, "call_expression")) if made is not None else ()
    if any(file.call(each).name in _BEGINNING for each in calls):
        return True
    words = text(function.node)
    return '"BEGIN' in words or '"begin' in words


def _match(file: GoFile, call: GoCall, source: GoCall, function: GoFunction) -> Match:
    together = _in_transaction(file, source, function)
    run = text(call.node.child_by_field_name("function"))
    span = file.span(call.node)
    over = "" if together else " and commit"
    return Match(
        span=span,
        function=function.name,
        title=f"{run} in {function.name} inserts one row at a time",
        why=f"Each round of the loop is a statement{over} of its own: parsed, sent and answered"
        " once for each row.",
        remedy=(
            "Insert several rows with one statement, or use the database's bulk load and check"
            " the number of rows it reports."
            if together
            else "Begin one transaction before the loop and commit it behind; after that, insert"
            " several rows with one statement."
        ),
        sketch=Sketch(before=file.lines(span), after=_instead(file, call, together=together)),
        heat=Heat.FUNCTION,
        case="transaction" if together else "",
        confidence=Confidence.MEDIUM if together else Confidence.HIGH,
    )


def _instead(file: GoFile, call: GoCall, *, together: bool) -> str:
    run = text(call.node.child_by_field_name("function"))
    if together:
        return f'{run}(… "VALUES (?, ?), (?, ?), …", rows[:n]…)'
    statement = text(call.receiver)
    prepared = call.receiver is not None and _prepared(file, call.receiver) is not None
    within = f"tx.Stmt({statement})" if prepared else "tx"
    inserts = file.lines(file.span(call.node)).replace(f"{statement}.", f"{within}.", 1)
    return f"tx, err := db.Begin() // before the loop; tx.Commit() behind it\n{inserts}"


LOOKS = {"go": Look((b".Exec", b".MustExec"), _go)}
