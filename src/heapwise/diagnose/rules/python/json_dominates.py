"""Most of what a service allocates, it allocates to read or write JSON as dictionaries.

What it finds:
    At least a tenth of all bytes, or of all objects, is made below ``json.loads``, ``json.dumps``
    and what else the module json has, whoever calls it: responses of frameworks too. Reading and
    writing are two findings. Where less than that is json's, nothing is said.

Why it allocates:
    Reading makes a dictionary for each object and a string for each value. Writing builds the
    text in pieces, joins them, and encodes the whole once more into bytes.

Example:
    ```python
    users = json.loads(body)
    return Response(json.dumps({"count": len(users)}).encode())
    ```

Use instead:
    ```python
    class User(msgspec.Struct):
        id: int
        name: str

    USERS = msgspec.json.Decoder(list[User])

    users = USERS.decode(body)
    return Response(msgspec.json.encode({"count": len(users)}))
    ```

    Only after a benchmark with your own types in which every field is read, since libraries that
    decode lazily look fast until then. And know what changes: NaN is refused when it is read and
    becomes null when it is written, text is written as UTF-8 without escapes and without blanks,
    as bytes and not str. A Struct raises where a type differs and drops fields that it does not
    declare; declare only the fields you need. orjson also refuses integers of more than 64 bits
    when it writes them, reads them as float, and refuses keys that are not strings.

When it does not help:
    Documents of some hundred bytes beside other work. Speed alone does not calm the collector:
    objects that are kept count for it whoever makes them, and Structs with ``gc=False`` do not.

Measured:
    CPython 3.11 to 3.13, 60 users with six fields, all of them read: json 83 to 90 KB, 1,266
    objects and 92 us; msgspec into Structs 32 to 36 KB, 609 objects and 38 us; msgspec into
    dictionaries 42 to 46 KB and 48 us; orjson 184 to 188 KB, 644 objects and 46 us. Written: json
    161 to 309 KB, 1,500 to 1,745 objects and 106 to 128 us; msgspec 35 KB, 14 objects and 11 us;
    orjson 20 KB, 2 objects and 8 us. A gateway went from 970 to 3,291 requests/s with Structs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from heapwise.analysis.allocation import CallSite, Path
from heapwise.analysis.frames import Frame, place
from heapwise.diagnose.case import Case, total, value
from heapwise.diagnose.measured import nearest
from heapwise.model.finding import Confidence, Evidence, Finding
from heapwise.units import format_share

CODE = "HW902"
NAME = "json-dominates"
HOLDS_FOR = "CPython 3.11 to 3.13; types that were benchmarked with every field read"
REFERENCES = ("https://jcristharif.com/msgspec/", "https://github.com/ijl/orjson")

_MIN_SHARE = 0.1
_FEW_HITS = 10


class _Direction(NamedTuple):
    """Reading or writing.

    Attributes:
        case: of the measurement.
        functions: prefixes of its functions.
        does: in words.
        why: it allocates.
        remedy: what to change.
        saved: share of the bytes that goes, as measured.
        saved_allocs: of the objects.
    """

    case: str
    functions: tuple[str, ...]
    does: str
    why: str
    remedy: str
    saved: float
    saved_allocs: float


_DIRECTIONS = (
    _Direction(
        "",
        ("json.load", "json.decoder.", "json.scanner."),
        "reading JSON",
        "json makes a dictionary of every object and a string of every value.",
        "Decode into types that declare the fields you need (msgspec.Struct), after a benchmark of"
        " your documents with every field read. It raises where a type differs, refuses NaN, and"
        " drops fields that are not declared.",
        0.6,
        0.5,
    ),
    _Direction(
        "encode",
        ("json.dump", "json.encoder."),
        "writing JSON",
        "json builds the text in pieces, joins them, and all of it is encoded once more.",
        "Encode with msgspec.json.encode or orjson.dumps, after a benchmark of your types. Both"
        " give bytes, in UTF-8 without blanks and escapes, and write NaN as null; orjson refuses"
        " keys that are not strings and integers of more than 64 bits.",
        0.75,
        0.95,
    ),
)


def find(case: Case) -> Iterable[Finding]:
    """At most one finding for reading and one for writing."""
    if case.runtime != "python":
        return
    for direction in _DIRECTIONS:
        sites = [site for site in case.spent.sites if _index(site.path, direction) is not None]
        evidence = case.evidence(sites) if sites else None
        if evidence is not None and _dominates(evidence):
            yield _finding(case, direction, sites, evidence)


def _index(path: Path, direction: _Direction) -> int | None:
    """Where the outermost frame of json is, if the path is of that direction."""
    of_json = [i for i, frame in enumerate(path) if frame.function.startswith("json.")]
    outermost = of_json[-1] if of_json else None
    if outermost is None or not path[outermost].function.startswith(direction.functions):
        return None
    return outermost


def _dominates(evidence: Evidence) -> bool:
    shares = evidence.bytes_share.low, evidence.allocs_share.low
    return evidence.hits >= _FEW_HITS and max(shares) >= _MIN_SHARE


def _finding(
    case: Case, direction: _Direction, sites: list[CallSite], evidence: Evidence
) -> Finding:
    asking = _asking(case, direction, sites)
    share = format_share(max(evidence.bytes_share.value, evidence.allocs_share.value))
    what = "bytes" if evidence.bytes_share.low >= _MIN_SHARE else "objects"
    measured = nearest(CODE, direction.case, case.runtime, case.version)
    offered = measured is None or measured.gains
    size, allocs = value(evidence.bytes_per_work), value(evidence.allocs_per_work)
    return Finding(
        code=CODE,
        rule=NAME,
        title=f"{share} of all {what} are spent on {direction.does}",
        where=f"{asking.function} ({place(asking)})",
        module=case.frames.module_of(asking.file),
        evidence=evidence,
        why=f"{direction.why} Most of it for {asking.function}.",
        remedy=direction.remedy if offered else "",
        gain_bytes_per_work=size * direction.saved if size is not None and offered else None,
        gain_allocs_per_work=allocs * direction.saved_allocs
        if allocs is not None and offered
        else None,
        holds_for=HOLDS_FOR,
        references=REFERENCES,
        confidence=Confidence.MEDIUM,
        withheld=measured.withheld if measured is not None else "",
    )


def _asking(case: Case, direction: _Direction, sites: list[CallSite]) -> Frame:
    """The function that most of it is done for: the service's own, if one is on the path."""
    asking: dict[Frame, list[CallSite]] = defaultdict(list)
    for site in sites:
        index = _index(site.path, direction)
        above = case.frames.caused(site.path)[(index or 0) + 1 :]
        own = next((frame for frame in above if case.frames.is_own(frame)), None)
        asking[own or (above[0] if above else site.path[-1])].append(site)
    return max(asking, key=lambda frame: total(asking[frame]).size)
