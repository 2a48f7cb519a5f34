"""Which functions of a Python file answer requests, as far as their signatures tell.

A function does that if it is registered for a path or a message (``@app.get("/users")``,
``@shared_task``), takes a request, is the method of a view that is named after a verb, or has the
arguments of WSGI or ASGI. What such functions call by name in their own file does it with them,
unless its results are kept.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from heapwise.diagnose.source.python_file import Function, PythonFile

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTES = _VERBS | {"route", "api_route", "websocket"}
_TASKS = frozenset({"task", "shared_task"})
_KEPT = frozenset({"cache", "lru_cache", "cached_property", "cached", "memoize", "fixture"})
_NAMES = frozenset({"request", "req", "websocket"})
_TYPES = frozenset({"Request", "HttpRequest", "WSGIRequest", "WebSocket", "HTTPConnection"})
_VIEWS = ("View", "Resource", "Handler", "Endpoint", "HTTPEndpoint", "ViewSet")
_SERVERS = (("scope", "receive", "send"), ("environ", "start_response"))


def handlers(file: PythonFile) -> Iterator[Function]:
    """The functions that whoever serves requests calls itself: their arguments are the client's."""
    return (each for each in _functions(file) if _answers(file, each))


def answering(file: PythonFile) -> frozenset[Function]:
    """The functions of a file that run once a request, or more often."""
    called = _called(file)
    by_name: dict[str, list[Function]] = defaultdict(list)
    for each in _functions(file):
        by_name[each.name].append(each)
    found = set(handlers(file))
    left = list(found)
    while left:
        for name in called.get(left.pop(), ()):
            for each in by_name.get(name, ()):
                if each not in found and not _is_kept(each):
                    found.add(each)
                    left.append(each)
    return frozenset(found)


def _functions(file: PythonFile) -> Iterator[Function]:
    for kind in (ast.FunctionDef, ast.AsyncFunctionDef):
        for node in file.nodes.get(kind, ()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _called(file: PythonFile) -> dict[Function, set[str]]:
    """The names of the file's own functions and methods that each function calls."""
    found: dict[Function, set[str]] = defaultdict(set)
    for call in file.calls():
        target = call.node.func
        of_self = (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id in ("self", "cls")
        )
        name = target.id if isinstance(target, ast.Name) else ""
        if isinstance(target, ast.Attribute) and of_self:
            name = target.attr
        function = file.function_of(call.node) if name else None
        if function is not None:
            found[function].add(name)
    return found


def _answers(file: PythonFile, function: Function) -> bool:
    if _is_kept(function) or function.name in ("__init__", "__new__"):
        return False
    return (
        any(_registers(each) for each in function.decorator_list)
        or _takes_a_request(function)
        or _is_verb(file, function)
    )


def _registers(decorator: ast.expr) -> bool:
    """``@app.get("/users")``, ``@route("/")``; ``@app.task``, ``@shared_task(bind=True)``."""
    called = isinstance(decorator, ast.Call)
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = _last_name(target)
    if name in _TASKS:
        return True
    if not called or name not in _ROUTES or not isinstance(target, ast.Attribute):
        return False
    assert isinstance(decorator, ast.Call)  # noqa: S101 - called says it
    paths = [
        *decorator.args[:1],
        *(each.value for each in decorator.keywords if each.arg == "path"),
    ]
    return any(
        isinstance(path, ast.Constant)
        and isinstance(path.value, str)
        and (not path.value or path.value.startswith("/"))
        for path in paths
    )


def _takes_a_request(function: Function) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args]
    if arguments and arguments[0].arg in ("self", "cls"):
        del arguments[0]
    names = tuple(each.arg.lstrip("_") for each in arguments)
    return (
        (bool(names) and names[0] in _NAMES)
        or any(_last_name(each.annotation) in _TYPES for each in arguments)
        or names in _SERVERS
    )


def _is_verb(file: PythonFile, function: Function) -> bool:
    """``do_GET`` of a handler, ``get`` of a view."""
    owner = file.parents.get(function)
    if not isinstance(owner, ast.ClassDef):
        return False
    if function.name.startswith("do_") and function.name[3:].isupper():
        return True
    bases = [_last_name(each) for each in owner.bases]
    return function.name in _VERBS and any(base.endswith(_VIEWS) for base in bases)


def _is_kept(function: Function) -> bool:
    names = {
        _last_name(each.func if isinstance(each, ast.Call) else each)
        for each in function.decorator_list
    }
    return not names.isdisjoint(_KEPT)


def _last_name(node: ast.expr | None) -> str:
    """The last part of a dotted name; of a quoted one too."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
