"""What the Go rules about compressors and decompressors have in common: when, and the pool."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction, serves
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import pointed_at, variable
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.match import Edit

if TYPE_CHECKING:
    from tree_sitter import Node

IN_MEMORY = frozenset(
    {
        "bytes.NewReader",
        "bytes.NewBuffer",
        "bytes.NewBufferString",
        "strings.NewReader",
    }
)

BORROWERS = frozenset(
    {
        "io.ReadAll",
        "io.ReadFull",
        "io.Copy",
        "io.CopyN",
        "io.CopyBuffer",
        "io.WriteString",
        "io/ioutil.ReadAll",
        "fmt.Fprint",
        "fmt.Fprintf",
        "fmt.Fprintln",
        "encoding/binary.Write",
    }
)
"""Functions that hold no reader or writer once they have returned."""

_FILES = re.compile(r"^os\.(Open|Create|OpenFile|CreateTemp|Stdin|Stdout)$")


def per_message(file: GoFile, call: GoCall) -> bool:
    """Whether a stream is made for one request or one message, and not for a whole file.

    Beside a request's own, streams from and to memory are short, and those made in a loop many.
    """
    if len(call.arguments) == 0:
        return False
    stream = call.arguments[0]
    if is_file(file, stream):
        return False
    return serves(call.node) or in_memory(file, stream) or loop_around(call.node) is not None


def is_file(file: GoFile, stream: Node) -> bool:
    """Whether a stream is a file that the function opens, or is given as one."""
    known = variable(stream)
    if known is not None and text(known.type()) == "*os.File":
        return True
    origin = known.value() if known is not None else stream
    if origin is None:
        return False
    if origin.type != "call_expression":
        return bool(_FILES.match(file.qualified(origin)))
    called = file.call(origin)
    if _FILES.match(called.name):
        return True
    buffers = called.name.startswith("bufio.New") and bool(called.arguments)
    return buffers and is_file(file, called.arguments[0])


def in_memory(file: GoFile, stream: Node) -> bool:
    """Whether a stream is a buffer of the function's own."""
    known = pointed_at(stream) or variable(stream)
    if known is None:
        return _is_buffer(file, stream)
    origin, kind = known.value(), text(known.type())
    declared = known.node.type == "var_spec" and kind == "bytes.Buffer"
    return declared or (origin is not None and _is_buffer(file, origin))


def _is_buffer(file: GoFile, value: Node) -> bool:
    if value.type == "call_expression":
        return file.call(value).name in IN_MEMORY or text(value) == "new(bytes.Buffer)"
    return text(value).lstrip("&") == "bytes.Buffer{}"


def pool_name(file: GoFile, function: GoFunction, held: str) -> str:
    """A name for the pool of a function's readers or writers, that nothing in the package has."""
    words: list[str] = [*re.findall(r"\w+", function.name), held]
    first = words[0][:1].lower() + words[0][1:]
    wanted = name = first + "".join(word[:1].upper() + word[1:] for word in words[1:])
    number = 1
    while any(True for _ in file.package.mentioning(name.encode())):
        number += 1
        name = f"{wanted}{number}"
    return name


def above(file: GoFile, function: GoFunction, line: str) -> Edit:
    """An edit that declares something above a function and what is said of it."""
    first = function.node
    while (before := first.prev_named_sibling) is not None:
        directly = before.end_point.row + 1 == first.start_point.row
        if before.type != "comment" or not directly or before.start_point.column:
            break
        first = before
    return Edit(file.path, first.start_byte, first.start_byte, f"{line}\n\n")
