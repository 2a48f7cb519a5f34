"""Most of what a service allocates, it allocates to read or write JSON as dictionaries.

What it finds:
    At least a tenth of all bytes, or of all objects, is made below ``json.loads``, ``json.dumps``
    and what else the module json has, whoever calls it: responses of frameworks too. Reading and
    writing are two findings, unless one function asks for most of both. Where less than that is
    json's, nothing is said.

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
from collections.abc import Iterable, Sequence
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
        "reading",
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
        "writing",
        "json builds the text in pieces, joins them, and all of it is encoded once more.",
        "Encode with msgspec.json.encode or orjson.dumps, after a benchmark of your types. Both"
        " give bytes, in UTF-8 without blanks and escapes, and write NaN as null; orjson refuses"
        " keys that are not strings and integers of more than 64 bits.",
        0.85,
        0.99,
    ),
)


def find(case: Case) -> Iterable[Finding]:
    """At most one finding for reading and one for writing; one for both below one function."""
    if case.runtime != "python":
        return
    asked: dict[str, list[_Part]] = defaultdict(list)
    for direction in _DIRECTIONS:
        sites = [site for site in case.spent.sites if _index(site.path, direction) is not None]
        evidence = case.evidence(sites) if sites else None
        if evidence is not None and _dominates(evidence):
            part = _Part(direction, _asking(case, direction, sites), tuple(sites), evidence)
            asked[part.asking.function].append(part)
    for parts in asked.values():
        yield _finding(case, parts)


class _Part(NamedTuple):
    """One direction in a case.

    Attributes:
        direction: which.
        asking: the line that most of it is done for.
        sites: its call paths.
        evidence: their figures.
    """

    direction: _Direction
    asking: Frame
    sites: tuple[CallSite, ...]
    evidence: Evidence


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


def _finding(case: Case, parts: Sequence[_Part]) -> Finding:
    """One for directions that one function asks for."""
    measured = [nearest(CODE, part.direction.case, case.runtime, case.version) for part in parts]
    gaining = [
        part for part, each in zip(parts, measured, strict=True) if each is None or each.gains
    ]
    evidence = case.evidence([site for part in parts for site in part.sites])
    asking = max(parts, key=lambda part: part.evidence.bytes_share.value).asking
    return Finding(
        code=CODE,
        rule=NAME,
        title=_title(parts, evidence),
        where=f"{asking.function} ({place(asking)})",
        module=case.frames.module_of(asking.file),
        evidence=evidence,
        why=f"{' '.join(part.direction.why for part in parts)} Most of it for {asking.function}.",
        remedy=" ".join(part.direction.remedy for part in gaining),
        gain_bytes_per_work=_gain(
            (value(part.evidence.bytes_per_work), part.direction.saved) for part in gaining
        ),
        gain_allocs_per_work=_gain(
            (value(part.evidence.allocs_per_work), part.direction.saved_allocs) for part in gaining
        ),
        holds_for=HOLDS_FOR,
        references=REFERENCES,
        confidence=Confidence.MEDIUM,
        withheld=next((each.withheld for each in measured if each and each.withheld), ""),
    )


def _title(parts: Sequence[_Part], evidence: Evidence) -> str:
    """With the larger of the two shares, and what it is a share of."""
    bytes_share, allocs_share = evidence.bytes_share.value, evidence.allocs_share.value
    share = format_share(max(bytes_share, allocs_share))
    what = "bytes" if bytes_share >= allocs_share else "objects"
    does = " and ".join(part.direction.does for part in parts)
    return f"{share} of all {what} are spent on {does} JSON"


def _gain(saved: Iterable[tuple[float | None, float]]) -> float | None:
    """What goes of so much with such a share; None where that is not known."""
    known = [cost * share for cost, share in saved if cost is not None]
    return sum(known) if known else None


def _asking(case: Case, direction: _Direction, sites: list[CallSite]) -> Frame:
    """The function that most of it is done for: the service's own, if one is on the path."""
    asking: dict[Frame, list[CallSite]] = defaultdict(list)
    for site in sites:
        index = _index(site.path, direction)
        above = case.frames.caused(site.path)[(index or 0) + 1 :]
        own = next((frame for frame in above if case.frames.is_own(frame)), None)
        asking[own or (above[0] if above else site.path[-1])].append(site)
    return max(asking, key=lambda frame: total(asking[frame]).size)
