"""What a bulk load answers goes nowhere, or it is told no table.

What it finds:
    CopyFrom of a pgx connection, pool or transaction as a statement of its own, so that neither the
    number of rows nor the error is seen, and CopyFrom into an empty Identifier, which names no
    table. Results dropped by ``_, _ =`` are taken as meant.

Why it allocates:
    It does not: it loses data. COPY takes all of its rows or none. One row with a value too many, a
    column that is not there, a connection that broke: none of the batch is in the table, and the
    loader goes on.

Example:
    ```go
    conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(batch))
    ```

Use instead:
    ```go
    loaded, err := conn.CopyFrom(ctx, pgx.Identifier{"orders"}, columns, pgx.CopyFromRows(batch))
    if err != nil {
        return err
    }
    total += loaded
    ```

    At the end compare total with the number of rows that were read.

When it does not help:
    It saves nothing; it tells.

Measured:
    PostgreSQL's COPY is one statement, and so all or nothing: a batch of 1,000 rows of which one is
    malformed loads none. In our own first loader the count was what showed 200,001 rows of 200,000.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW812"
NAME = "copy-result-dropped"
HOLDS_FOR = "always: correctness, not speed"
REFERENCES = (
    "https://pkg.go.dev/github.com/jackc/pgx/v5#Conn.CopyFrom",
    "https://www.postgresql.org/docs/current/sql-copy.html",
)


def _go(file: GoFile) -> Iterable[Match]:
    for call in file.calls(".CopyFrom"):
        if len(call.arguments) != 4:  # context, table, columns, rows: nobody else's has these
            continue
        if _names_nothing(file, call.arguments[1]):
            yield _match(
                file, call,
                title="is told no table",
                why="An empty Identifier makes the statement COPY of nothing, a syntax error.",
            )  # fmt: skip
        elif call.node.parent is not None and call.node.parent.type == "expression_statement":
            yield _match(
                file, call,
                title="may have failed, and nobody looks",
                why="COPY takes all rows or none, and only its error says which.",
            )  # fmt: skip


def _names_nothing(file: GoFile, table: Node) -> bool:
    """Whether a table is ``pgx.Identifier{}``."""
    kind, body = table.child_by_field_name("type"), table.child_by_field_name("body")
    if table.type != "composite_literal" or kind is None or body is None:
        return False
    return file.qualified(kind).endswith(".Identifier") and not body.named_children


def _match(file: GoFile, call: GoCall, *, title: str, why: str) -> Match:
    span, name = file.span(call.node), file.owner(call.node)
    run = text(call.node.child_by_field_name("function"))
    return Match(
        span=span,
        function=name,
        title=f"{run} in {name} {title}",
        why=why,
        remedy="Name the table, return the error, add up the rows that it reports and compare them"
        " with those that were read.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"loaded, err := {run}(…)\nif err != nil {{\n\treturn err\n}}\ntotal += loaded",
        ),
        heat=Heat.FUNCTION,
    )


LOOKS = {"go": Look((b".CopyFrom(",), _go)}
