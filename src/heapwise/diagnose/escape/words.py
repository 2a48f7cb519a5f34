"""Puts what the compiler says of a value into sentences for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from heapwise.analysis.frames import Frame
from heapwise.diagnose.escape.reasons import reason
from heapwise.model.escape import EscapeEntry, EscapeKind, Position, Reason, Step
from heapwise.names import visible

MOST = 4
"""Sentences on one allocation."""

_LONGEST = 80
_RESULT = re.compile(r"~r\d+")
_ASSIGNMENT = re.compile(r"(?P<left>.+?) :?= (?P<right>.+)", re.DOTALL)
_SELECTOR = re.compile(r"[\w.]+\.\w+")
_RELEASE = re.compile(r"go1\.(\d+)")

_BECOMES = {
    "captured by a closure": "is captured by a closure",
    "interface-converted": "is converted to an interface",
}
_LITERALS = {
    "slice-literal-element": "a slice",
    "array literal element": "an array",
    "struct literal element": "a struct",
    "map literal key": "a map",
    "map literal value": "a map",
}
_OPENING = {
    Reason.APPEND: "{what} copies the slice into a larger array when its capacity is used up",
    Reason.CONVERSION: "{what} copies the bytes",
    Reason.CONCATENATION: "{what} makes a new string",
    Reason.BOXED: "{what} is boxed into an interface, which keeps a copy of its own",
    Reason.VARIABLE_SIZE: "{what} has a size that is only known at run time",
    Reason.MAP: "{what} allocates the map's groups of entries",
}


def place(at: Position | Frame) -> str:
    """``user.go:12``."""
    return visible(f"{PurePosixPath(at.file.replace(chr(92), '/')).name}:{at.line}")


def function_name(frame: Frame) -> str:
    """A function without its package: ``newUser``, ``(*Server).page``."""
    return visible(frame.function.rpartition("/")[2].partition(".")[2] or frame.function)


def sentences(entry: EscapeEntry, frame: Frame, version: str = "") -> tuple[str, ...]:
    """Why the value of an entry is on the heap, in at most `MOST` sentences.

    Args:
        entry: of the line that a frame is on.
        frame: the function whose line it is.
        version: of the compiler, for its limits.
    """
    found = [*_opening(entry, version), *_way(entry, frame)]
    if not found:
        found = [f"{_expression(entry.what)} {entry.kind.value} ({place(entry.at)})"]
    kept = list(dict.fromkeys(found))
    if kept[0].startswith("it "):
        kept[0] = _expression(entry.what) + kept[0].removeprefix("it")
    return tuple(kept if len(kept) <= MOST else [*kept[: MOST - 1], kept[-1]])


def limits(version: str) -> str:
    """How large a value may be on the stack, by release.

    Go 1.24 lowered the limit of variables (golang/go#73536).
    """
    found = _RELEASE.match(version)
    if found is None:
        return "64 KiB for make, new and &T{}; 128 KiB for a variable, 10 MiB before Go 1.24"
    variable = "128 KiB" if int(found[1]) >= 24 else "10 MiB"
    return f"64 KiB for make, new and &T{{}}, {variable} for a variable in Go 1.{found[1]}"


def _opening(entry: EscapeEntry, version: str) -> list[str]:
    """What about the value itself puts it there."""
    why, what = reason(entry), _expression(entry.what)
    if why is Reason.TOO_LARGE:
        return [f"{what} is too large for the stack: {limits(version)} ({place(entry.at)})"]
    text = _OPENING.get(why)
    if text is None:
        return []
    if why is Reason.BOXED and _SELECTOR.fullmatch(entry.what):
        # The compiler has the same words for `x.field` in an interface and for `x.method`.
        text = "{what} gets storage of its own, boxed into an interface or as a bound method"
    if entry.kind is EscapeKind.STAYS and why is not Reason.MAP:
        text += "; it does not escape, yet only the first 32 B find room on the stack"
    return [f"{text.format(what=what)} ({place(entry.at)})"]


def _way(entry: EscapeEntry, frame: Frame) -> list[str]:
    """What happens to the value on its way to the heap."""
    found, flow, returned = [], "", False
    for step in entry.steps:
        if not step.tag:
            flow = step.text
            continue
        text = _step(step, entry.what, flow)
        if _is_handed_out(step) and not returned and entry.callers:
            text, returned = f"{_right(step)} is returned", True
        if text is None:
            continue
        if text.endswith(" is returned"):
            text += f" by {function_name(frame)}"
        found.append(f"{text} ({place(step.at or entry.at)})")
    if not found and entry.what == "func literal" and entry.steps:
        found = [f"the function literal outlives {function_name(frame)} ({place(entry.at)})"]
    return found


def _step(step: Step, what: str, flow: str) -> str | None:
    """One step of a flow as a clause; None for what tells a person nothing."""
    if step.tag in _BECOMES:
        return f"{_expression(step.text)} {_BECOMES[step.tag]}"
    if step.tag in _LITERALS:
        variadic = step.text == "... argument"
        return "it is a variadic argument" if variadic else f"it is part of {_LITERALS[step.tag]}"
    clause = _CLAUSES.get(step.tag)
    return clause(step.text, what, flow) if clause is not None else None


def _returned(statement: str, _what: str, _flow: str) -> str:
    return f"{_expression(statement.removeprefix('return').strip()) or 'the result'} is returned"


def _sent(statement: str, _what: str, _flow: str) -> str:
    channel, _, value = statement.partition(" <- ")
    return f"{_expression(value.strip('()')) or 'it'} is sent to {_expression(channel)}"


def _passed(call: str, _what: str, flow: str) -> str | None:
    callee = _callee(call)
    if callee == "append":
        slice_ = call[len("append(") :].partition(",")[0]
        return None if flow.endswith(f"← {slice_}") else f"it is appended to {_expression(slice_)}"
    return f"it is passed to {_expression(callee)}, which may keep it"


def _assigned(text: str, what: str, flow: str) -> str | None:
    """An assignment to something on the heap, or the first one of the value itself."""
    found, to_heap = _ASSIGNMENT.fullmatch(text), flow.startswith("{heap} ←")
    if found is None or not (to_heap or found["right"] == what):
        return None
    left, right = _expression(found["left"]), _expression(found["right"])
    return f"{right} is stored in {left}" if to_heap else f"{right} is assigned to {left}"


_CLAUSES: dict[str, Callable[[str, str, str], str | None]] = {
    "return": _returned,
    "send": _sent,
    "call parameter": _passed,
    "assign": _assigned,
}


def _is_handed_out(step: Step) -> bool:
    """Whether an inlined function returns here: ``~r0 = &u``."""
    return step.tag == "assign-pair" and bool(_RESULT.match(step.text))


def _right(step: Step) -> str:
    return _expression(step.text.partition(" = ")[2])


def _callee(call: str) -> str:
    """What is called: all before the parenthesis that closes last."""
    depth = 0
    for index in range(len(call) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(call[index], 0)
        if depth == 0 and call[index] == "(":
            return call[:index]
    return call


def _expression(text: str) -> str:
    """The compiler's words for an expression, for people and not too long."""
    text = _RESULT.sub("the result", text).replace("... argument", "the variadic arguments")
    text = visible(text.replace("func literal", "the function literal"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
