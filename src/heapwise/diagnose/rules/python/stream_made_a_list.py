"""A file is turned into a list only to be walked through once.

What it finds:
    ``for line in file.readlines()`` and ``for row in list(csv.reader(file))`` over a file that
    the same function opens, also below ``enumerate`` and in a comprehension, and a name given to
    such a list whose only use is one loop. Without a recording it is told of rows of csv, of files
    that are read one after another, and of what a request reads: most other files are short.

Why it allocates:
    The list holds every line at once: 8 B for each beside the line itself, grown by copying, and
    all lines live until the loop ends. Files give their lines one at a time.

Example:
    ```python
    with open(path) as file:
        for line in file.readlines():
            count(line)
    ```

Use instead:
    ```python
    with open(path) as file:
        for line in file:
            count(line)
    ```

When it does not help:
    Files of some KB. A list that is sorted, indexed, measured or walked through twice is needed.
    Rows of a database are another matter: some drivers hold them all anyway, and a cursor that
    stays open keeps its transaction.

Measured:
    CPython 3.11 to 3.13, 100,000 lines of 20 B: 14.6 to 15.4 MB instead of 21.8 to 22.6 MB and
    0.6 to 1.0 of the time; rows of csv 32 to 35 MB instead of 45 to 48 MB and 0.3 to 0.7 of the
    time; of 1.3 to 1.8 KB that a row of six columns costs as a dictionary 80 B. What is live at
    once goes from all lines to one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from heapwise.diagnose.rules.python.answering import answering
from heapwise.diagnose.rules.python.opened import opened
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.python_file import Function, PythonFile
from heapwise.model.finding import Sketch

CODE = "HW906"
NAME = "stream-made-a-list"
HOLDS_FOR = "files of more than some hundred lines"
REFERENCES = ("https://docs.python.org/3/tutorial/inputoutput.html#methods-of-file-objects",)

Walk = ast.For | ast.comprehension

_READERS = frozenset({"csv.reader", "csv.DictReader"})
_SAVED = {"lines": 0.3, "rows": 0.25, "dicts": 0.04}


def _find(file: PythonFile) -> Iterable[Match]:
    for call in file.calls(".readlines", "list"):
        stream = _stream(file, call.node)
        name = _file_of(stream)
        function = file.function_of(call.node)
        within = opened(file, call.node, name.id) if name is not None else None
        if stream is None or name is None or function is None or within is None:
            continue
        loop = _only_loop(file, function, call.node)
        if loop is not None and not _is_used(file, within, name.id, loop):
            rows = isinstance(stream, ast.Call)
            alone = rows or file.loop_around(within) is not None or function in answering(file)
            yield _match(file, call.node, stream, loop, file.qualified(function), alone=alone)


def _stream(file: PythonFile, call: ast.Call) -> ast.expr | None:
    """What could be walked through as it is: a file, or a reader of csv."""
    if isinstance(call.func, ast.Attribute) and not call.args and not call.keywords:
        return call.func.value
    inner = call.args[0] if isinstance(call.func, ast.Name) and len(call.args) == 1 else None
    reads = isinstance(inner, ast.Call) and file.name_of(inner.func) in _READERS
    return inner if reads else None


def _gives_dicts(file: PythonFile, stream: ast.expr) -> bool:
    """Whether rows are dictionaries, which are made anew for each row in any case."""
    return isinstance(stream, ast.Call) and file.name_of(stream.func) == "csv.DictReader"


def _file_of(stream: ast.expr | None) -> ast.Name | None:
    """The name of the file below ``csv.reader(file)``, or the file's own."""
    if isinstance(stream, ast.Call):
        stream = stream.args[0] if stream.args else None
    return stream if isinstance(stream, ast.Name) else None


def _only_loop(file: PythonFile, function: Function, call: ast.Call) -> Walk | None:
    """The one loop over a list: the call stands in its head, or in the statement of its name."""
    parent = file.parents[call]
    if (in_head := _walk_of(file, call)) is not None:
        return in_head
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, ast.Name):
        return None
    uses = [
        each
        for each in ast.walk(function)
        if isinstance(each, ast.Name) and each.id == target.id and each is not target
    ]
    loop = file.parents[uses[0]] if len(uses) == 1 else None
    if not isinstance(loop, ast.For) or loop.iter is not uses[0]:
        return None
    # Beside the statement: not behind the ``with``, nor in a loop that runs it again and again.
    return loop if file.parents[loop] is file.parents[parent] else None


def _walk_of(file: PythonFile, call: ast.Call) -> Walk | None:
    """The loop that a list is made in the head of, perhaps numbered."""
    walked: ast.expr = call
    parent = file.parents[call]
    if isinstance(parent, ast.Call) and file.name_of(parent.func) == "enumerate":
        walked, parent = parent, file.parents[parent]
    if isinstance(parent, ast.For) and parent.iter is walked:
        return parent
    if not isinstance(parent, ast.comprehension) or parent.iter is not walked:
        return None
    whole = file.parents[parent]
    # A generator reads later, when the file may be closed; an inner loop would find it at its end.
    if not isinstance(whole, ast.ListComp | ast.SetComp | ast.DictComp):
        return None
    return parent if whole.generators[0] is parent else None


def _is_used(file: PythonFile, opening: ast.With, name: str, loop: Walk) -> bool:
    """Whether the loop, or what comes behind it, does something with the file.

    Then it matters that all of it was read before.
    """
    last = loop.iter.end_lineno or loop.iter.lineno
    of_head = set(ast.walk(loop.iter))
    within = set(ast.walk(file.parents[loop])) if isinstance(loop, ast.comprehension) else set()
    return any(
        isinstance(each, ast.Name)
        and each.id == name
        and each not in of_head
        and (each.lineno > last or each in within)
        for each in ast.walk(opening)
    )


def _match(
    file: PythonFile, call: ast.Call, stream: ast.expr, loop: Walk, function: str, *, alone: bool
) -> Match:
    what = "lines" if isinstance(stream, ast.Name) else "rows"
    source, in_head = file.text(stream), _walk_of(file, call) is not None
    after = file.text(loop.iter).replace(file.text(call), source) if in_head else source
    return Match(
        span=file.span(call),
        function=function,
        title=f"{function} makes a list of all {what} of a file to walk through it once",
        why=f"{file.text(call)} holds every one of the {what} until the loop ends, and its list"
        " grows by copying.",
        remedy=f"Walk through {source} itself: it gives one of the {what} at a time.",
        sketch=Sketch(
            before=file.lines(file.span(call)), after=f"for {file.text(loop.target)} in {after}:"
        ),
        saved=_SAVED["dicts" if _gives_dicts(file, stream) else what],
        callees=("", "codecs.", "csv."),
        edits=(file.edit(call, source),) if in_head and file.is_utf8 else (),
        case="" if what == "lines" else "csv",
        needs_evidence=not alone,
    )


LOOKS = {
    "python": Look((b".readlines(", b"list(csv.", b"list(reader(", b"list(DictReader("), _find)
}
