"""A new compressor is built for every response.

What it finds:
    Compression code below an HTTP handler that allocates a whole compressor's memory for (nearly)
    every response. In Go it looks for the family of functions, not for one name: Go 1.27 renamed
    most of compress/flate. klauspost/compress and brotli count as well. In Python it knows the
    blocks that zlib asks for, whoever calls it. Writers that are pooled and reset, and streams of
    the size of what they compress, cost little and are not found; readers are never meant. Where
    the source is at hand it shows the line that builds one, for a request or over bytes in memory.
    Without a recording only what a handler or a loop builds is told.

Why it allocates:
    A gzip or deflate writer owns its window, its hash tables and its token buffers: 0.8 to 1.1 MB,
    whether the body has 200 bytes or 200 MB. gzip.NewWriter looks cheap, because all of this is
    made by the first Write, and about a third of it under Close. The memory is dead as soon as the
    response is sent, so views of memory in use show nothing, while the collector runs hundreds of
    times a second.

    In Python zlib.compressobj, gzip.GzipFile and gzip.compress all ask zlib for a deflate stream:
    268,096 B in five blocks. They are counted in no object and freed at once; but where they lie at
    the top of the C library's heap they are given back to the system, and each response takes them
    again by page faults.

Example:
    ```go
    func handler(w http.ResponseWriter, r *http.Request) {
        zw := gzip.NewWriter(w)
        defer zw.Close()
        io.WriteString(zw, body)
    }
    ```

    ```python
    def handler(body: bytes) -> bytes:
        return gzip.compress(body)
    ```

Use instead:
    ```go
    var writers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

    func handler(w http.ResponseWriter, r *http.Request) {
        zw := writers.Get().(*gzip.Writer)
        zw.Reset(w)
        defer func() {
            zw.Close()
            zw.Reset(io.Discard) // do not keep w alive
            writers.Put(zw)
        }()
        io.WriteString(zw, body)
    }
    ```

    The pool must outlive the request: a package variable, or a field of the middleware. One made
    by the handler never has a writer to give, and is found like none at all. Where a dependency
    does this, take the release that pools. Leave bodies below about 1 KB uncompressed.

    ```python
    HEAD = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])  # gzip's, without name and time
    LAST = bytes([3, 0])  # an empty last block


    class Streams:
        # Compressors that are used again; a piece between two full flushes stands alone.
        def __init__(self) -> None:
            self._idle = collections.deque()

        def gzip(self, body: bytes) -> bytes:
            try:
                stream = self._idle.pop()
            except IndexError:
                stream = zlib.compressobj(6, zlib.DEFLATED, -15)
            data = stream.compress(body) + stream.flush(zlib.Z_FULL_FLUSH)
            self._idle.append(stream)  # only after a whole answer: one that failed is dropped
            trailer = struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)
            return HEAD + data + LAST + trailer
    ```

    A zlib object of Python cannot be reset, but a full flush comes to the same: nothing behind it
    refers to anything before it. Each answer is a gzip file of its own, 6 or 7 bytes longer. Where
    that is too much code, a window of 4 KiB with memLevel 5 (compressobj(6, DEFLATED, 16 + 12, 5))
    takes 38,720 B and does for bodies up to about 10 KB. Best of all, keep the compressed bytes of
    answers that repeat.

When it does not help:
    Fewer than about one response in a thousand is compressed, or responses are so few, and other
    garbage so much, that the collector empties the pool between them: a profile shows that like no
    pool at all, and the finding says so where most bytes are made elsewhere. A service that is
    compressed by its proxy needs no compressor of its own at all. In Python, bodies of 20 KB and
    more of prose or code pay for a window of 4 KiB: 3 to 6 % more bytes, at 100 KB up to 18 %.
    Streams whose library asks the C library itself for memory, as those of brotli and zstandard do,
    are not in the profile.

Measured:
    Go 1.27.3, one gzip.Writer and a body of 26 bytes: 1,076,000 B and 14 objects, 93 us; pooled 2 B
    and none, 74 ns. Best speed 813,856 B, best compression 1,142,816 B. A service of 1000
    requests/s on chi v3.3.4 and on v4.1.0, which pools: 1,088,229 and 4,600 B/req, 6,243 and 36
    collections in 20 s, 17.9 and 2.4 s of CPU; objects only 79 and 51 a request.

    CPython 3.11.7, zlib 1.2.13, one body each. gzip.GzipFile as it comes (level 9): JSON of 2 KB
    45 us and 20 minor page faults, 8 KB 125 us and 20. zlib.compressobj(6, DEFLATED, 31): 13 and
    34 us, none. With wbits 28 and memLevel 5: 12 and 43 us, none, 38,720 B in place of 268,096; the
    compressed size differs by -1.6 to +1.3 % for JSON, source code and prose up to 8 KB. Level 9
    takes 1.5 to 4 times the time of level 6 from 8 KB on and saves at most 1.2 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from heapwise.analysis.frames import place
from heapwise.diagnose.advisories import known_defect
from heapwise.diagnose.case import Case, value
from heapwise.diagnose.rules.compression import (
    go_compressors,
    go_writers,
    python_compressors,
)
from heapwise.diagnose.rules.compression.built import Built, Compressors
from heapwise.diagnose.source.look import Look
from heapwise.model.finding import Confidence, Evidence, Finding
from heapwise.units import format_share, format_size

CODE = "HW101"
NAME = "compressor-per-response"
HOLDS_FOR = go_writers.HOLDS_FOR
REFERENCES = ("https://pkg.go.dev/compress/gzip#Writer.Reset",)

_COMPRESSORS: dict[str, Compressors] = {"go": go_writers, "python": python_compressors}
"""By runtime."""

_MIN_BUILT = 0.05
"""Compressors per response from which on it is a habit and not a pool that was emptied."""

_MIN_SHARE = 0.2
"""The share of all bytes that must do where the number of responses is not known."""

_FEW_HITS = 10
"""Below this many sampled events it may be chance."""


def find(case: Case) -> Iterable[Finding]:
    """One finding for each module, or package of the service, that builds compressors."""
    known = _COMPRESSORS.get(case.runtime)
    if known is None:
        return
    groups: dict[str, list[Built]] = defaultdict(list)
    for built in known.built(case):
        module = case.frames.module_of(built.frame.file)
        groups[module or case.frames.package_of(built.frame.function)].append(built)
    for group in groups.values():
        evidence = case.evidence([built.site for built in group])
        group.sort(key=lambda built: -built.site.weight.size)
        if _per_response(case, evidence, group[0].size):
            yield _finding(case, known, group, evidence)


def _per_response(case: Case, evidence: Evidence, built_size: int) -> bool:
    """Whether the interval leaves no doubt that a part of the responses builds a compressor.

    Where somebody else makes the load its responses are not counted: costs are per second then.
    """
    if evidence.hits < _FEW_HITS:
        return False
    size = evidence.bytes_per_work
    if size is not None and case.unit == "req":
        return size.low >= _MIN_BUILT * built_size
    return evidence.bytes_share.low >= _MIN_SHARE


def _finding(case: Case, known: Compressors, group: Sequence[Built], evidence: Evidence) -> Finding:
    """Describe a group, heaviest path first."""
    caller, size = group[0].frame, evidence.bytes_per_work
    module = case.frames.module_of(caller.file)
    defect = known_defect(module)
    saved = known.saved(case, group)
    cost = f"{format_size(size.value)}/{case.unit}, " if size else ""
    share = format_share(evidence.bytes_share.value)
    return Finding(
        code=CODE,
        rule=NAME,
        title=f"{module or caller.function} builds {_how_often(case, evidence, group[0].size)}",
        where=f"{caller.function} ({place(caller)})",
        module=module,
        evidence=evidence,
        why=f"{cost}{share} of all bytes, goes into new compressors. "
        + known.why(case, group, evidence),
        remedy=known.remedy(case, group, evidence),
        gain_bytes_per_work=size.value * saved if size is not None and saved is not None else None,
        gain_allocs_per_work=value(evidence.allocs_per_work) if saved == 1 else None,
        holds_for=known.HOLDS_FOR,
        references=defect[0].references if defect else (),
        confidence=_confidence(case, evidence, known, group[0].size),
    )


def _how_often(case: Case, evidence: Evidence, built_size: int) -> str:
    size = evidence.bytes_per_work
    if size is None or case.unit != "req" or size.high >= built_size / 2:
        return "a compressor for every response"
    return "a compressor for a part of the responses"


def _confidence(case: Case, evidence: Evidence, known: Compressors, built_size: int) -> Confidence:
    size = evidence.bytes_per_work
    if size is None or case.unit != "req":
        return Confidence.LOW
    certain = size.low >= built_size / 2 and known.certain(evidence)
    return Confidence.HIGH if certain else Confidence.MEDIUM


LOOKS = {"go": Look((b"compress/",), go_compressors.find)}
