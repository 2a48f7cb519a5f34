"""A map keeps an entry for everything that ever came with a request, and never lets go.

What it finds:
    A map or sync.Map in a package variable or a struct, to which a handler, or a function that a
    handler calls, adds under a key that comes from the request, while nobody in the package deletes
    from it, clears it, replaces it or asks how long it is. Keys that a program chooses itself, or
    takes from a short list (r.Method), are no finding.

Why it allocates:
    Clients choose the keys, so there is no end to them: paths, addresses, tokens, search words. The
    map grows as long as the process lives, the collector marks all of it each time, and when it
    doubles, old and new table are there at once.

Example:
    ```go
    var limiters = map[string]*limiter{}

    func handle(w http.ResponseWriter, r *http.Request) {
        mu.Lock()
        if limiters[r.RemoteAddr] == nil {
            limiters[r.RemoteAddr] = newLimiter()
        }
        mu.Unlock()
    }
    ```

Use instead:
    A cache with a bound: drop what was used longest ago when the sum of what the entries weigh, in
    bytes, passes a limit, and drop what is too old to be of use. Count hits and misses: a bound
    that is too small costs more than it saves.

When it does not help:
    Where the keys are few in fact, such as the ids of a fixed set of tenants.

Measured:
    A cache of 595 MB held 37 MB with room for 20,000 entries, and its hit ratio fell from 0.385 to
    0.073: the bound has to be chosen with both figures in sight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoFunction
from heapwise.diagnose.source.go_names import declaration, shadowed
from heapwise.diagnose.source.go_syntax import descend, text
from heapwise.diagnose.source.go_values import assignments
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Confidence, Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

CODE = "HW504"
NAME = "unbounded-cache-map"
HOLDS_FOR = "maps whose keys clients choose; bounded in bytes, not in entries"
REFERENCES = ("https://pkg.go.dev/container/list", "https://pkg.go.dev/sync#Map")

_STORES = (".Store", ".LoadOrStore")
_CHANGES = ("assignment_statement", "inc_statement")
_FEW = re.compile(r"\.(Method|Proto|Pattern|Host|TLS|ProtoMajor)\b")


@dataclass(frozen=True, slots=True)
class _Insert:
    """Where something is added to a map: the statement, the map as it stands, and the key."""

    node: Node
    place: Node
    key: Node

    @property
    def name(self) -> str:
        return text(self.place).rpartition(".")[2]


def _go(file: GoFile) -> Iterable[Match]:
    for function in file.functions:
        told = _from_clients(file, function)
        if not told:
            continue
        for insert in _inserts(file, function):
            if (
                _comes_from(insert.key, told)
                and _is_kept(file, insert)
                and _only_grows(file, insert)
            ):
                yield _match(file, function, insert)
                break


def _from_clients(file: GoFile, function: GoFunction) -> frozenset[str]:
    """The parameters of a function that clients decide about."""
    if function.answers_requests():
        return frozenset(
            name for name, kind in function.parameters() if text(kind) == "*http.Request"
        )
    given: set[str] = set()
    names = [name for name, kind in function.parameters() if text(kind) in ("string", "[]byte")]
    if names and function.body is not None and "[" in text(function.body):
        every = [name for name, _ in function.parameters()]
        for handler in (each for each in file.functions if each.answers_requests()):
            told = _from_clients(file, handler)
            for call in file.calls(function.short, "." + function.short):
                if file.function_at(call.node) == handler:
                    pairs = zip(every, call.arguments, strict=False)
                    given |= {name for name, value in pairs if _comes_from(value, told)}
    return frozenset(given & set(names))


def _inserts(file: GoFile, function: GoFunction) -> Iterator[_Insert]:
    """Where a function adds to a map."""
    for kind in _CHANGES:
        for statement in descend(function.node, kind):
            left = statement.child_by_field_name("left") or statement
            place = left.named_children[0] if left.named_children else None
            if place is not None and place.type == "index_expression":
                operand, key = place.named_children[:2]
                yield _Insert(place, operand, key)
    for call in file.calls(*_STORES):
        inside = function.node.start_byte <= call.node.start_byte < function.node.end_byte
        if inside and call.receiver is not None and len(call.arguments) > 1:
            yield _Insert(call.node, call.receiver, call.arguments[0])


def _comes_from(key: Node, told: frozenset[str]) -> bool:
    """Whether a key is made of what clients decide about, at first or second hand."""
    if _FEW.search(text(key)):
        return False
    names = [key] if key.type == "identifier" else list(descend(key, "identifier"))
    for name in names:
        if text(name) in told:
            return True
        declared = declaration(name)
        value = declared.child_by_field_name("right") if declared is not None else None
        if value is not None and declared is not None and declared.type != "range_clause":
            origins = {text(one) for one in descend(value, "identifier")}
            if origins & told and not _FEW.search(text(value)):
                return True
    return False


def _is_kept(file: GoFile, insert: _Insert) -> bool:
    """Whether the map is a map, in a package variable or in a field of the receiver."""
    place = insert.place
    if place.type == "identifier":
        declared = None if shadowed(place) else file.package.variable(text(place))
        return declared is not None and _is_map(text(declared[1]).partition("\n")[0])
    owner = _receiver_type(file, place)
    return owner is not None and any(
        insert.name in map(text, field.children_by_field_name("name"))
        and _is_map(text(field.child_by_field_name("type")))
        for field in descend(owner, "field_declaration")
    )


def _receiver_type(file: GoFile, field: Node) -> Node | None:
    """The declared type of the receiver that a field is of; None for other values' fields."""
    base = field.child_by_field_name("operand") if field.type == "selector_expression" else None
    owner = declaration(base) if base is not None and base.type == "identifier" else None
    around = owner.parent.parent if owner is not None and owner.parent is not None else None
    if owner is None or around is None or around.child_by_field_name("receiver") != owner.parent:
        return None
    declared = file.package.type(text(owner.child_by_field_name("type")).lstrip("*"))
    return declared[1] if declared is not None else None


def _is_map(declared: str) -> bool:
    return "map[" in declared or "sync.Map" in declared


def _only_grows(file: GoFile, insert: _Insert) -> bool:
    """Whether nobody in the package takes anything out of a map, or looks how long it is."""
    name = re.escape(insert.name)
    ends = re.compile(
        rf"(?:delete|clear|len|DeleteFunc)\(\s*&?(?:\w+\.)*{name}\s*[,)]"
        rf"|\b{name}\.(?:Delete|Clear|Range|LoadAndDelete|CompareAndDelete)\(".encode()
    )
    for other in file.package.mentioning(insert.name.encode()):
        if ends.search(other.data):
            return False
        for function in other.functions:
            if insert.name in text(function.node) and any(
                text(place).rpartition(".")[2] == insert.name
                for place, _ in assignments(function.node)
            ):
                return False
    return True


def _match(file: GoFile, function: GoFunction, insert: _Insert) -> Match:
    span, place, key = file.span(insert.node), text(insert.place), text(insert.key)
    return Match(
        span=span,
        function=function.name,
        title=f"{place} grows with every new {key} and never shrinks",
        why=f"Clients decide about {key}, and nothing in the package deletes from {place} or asks"
        " how long it is: it grows as long as the process lives.",
        remedy=f"Bound {place} in bytes, drop what was used longest ago or is too old, and watch"
        " the hit ratio.",
        sketch=Sketch(
            before=file.lines(span),
            after=f"cache.Add({key}, …) // drops the oldest above a limit in bytes",
        ),
        heat=Heat.FUNCTION,
        confidence=Confidence.MEDIUM,
    )


LOOKS = {"go": Look((b"http.Request",), _go)}
