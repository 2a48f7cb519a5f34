"""Which functions of a Python file answer requests, as far as their signatures tell.

A function does that if it is registered for a path or a message (``@app.get("/users")``,
``@shared_task``), takes a request, is the method of a view that is named after a verb, or has the
arguments of WSGI or ASGI. What such functions call by name in their own file does it with them,
unless its results are kept, or it is called only where something is missing or went wrong. A task
without arguments runs by the clock, and ``task`` of a library that schedules is another matter.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from heapwise.diagnose.rules.python.values import inside
from heapwise.diagnose.source.python_file import Function, PythonFile

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTES = _VERBS | {"route", "api_route", "websocket"}
_TASKS = frozenset({"task", "shared_task"})
_SCHEDULERS = ("airflow", "fabric", "invoke", "locust", "luigi", "metaflow", "prefect")
"""Libraries whose ``task`` is no message's."""

_KEPT = frozenset({"cache", "lru_cache", "cached_property", "cached", "memoize", "fixture"})
_NAMES = frozenset({"request", "req", "websocket"})
_TYPES = frozenset({"Request", "HttpRequest", "WSGIRequest", "WebSocket", "HTTPConnection"})
_VIEWS = ("View", "Resource", "Handler", "Endpoint", "HTTPEndpoint", "ViewSet")
_SERVERS = (("scope", "receive", "send"), ("environ", "start_response"))
_MAY_ANSWER = re.compile(
    rb"@[\w.]+\.(?:get|post|put|patch|delete|head|options|route|api_route|websocket)\("
    rb"|@[\w.]*task\b|\b_*(?:request|req|websocket)\b|Request\b|WebSocket\b|HTTPConnection\b"
    rb"|\breceive\b|\bstart_response\b|\bdef do_[A-Z]"
    rb"|class[^\n]*(?:View|Resource|Handler|Endpoint|ViewSet)\b"
)


def handlers(file: PythonFile) -> Iterator[Function]:
    """The functions that whoever serves requests calls itself: their arguments are the client's."""
    return (each for each in _functions(file) if _answers(file, each))


def may_answer(data: bytes) -> bool:
    """Whether a file can have any such function, as far as bytes tell without parsing them."""
    return _MAY_ANSWER.search(data) is not None


def answering(file: PythonFile) -> frozenset[Function]:
    """The functions of a file that run once a request, or more often."""
    if not may_answer(file.data):
        return frozenset()
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
        if function is not None and not runs_seldom(file, call.node):
            found[function].add(name)
    return {function: names for function, names in found.items() if not asks_a_cache(function)}


def asks_a_cache(function: Function) -> bool:
    """Whether a function looks into a cache by that name: the rest of it runs now and then."""
    return any(
        "cache" in str(getattr(each, "id", getattr(each, "attr", ""))).lower()
        for each in inside(*function.body)
    )


def runs_seldom(file: PythonFile, node: ast.AST) -> bool:
    """Whether a node of a function runs only where something is missing, or went wrong."""
    below = node
    for each in file.ancestors(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        if isinstance(each, ast.ExceptHandler):
            return True
        asks = isinstance(each, ast.If) and below in each.body and asks_if_missing(each.test)
        if asks or (isinstance(each, ast.IfExp) and asks_if_missing(each.test)):
            return True
        below = each
    return False


def asks_if_missing(test: ast.expr) -> bool:
    """``client is None``, ``not found``, ``name not in kept``, alone or as a part."""
    return any(isinstance(each, ast.Not | ast.Is | ast.NotIn) for each in ast.walk(test))


def _answers(file: PythonFile, function: Function) -> bool:
    if _is_kept(function) or function.name in ("__init__", "__new__"):
        return False
    return (
        any(_registers(file, function, each) for each in function.decorator_list)
        or _takes_a_request(function)
        or _is_verb(file, function)
    )


def _registers(file: PythonFile, function: Function, decorator: ast.expr) -> bool:
    """``@app.get("/users")``, ``@route("/")``; ``@app.task``, ``@shared_task(bind=True)``."""
    called = isinstance(decorator, ast.Call)
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = _last_name(target)
    if name in _TASKS:
        arguments = [each for each in function.args.args if each.arg != "self"]
        return bool(arguments) and not any(
            module.startswith(_SCHEDULERS) for module in file.imports.values()
        )
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
