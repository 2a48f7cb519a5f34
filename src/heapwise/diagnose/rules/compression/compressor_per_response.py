"""A new compressor is built for every response.

What it finds:
    Compression code below an HTTP handler that allocates a whole compressor's memory for (nearly)
    every response. It looks for the family of functions, not for one name: Go 1.27 renamed most of
    compress/flate. klauspost/compress and brotli count as well. Writers that are pooled and reset
    cost some bytes a response and are not found; readers are never meant.

Why it allocates:
    A gzip or deflate writer owns its window, its hash tables and its token buffers: 0.8 to 1.1 MB,
    whether the body has 200 bytes or 200 MB. gzip.NewWriter looks cheap, because all of this is
    made by the first Write, and about a third of it under Close. The memory is dead as soon as the
    response is sent, so views of memory in use show nothing, while the collector runs hundreds of
    times a second.

Example:
    ```go
    func handler(w http.ResponseWriter, r *http.Request) {
        zw := gzip.NewWriter(w)
        defer zw.Close()
        io.WriteString(zw, body)
    }
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

When it does not help:
    Fewer than about one response in a thousand is compressed, or responses are so few, and other
    garbage so much, that the collector empties the pool between them: a profile shows that like no
    pool at all, and the finding says so where most bytes are made elsewhere. A service that is
    compressed by its proxy needs no compressor of its own at all.

Measured:
    Go 1.27.3, one gzip.Writer and a body of 26 bytes: 1,076,000 B and 14 objects, 93 us; pooled 2 B
    and none, 74 ns. Best speed 813,856 B, best compression 1,142,816 B. A service of 1000
    requests/s on chi v3.3.4 and on v4.1.0, which pools: 1,088,229 and 4,600 B/req, 6,243 and 36
    collections in 20 s, 17.9 and 2.4 s of CPU; objects only 79 and 51 a request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heapwise.analysis.allocation import CallSite, Path
from heapwise.analysis.frames import FAMILIES, Frame, place
from heapwise.diagnose.advisories import about_package, known_defect
from heapwise.diagnose.case import Case, short, total, value
from heapwise.model.finding import Confidence, Evidence, Finding
from heapwise.units import format_share, format_size

CODE = "HW101"
NAME = "compressor-per-response"

_WRITER_BYTES = 800_000
"""The cheapest writer that anybody uses by default: best speed in Go 1.27, default in Go 1.13."""

_MIN_WRITERS = 0.05
"""Writers per response from which on it is a habit and not a pool that was emptied."""

_MIN_SHARE = 0.2
"""The share of all bytes that must do where the number of responses is not known."""

_MAIN_SHARE = 0.5
"""With less than this share of all bytes, other garbage may be what empties a pool of writers."""

_FEW_HITS = 10
"""Below this many sampled events it may be chance."""

_COMPRESSOR = FAMILIES["compressor"]
_SERVERS = (
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).",
    "net/http/internal/http2.",
    "golang.org/x/net/http2.(*serverConn).",
    "github.com/valyala/fasthttp.",
)


class _Built(NamedTuple):
    """A call path that builds a compressor.

    Attributes:
        caller: index of the frame that asked for it.
    """

    site: CallSite
    caller: int

    @property
    def frame(self) -> Frame:
        """The frame that asked for it."""
        return self.site.path[self.caller]


def find(case: Case) -> Iterable[Finding]:
    """One finding for each module, or package of the service, that builds compressors."""
    groups: dict[str, list[_Built]] = defaultdict(list)
    for site in case.spent.sites:
        caller = _caller(case, site.path)
        if caller is not None and _answers_a_request(site.path):
            built = _Built(site, caller)
            module = case.frames.module_of(built.frame.file)
            groups[module or case.frames.package_of(built.frame.function)].append(built)
    for group in groups.values():
        evidence = case.evidence([built.site for built in group])
        if _per_response(case, evidence):
            group.sort(key=lambda built: -built.site.weight.size)
            yield _finding(case, group, evidence)


def _caller(case: Case, path: Path) -> int | None:
    """Who calls into the compressor: the first frame above it that is not the library's."""
    inside = _COMPRESSOR.inside(path)
    if not inside:
        return None
    above = range(inside[-1] + 1, len(path))
    own = (i for i in above if not case.frames.is_library(path[i].function, path[i].file))
    return next(own, None)


def _answers_a_request(path: Path) -> bool:
    return any(
        frame.function.endswith(".ServeHTTP") or frame.function.startswith(_SERVERS)
        for frame in path
    )


def _per_response(case: Case, evidence: Evidence) -> bool:
    """Whether the interval leaves no doubt that a part of the responses builds a compressor.

    Where somebody else makes the load its responses are not counted: costs are per second then.
    """
    if evidence.hits < _FEW_HITS:
        return False
    size = evidence.bytes_per_work
    if size is not None and case.unit == "req":
        return size.low >= _MIN_WRITERS * _WRITER_BYTES
    return evidence.bytes_share.low >= _MIN_SHARE


def _finding(case: Case, group: Sequence[_Built], evidence: Evidence) -> Finding:
    """Describe a group, heaviest path first."""
    caller = group[0].frame
    module = case.frames.module_of(caller.file)
    defect = known_defect(module)
    return Finding(
        code=CODE,
        rule=NAME,
        title=f"{module or caller.function} builds {_how_often(case, evidence)}",
        where=f"{caller.function} ({place(caller)})",
        module=module,
        evidence=evidence,
        why=_why(case, group, evidence),
        remedy=_remedy(case, caller, evidence),
        gain_bytes_per_work=value(evidence.bytes_per_work),
        gain_allocs_per_work=value(evidence.allocs_per_work),
        holds_for="Go 1.13 to 1.27; responses that are compressed (Accept-Encoding: gzip)",
        references=defect[0].references if defect else (),
        confidence=_confidence(case, evidence),
    )


def _why(case: Case, group: Sequence[_Built], evidence: Evidence) -> str:
    size, heaviest = evidence.bytes_per_work, group[0]
    cost = f"{format_size(size.value)}/{case.unit}, " if size else ""
    text = (
        f"{cost}{format_share(evidence.bytes_share.value)} of all bytes, goes into new compressors."
        " One of Go's own has 0.8 to 1.1 MB of window, hash tables and buffers, and is thrown away"
        f" with the response. Most of it on {short(heaviest.site.path[: heaviest.caller + 1])}"
    )
    closing = total(each.site for each in group if _under_close(each.site.path)).size
    closing /= total(each.site for each in group).size
    if closing > 0.01:
        text += f"; {format_share(closing)} shows under Close"
    return f"{text}."


def _how_often(case: Case, evidence: Evidence) -> str:
    size = evidence.bytes_per_work
    if size is None or case.unit != "req" or size.high >= _WRITER_BYTES / 2:
        return "a compressor for every response"
    return "a compressor for a part of the responses"


def _remedy(case: Case, caller: Frame, evidence: Evidence) -> str:
    module = case.frames.module_of(caller.file)
    path = module.rpartition("@")[0]
    vendored = case.frames.vendored_of(caller.file)
    if defect := known_defect(module):
        advisory, fixed = defect
        text = advisory.remedy(fixed)
    elif module:
        text = f"Take a release of {path} that pools its writers, or another middleware that does."
    elif vendored:
        text = _remedy_for_vendored(vendored)
    else:
        text = (
            "Keep the writers in a sync.Pool that outlives the request, Reset them for each"
            " response and Put them back after Close; a pool made by the handler is always empty."
        )
    if not _is_main_garbage(evidence):
        text += (
            " If the writers are pooled already, they do not survive there: every second collection"
            f" empties a pool, and {format_share(1 - evidence.bytes_share.value)} of the bytes that"
            " make it run are allocated elsewhere. Mend that first."
        )
    return f"{text} Leave bodies below about 1 KB uncompressed."


def _remedy_for_vendored(package: str) -> str:
    text = f"{package} is vendored; its release is in vendor/modules.txt and not in the profile."
    if advisory := about_package(package):
        last = advisory.affected[-1].fixed
        return f"{text} Before {last} {advisory.what}. {advisory.remedy(last)}"
    return f"{text} Take one that pools its writers, or another middleware that does."


def _is_main_garbage(evidence: Evidence) -> bool:
    """Whether the compressors themselves are what makes the collector empty pools."""
    return evidence.bytes_share.high >= _MAIN_SHARE


def _confidence(case: Case, evidence: Evidence) -> Confidence:
    size = evidence.bytes_per_work
    if size is None or case.unit != "req":
        return Confidence.LOW
    certain = size.low >= _WRITER_BYTES / 2 and _is_main_garbage(evidence)
    return Confidence.HIGH if certain else Confidence.MEDIUM


def _under_close(path: Path) -> bool:
    return any(
        path[index].function.endswith((".Close", ".close")) for index in _COMPRESSOR.inside(path)
    )
