"""A cache keeps an entry for everything that requests ever ask for.

What it finds:
    A function below ``functools.cache`` or ``lru_cache(maxsize=None)`` that code which answers
    requests calls with something the request brought, and a dictionary of the module that such
    code only ever adds to, under such a key. A cache of what the program itself asks for (its
    settings, its templates, its enums) is bounded by the program and no finding.

Why it allocates:
    Whoever sends requests chooses the keys, and nothing is ever dropped: memory grows until the
    process ends, and each collection of the oldest generation walks through all of it. A bounded
    cache uses the memory of the entry that it drops.

Example:
    ```python
    @functools.cache
    def profile(user_id):
        return load(user_id)

    def page(request):
        return render(profile(request.headers["user"]))
    ```

Use instead:
    ```python
    @functools.lru_cache(maxsize=10_000)
    def profile(user_id):
        return load(user_id)
    ```

    Choose the bound from the bytes of an entry and the memory there is, and look at the ratio of
    hits (``cache_info()``) before and after: a bound that is too small is a cache in name only.
    What must not be served stale needs an expiry too.

When it does not help:
    Keys that repeat and are few, whoever sends them. Where the same keys return soon, a bound
    below their number costs hits: in one service 595 MB became 37 MB, and a ratio of .385 .073.

Measured:
    CPython 3.11 to 3.13, 100,000 keys that never repeat, the collector on: unbounded 484 to 500 B
    and 2.2 to 3.1 us a call, of which 300 B stay for ever; with 1,024 entries 202 to 218 B and
    1.2 to 1.3 us.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from heapwise.diagnose.rules.python.answering import handlers, may_answer
from heapwise.diagnose.rules.python.values import inside, names_in
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match, Span
from heapwise.diagnose.source.python_file import Function, PythonFile, written
from heapwise.model.finding import Confidence, Sketch

CODE = "HW908"
NAME = "unbounded-cache"
HOLDS_FOR = "keys that requests choose; entries whose loss costs less than the memory they hold"
REFERENCES = ("https://docs.python.org/3/library/functools.html#functools.lru_cache",)

_FEW = frozenset({"bool", "None", "Literal"})
"""Types of arguments of which there are few values."""

_ONE_OF_FEW = frozenset({"app", "blueprint", "endpoint", "method", "scheme", "url_rule"})
"""What a request has that the program bounds."""


_BEGINS = re.compile(
    rb"^@(?:\w+\.)?(?:cache\s*$|lru_cache\([^)\n]*None)|^(?P<name>\w+)\b[^=\n]*=\s*\{\}",
    re.MULTILINE,
)
"""A cache of a function that keeps all, or an empty dictionary of the module."""


def _may_have_it(data: bytes) -> bool:
    names = {found["name"] for found in _BEGINS.finditer(data)}
    if not names or not may_answer(data):
        return False
    return None in names or any(
        re.search(rb"\b" + name + rb"\[.+\] *=[^=]", data) for name in names
    )


def _find(file: PythonFile) -> Iterable[Match]:
    if not _may_have_it(file.data):
        return
    cached = {each.name: each for each in _cached(file)}
    growing = dict(_growing(file))
    if not cached and not growing:
        return
    for handler in handlers(file):
        brought = _brought(file, handler)
        for each in inside(*handler.body):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
                keys = [*each.args, *(keyword.value for keyword in each.keywords)]
                if each.func.id in cached and _are_chosen(keys, brought):
                    yield _function_match(file, cached.pop(each.func.id), handler)
            elif isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Subscript):
                place = each.targets[0]
                name = getattr(place.value, "id", "")
                if name in growing and _are_chosen([place.slice], brought):
                    del growing[name]
                    yield _dictionary_match(file, each, name, handler)


def _are_chosen(keys: list[ast.expr], brought: set[str]) -> bool:
    """Whether keys hold what the client chose, and not one of the few things it can choose from."""
    left: list[ast.AST] = list(keys)
    while left:
        each = left.pop()
        few = isinstance(each, ast.Attribute) and each.attr in _ONE_OF_FEW
        if few or (isinstance(each, ast.Call) and getattr(each.func, "id", "") == "type"):
            continue
        if isinstance(each, ast.Name) and each.id in brought:
            return True
        left.extend(ast.iter_child_nodes(each))
    return False


def _cached(file: PythonFile) -> Iterator[Function]:
    """The module's functions that keep every result."""
    for each in file.tree.body:
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        arguments = each.args.args
        types = {written(a.annotation).partition("[")[0] for a in arguments if a.annotation}
        few = len(types) > 0 and types <= _FEW
        if arguments and not few and any(_keeps_all(file, d) for d in each.decorator_list):
            yield each


def _keeps_all(file: PythonFile, decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call):
        return file.name_of(decorator) == "functools.cache"
    sizes = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "maxsize")]
    return file.name_of(decorator.func) == "functools.lru_cache" and any(
        isinstance(size, ast.Constant) and size.value is None for size in sizes
    )


def _growing(file: PythonFile) -> Iterator[tuple[str, ast.stmt]]:
    """The module's dictionaries that begin empty and of which nothing is ever taken out."""
    for each in file.tree.body:
        target = each.targets[0] if isinstance(each, ast.Assign) else getattr(each, "target", None)
        value = getattr(each, "value", None)
        empty = isinstance(value, ast.Dict) and not value.keys
        if isinstance(target, ast.Name) and empty and _is_only_added_to(file, target.id):
            yield target.id, each


def _is_only_added_to(file: PythonFile, name: str) -> bool:
    """Whether all that happens to a name is ``in``, ``[…]``, ``[…] = …`` and ``.get``."""
    stores = 0
    for each in file.nodes.get(ast.Name, ()):
        if not isinstance(each, ast.Name) or each.id != name:
            continue
        parent = file.parents[each]
        if isinstance(parent, ast.Subscript) and parent.value is each:
            if isinstance(parent.ctx, ast.Del):
                return False
        elif isinstance(parent, ast.Attribute):
            if parent.attr != "get":
                return False
        elif isinstance(each.ctx, ast.Store):
            stores += 1
        elif not isinstance(parent, ast.Compare):
            return False
    return stores == 1


def _brought(file: PythonFile, handler: Function) -> set[str]:
    """The names of a function that hold what its caller chose."""
    names = {each.arg for each in ast.walk(handler.args) if isinstance(each, ast.arg)}
    names -= {"self", "cls"}
    names |= {name for name, means in file.imports.items() if means == "flask.request"}
    for each in inside(*handler.body):
        if isinstance(each, ast.Assign) and not names_in(each.value).isdisjoint(names):
            names |= {target.id for target in each.targets if isinstance(target, ast.Name)}
    return names


def _function_match(file: PythonFile, function: Function, handler: Function) -> Match:
    head = file.lines(file.span(function)).partition("\n")[0]
    return Match(
        span=Span(file.path, function.lineno, function.lineno),
        function=function.name,
        title=f"{function.name} keeps a result for everything that requests ask for",
        why=f"{file.qualified(handler)} calls it with what the request brought, and nothing is"
        " ever dropped: whoever sends requests decides how much memory it takes.",
        remedy=_REMEDY.format(kept="lru_cache(maxsize=…)"),
        sketch=Sketch(before=head, after=f"@functools.lru_cache(maxsize=10_000)\n{head}"),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM,
    )


def _dictionary_match(
    file: PythonFile, statement: ast.Assign, name: str, handler: Function
) -> Match:
    function = file.qualified(handler)
    return Match(
        span=file.span(statement),
        function=function,
        title=f"{name} gets an entry for everything that requests ask for, and loses none",
        why=f"{function} adds to it under a key that the request brought: whoever sends requests"
        " decides how much memory it takes.",
        remedy=_REMEDY.format(kept="lru_cache(maxsize=…), or an OrderedDict that drops its oldest"),
        sketch=Sketch(
            before=file.lines(file.span(statement)),
            after=f"{file.lines(file.span(statement))}\nif len({name}) > LIMIT:\n"
            f"    del {name}[next(iter({name}))]  # the oldest",
        ),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM,
    )


_REMEDY = (
    "Bound it: {kept}. Choose the bound from the bytes of an entry, and compare the ratio of hits"
    " before and after; what must not be stale needs an expiry too."
)

LOOKS = {"python": Look((b"cache", b"= {}"), _find)}
