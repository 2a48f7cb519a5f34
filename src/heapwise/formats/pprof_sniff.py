"""Names what bytes are when they are no profile: people paste the wrong address or file."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder

_HEAP = "a heap profile comes from /debug/pprof/heap"
_OLD = "go tool pprof -proto turns it into one that heapwise reads"
_KINDS = (
    (rb"<(!doctype|html|head|body|\?xml)", "it is an HTML page", _HEAP),
    (rb'\{\s*["}]|\[\s*[\[\]{"\d-]', "it is JSON", _HEAP),
    (rb"--- ?threadz|--- Thread [0-9a-f]+ ", "it is a dump of threads", _OLD),
    (rb"--- ?(heapz?|contentionz?) \d+ ---", "it is a profile of an old Java tool", _OLD),
    (
        rb"\0{4}\x03\0{3}|\0{8}\x03\0{7}|\0{7}\x03|\0{15}\x03",
        "it is a CPU profile of gperftools",
        _OLD,
    ),
)
_HEAD = 512


_LEGACY = re.compile(
    rb"\s*(heap profile: |\S+ profile: total \d+\s*$|--- ?(contentionz |contention:|mutex:))",
    re.MULTILINE,
)


def looks_legacy(data: bytes | bytearray) -> bool:
    """Whether the bytes begin as one of the text formats that `heapwise.formats.legacy` reads."""
    return _LEGACY.match(bytes(data[:_HEAD])) is not None


def sniff(data: bytes | bytearray) -> tuple[str, str] | None:
    """What the bytes look like instead of a profile, and a hint; None where nobody can tell."""
    if not data:
        return "it is empty", ""
    head = bytes(data[:_HEAD]).removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(rb"go 1\.\d+ trace\0", head):
        return "it is an execution trace", _HEAP
    for pattern, what, hint in _KINDS:
        if re.match(pattern, head, re.IGNORECASE):
            return what, hint
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # the cut may split a character
    except UnicodeDecodeError:
        return None
    first = text.partition("\n")[0].rstrip()
    if not first.replace("\t", " ").isprintable():
        return None
    return f"it is text that begins with {first[:60]!r}", _HEAP
