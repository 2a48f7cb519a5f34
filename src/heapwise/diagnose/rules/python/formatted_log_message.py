"""A debug message is formatted although nobody wants it.

What it finds:
    ``logger.debug(f"…{value}…")``, and the same with ``%`` or ``.format``, at every round of a
    loop over values or in code that answers requests. Behind ``isEnabledFor`` it is no finding,
    nor are other levels, which are written as a rule, nor an error's path, nor a text whose values
    are made by calls for it: they are made either way. Without a recording nothing is told: a
    message costs a microsecond, and the source does not show how many there are.

Why it allocates:
    Arguments are made before the call: the text, and a string of every value in it, whatever the
    level. Handed over as arguments they are formatted only where the message is written.

Example:
    ```python
    logger.debug(f"user {user} did {action}")
    ```

Use instead:
    ```python
    logger.debug("user %s did %s", user, action)
    ```

When it does not help:
    Where debug messages are written, both cost the same. What an argument takes to compute is
    spent either way; only ``isEnabledFor`` saves that.

Measured:
    CPython 3.11 to 3.13 with the level at INFO, a dict of three entries and two numbers: as an
    f-string 1,010 to 1,120 B, 20 objects and 0.9 to 1.3 us; as arguments 24 B and 0.1 to 0.2 us.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from heapwise.diagnose.rules.python.answering import answering
from heapwise.diagnose.rules.python.values import inside, is_short
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.python_file import Function, PythonCall, PythonFile, written
from heapwise.model.finding import Sketch

CODE = "HW909"
NAME = "formatted-log-message"
HOLDS_FOR = "loggers of the standard library whose level is above DEBUG"
REFERENCES = ("https://docs.python.org/3/howto/logging.html#optimization",)

_LOGGER = re.compile(r"_*(?:log|logger|logging)", re.IGNORECASE)
_OTHERS = ("loguru", "structlog")
_ASKING = ("isenabledfor", "debug", "verbose", "level")
_TEXTS = frozenset({"ascii", "dumps", "format", "join", "repr", "str"})
"""Functions whose text costs more than putting it into another."""

_SAVED = 0.95
_PRINTF = re.compile(r"0?\d*(?:\.\d+)?[dfegxX]")
_FORMATTED = re.compile(rb"\.debug\(\s*(?:[fF][\"']|[\"'][^\n]*(?:%|\.format))")


def _find(file: PythonFile) -> Iterable[Match]:
    if not _FORMATTED.search(file.data):
        return
    if any(each.startswith(_OTHERS) for each in file.imports.values()):
        return
    often = None
    for call in file.calls(".debug", "logging.debug"):
        function = file.function_of(call.node)
        if function is None or not _is_formatted(call) or not _is_logger(call):
            continue
        if _is_guarded(file, call.node):
            continue
        often = answering(file) if often is None else often
        if function in often or _is_of_every_round(file, call.node):
            yield _match(file, call, function)


def _is_logger(call: PythonCall) -> bool:
    target = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    return call.name == "logging.debug" or _LOGGER.fullmatch(name) is not None


def _is_formatted(call: PythonCall) -> bool:
    """Whether a message is put together of values that are there, and not made for it alone."""
    message = call.node.args[0] if len(call.node.args) == 1 else None
    made = [_made_by(value) for value in _values(message)]
    return "" in made and _TEXTS.isdisjoint(made)


def _made_by(value: ast.expr) -> str:
    """The function that a value is (a part of) the result of; empty for one that is there."""
    while isinstance(value, ast.Subscript):
        value = value.value
    if isinstance(value, ast.Constant):
        return "constant"
    called = value.func if isinstance(value, ast.Call) else None
    return str(getattr(called, "attr", getattr(called, "id", "call"))) if called else ""


def _values(message: ast.expr | None) -> Sequence[ast.expr]:
    """What a text is filled in with."""
    if isinstance(message, ast.JoinedStr):
        return [each.value for each in message.values if isinstance(each, ast.FormattedValue)]
    if isinstance(message, ast.BinOp) and isinstance(message.op, ast.Mod):
        right = message.right
        values = right.elts if isinstance(right, ast.Tuple) else [right]
        return values if _is_text(message.left) else []
    if not isinstance(message, ast.Call) or not isinstance(message.func, ast.Attribute):
        return []
    formats = message.func.attr == "format" and _is_text(message.func.value)
    return [*message.args, *(k.value for k in message.keywords)] if formats else []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_guarded(file: PythonFile, node: ast.AST) -> bool:
    """Whether a node runs only where debugging is on, or something went wrong."""
    for each in file.ancestors(node):
        if isinstance(each, ast.ExceptHandler):
            return True
        if isinstance(each, ast.If):
            asked = {
                str(getattr(part, "attr", getattr(part, "id", ""))).lower()
                for part in ast.walk(each.test)
            }
            if any(word in name for word in _ASKING for name in asked):
                return True
    return False


def _is_of_every_round(file: PythonFile, node: ast.AST) -> bool:
    """Whether a loop over values runs a node each time; one that sleeps is in no hurry."""
    loop = file.loop_around(node)
    if not isinstance(loop, ast.For | ast.AsyncFor) or is_short(loop):
        return False
    if any(
        isinstance(each, ast.Call) and file.name_of(each.func).endswith("sleep")
        for each in inside(loop)
    ):
        return False
    for each in file.ancestors(node):
        if each is loop:
            return True
        if isinstance(each, ast.If):
            return False
    return False


def _match(file: PythonFile, call: PythonCall, function: Function) -> Match:
    name = file.qualified(function)
    return Match(
        span=file.span(call.node),
        function=name,
        title=f"{name} formats a debug message whether or not it is written",
        why="The text and a string of each value in it are made before the logger can say that it"
        " does not want them.",
        remedy="Hand the values over as arguments; they are formatted only if the message is"
        " written.",
        sketch=Sketch(
            before=file.lines(file.span(call.node)),
            after=_as_arguments(file, call),
        ),
        saved=_SAVED,
        saved_allocs=_SAVED,
        callees=("",),
        needs_evidence=True,
    )


def _as_arguments(file: PythonFile, call: PythonCall) -> str:
    head = file.text(call.node.func)
    message = call.node.args[0]
    if not isinstance(message, ast.JoinedStr):
        return f'{head}("… %s …", value)'
    text, values = "", []
    for part in message.values:
        if isinstance(part, ast.FormattedValue):
            text += _conversion(part)
            values.append(written(part.value))
        elif isinstance(part, ast.Constant):
            text += str(part.value).replace("%", "%%")
    return f"{head}({ast.unparse(ast.Constant(text))}, {', '.join(values)})"


def _conversion(part: ast.FormattedValue) -> str:
    """``%.2f`` for ``{value:.2f}``; what has no such form is a matter for people."""
    spec = part.format_spec.values if isinstance(part.format_spec, ast.JoinedStr) else []
    constant = spec[0] if len(spec) == 1 else None
    if isinstance(constant, ast.Constant) and _PRINTF.fullmatch(str(constant.value)):
        return "%" + str(constant.value)
    if spec:
        return "…"
    return "%r" if part.conversion == ord("r") else "%s"


LOOKS = {"python": Look((b".debug(",), _find)}
