"""Compressors of Go: recognised by the family of functions that make their memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.analysis.allocation import Path
from heapwise.analysis.frames import FAMILIES
from heapwise.diagnose.advisories import about_package, known_defect
from heapwise.diagnose.case import Case, short, total
from heapwise.diagnose.rules.compression.built import Built
from heapwise.model.finding import Evidence
from heapwise.units import format_share

HOLDS_FOR = "Go 1.13 to 1.27; responses that are compressed (Accept-Encoding: gzip)"

_WRITER_BYTES = 800_000
"""The cheapest writer that anybody uses by default: best speed in Go 1.27, default in Go 1.13."""

_MAIN_SHARE = 0.5
"""With less than this share of all bytes, other garbage may be what empties a pool of writers."""

_COMPRESSOR = FAMILIES["compressor"]
_SERVERS = (
    "net/http.(*conn).serve",
    "net/http.(*http2serverConn).",
    "net/http/internal/http2.",
    "golang.org/x/net/http2.(*serverConn).",
    "github.com/valyala/fasthttp.",
)


def built(case: Case) -> Iterable[Built]:
    """The call paths into a compressor below a handler."""
    for site in case.spent.sites:
        caller = _caller(case, site.path)
        if caller is not None and _answers_a_request(site.path):
            yield Built(site, caller, _WRITER_BYTES)


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


def why(_case: Case, group: Sequence[Built], _evidence: Evidence) -> str:
    """What a writer holds, and where it is made."""
    heaviest = group[0]
    text = (
        "One of Go's own has 0.8 to 1.1 MB of window, hash tables and buffers, and is thrown away"
        f" with the response. Most of it on {short(heaviest.site.path[: heaviest.caller + 1])}"
    )
    closing = total(each.site for each in group if _under_close(each.site.path)).size
    closing /= total(each.site for each in group).size
    if closing > 0.01:
        text += f"; {format_share(closing)} shows under Close"
    return f"{text}."


def remedy(case: Case, group: Sequence[Built], evidence: Evidence) -> str:
    """A release that pools, or a pool."""
    caller = group[0].frame
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
    if not certain(evidence):
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


def saved(_case: Case, _group: Sequence[Built]) -> float | None:
    """All of it: a pooled writer costs some bytes a response."""
    return 1.0


def certain(evidence: Evidence) -> bool:
    """Whether the compressors themselves are what makes the collector empty pools."""
    return evidence.bytes_share.high >= _MAIN_SHARE


def _under_close(path: Path) -> bool:
    return any(
        path[index].function.endswith((".Close", ".close")) for index in _COMPRESSOR.inside(path)
    )
