"""A file of JSON records is loaded whole, only to go through its records once.

What it finds:
    ``json.load(file)``, ``json.loads(file.read())``, ``json.loads(path.read_text())`` and the same
    of orjson, over a file that the same function opens, in a ``for`` loop's head or behind a name
    that the function uses for nothing but one loop and ``len``. The loop has to look into what it
    gets as into an object (``record["score"]``, ``record.get("score")``): then the file is a
    sequence of records. One that is returned, kept, indexed or walked through twice is needed
    whole. Most files are small, so without a recording nothing is said.

Why it allocates:
    The text of the file and the objects of all its records are in memory at once, some five times
    the file's size, although the loop needs one record at a time. All of them live until the loop
    ends, so the collector walks through them again and again meanwhile.

Example:
    ```python
    with open(path) as file:
        records = json.load(file)
    for record in records:
        total += record["score"]
    ```

Use instead:
    ```python
    class Record(msgspec.Struct):
        score: float

    RECORD = msgspec.json.Decoder(Record)

    with open(path, "rb") as file:  # written as one record a line
        for line in file:
            total += RECORD.decode(line).score
    ```

    It takes both: a record a line, and a type that declares what is needed. Where the file has to
    stay one array, ``ijson.items(file, "item", use_float=True)`` gives one record at a time, which
    saves what is live at once and nothing of what is allocated. Compare the number of records
    once: a reader that stops early loses the rest in silence.

When it does not help:
    Files of some KB. ``json.loads`` for each line keeps memory flat and allocates more than
    twice as much as one ``json.load`` of all, since no two lines share their keys. A bad record at
    the end of the file is found when those before it have been dealt with. A Struct raises where a
    type differs. ``ijson`` gives Decimal for every fraction unless told ``use_float``.

Measured:
    CPython 3.11, 20,000 records of 120 B of which one field is needed: ``json.load`` 28.5 MB,
    340,000 objects and 27 ms, 14.4 MB of it live at once; a line at a time into a Struct 3.9 MB,
    43,500 objects and 4 ms, 5 KB live; ``ijson`` 35.1 MB, 591,000 objects and 33 ms, 0.6 MB live;
    ``json.loads`` of each line 78 MB and 43 ms, 7 KB live. An export of 62 MB took 317 MB to load.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from heapwise.diagnose.rules.python.opened import OPENERS, opened
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.python_file import Function, PythonCall, PythonFile
from heapwise.model.finding import Confidence, Sketch

CODE = "HW910"
NAME = "whole-file-of-records"
HOLDS_FOR = "files of many records that are gone through once"
REFERENCES = ("https://jcristharif.com/msgspec/", "https://github.com/ICRAR/ijson")

_SAVED, _SAVED_ALLOCS = 0.85, 0.85


def _find(file: PythonFile) -> Iterable[Match]:
    for call in file.calls("json.load", "json.loads", "orjson.loads"):
        function = file.function_of(call.node)
        if function is None or not _is_of_a_file(file, call):
            continue
        loop = _only_loop(file, function, call.node)
        if loop is not None and _looks_into(loop):
            yield _match(file, call, loop, file.qualified(function))


def _is_of_a_file(file: PythonFile, call: PythonCall) -> bool:
    """``json.load(file)`` of a file that is opened here, or the loads of all that one holds."""
    given = call.node.args[0] if len(call.node.args) == 1 else None
    if call.name == "json.load":
        return _is_open(file, call.node, given)
    if not isinstance(given, ast.Call) or not isinstance(given.func, ast.Attribute) or given.args:
        return False
    if given.func.attr in ("read_text", "read_bytes"):
        return True
    return given.func.attr == "read" and _is_open(file, call.node, given.func.value)


def _is_open(file: PythonFile, call: ast.Call, node: ast.expr | None) -> bool:
    """Whether a node is a file that was opened for this: a response of a server is none."""
    if isinstance(node, ast.Call):
        return file.name_of(node.func) in OPENERS
    return isinstance(node, ast.Name) and opened(file, call, node.id) is not None


def _only_loop(file: PythonFile, function: Function, call: ast.Call) -> ast.For | None:
    """The one loop over what a call gives: the call stands in its head, or a name for it does."""
    parent = file.parents[call]
    if isinstance(parent, ast.For):
        return parent
    target = parent.targets[0] if isinstance(parent, ast.Assign) else None
    if not isinstance(target, ast.Name):
        return None
    loops = []
    for each in ast.walk(function):
        if not isinstance(each, ast.Name) or each.id != target.id or each is target:
            continue
        use = file.parents[each]
        if isinstance(use, ast.For) and use.iter is each:
            loops.append(use)
        elif not (isinstance(use, ast.Call) and file.name_of(use.func) == "len"):
            return None
    # A loop around the one over the records, but not around the call, would need them again.
    again = loops and file.loop_around(loops[0]) is not file.loop_around(call)
    return loops[0] if len(loops) == 1 and not again else None


def _looks_into(loop: ast.For) -> bool:
    """Whether the loop takes something by its name from what it gets, as from an object."""
    record = loop.target
    if not isinstance(record, ast.Name):
        return False
    for each in (node for statement in loop.body for node in ast.walk(statement)):
        place = key = None
        if isinstance(each, ast.Subscript):
            place, key = each.value, each.slice
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.args:
            place, key = (each.func.value if each.func.attr == "get" else None), each.args[0]
        named = isinstance(key, ast.Constant) and isinstance(key.value, str)
        if named and isinstance(place, ast.Name) and place.id == record.id:
            return True
    return False


def _match(file: PythonFile, call: PythonCall, loop: ast.For, function: str) -> Match:
    each = file.text(loop.target)
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} holds a whole file of records to go through them once",
        why=f"{file.text(call.node)} has the file's text and the objects of all its records in"
        " memory at once, although the loop needs one of them at a time.",
        remedy="Have the file written as one record a line, and decode each line into a type that"
        " declares what is needed (msgspec.Struct). Where it has to stay an array, ijson.items"
        " saves what is live at once. Compare the number of records.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=f"for line in file:  # a record a line\n    {each} = DECODER.decode(line)",
        ),
        saved=_SAVED,
        saved_allocs=_SAVED_ALLOCS,
        confidence=Confidence.MEDIUM,
        needs_evidence=True,
    )


LOOKS = {"python": Look((b"json.load", b"import load", b"orjson.loads"), _find)}
