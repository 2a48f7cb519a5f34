"""A dependency is of a release that is known to allocate too much.

What it finds:
    A module that the profile's file names show in a release with a known allocation defect, while
    the defective path really allocates in this service. The version is read from the profile:
    neither the source nor the binary is needed, but for what is vendored, whose version stands in
    go.mod. A sick release whose sick path is not used is left in peace.

Why it allocates:
    Popular does not mean measured. The defects listed were reported with figures, and a later
    release has the fix; what each does is said in the finding.

Example:
    ```
    require github.com/go-chi/chi v3.3.4+incompatible
    ```

Use instead:
    ```
    require github.com/go-chi/chi v4.0.3+incompatible
    ```

    The finding names the release that fixes it. "The latest of the day" is not good enough: v4.0.2
    of chi was the latest for ten months and still has the defect.

When it does not help:
    The module is pinned by another one that needs the old release; then replace it, or take the
    defective part out of use.

Measured:
    Go 1.27.3, a JSON service at 1000 requests/s with chi's Compress: v3.3.4 1,088,229 B/req, v4.0.2
    1,082,636, v4.0.3 4,457, v4.1.0 4,600, without compression 4,263.

    Go 1.26.8, each defect's own operation in the last sick release and the one named: a scrape of
    promhttp 928 KB and 111 KB, a batch of sarama 814 KB and 0.6 KB, of kafka-go 815 KB and 1.4 KB,
    a unary call of grpc with 60 KB 147 KB and 81 KB.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from heapwise.analysis.allocation import CallSite, Path
from heapwise.analysis.frames import Frame, place
from heapwise.diagnose.advisories import Advisory, known_defect
from heapwise.diagnose.case import Case, short, value
from heapwise.model.finding import Confidence, Evidence, Finding
from heapwise.units import format_share, format_size

CODE = "HW201"
NAME = "known-allocation-bug"

_MIN_SHARE = 0.01
"""Below this share of all bytes a defect is not worth an upgrade."""

_FEW_HITS = 5
"""Below this many sampled events it is not certain that the path allocates at all."""


class _Sick(NamedTuple):
    """A call path through a known defect.

    Attributes:
        frame: index of the defective frame in the path.
        module: ``module@version``.
        fixed: the release that has the fix.
    """

    site: CallSite
    frame: int
    module: str
    advisory: Advisory
    fixed: str


def find(case: Case) -> Iterable[Finding]:
    """One finding for each sick release whose sick path allocates."""
    groups: dict[str, list[_Sick]] = defaultdict(list)
    places: dict[Frame, tuple[str, str]] = {}
    for site in case.spent.sites:
        if sick := _sick(case, site, places):
            groups[sick.module].append(sick)
    for group in groups.values():
        evidence = case.evidence([sick.site for sick in group])
        if evidence.bytes_share.low >= _MIN_SHARE and evidence.hits >= _FEW_HITS:
            heaviest = max(group, key=lambda sick: sick.site.weight.size)
            yield _finding(case, heaviest, evidence)


def _sick(case: Case, site: CallSite, places: dict[Frame, tuple[str, str]]) -> _Sick | None:
    """The defective frame nearest to what it needlessly calls."""
    for index, frame in enumerate(site.path):
        if frame not in places:
            places[frame] = _module_and_file(case, frame)
        module, file = places[frame]
        defect = known_defect(module) if module else None
        if defect and _on_sick_path(defect[0], file, site.path[:index]):
            return _Sick(site, index, module, *defect)
    return None


def _module_and_file(case: Case, frame: Frame) -> tuple[str, str]:
    """``module@version`` of a frame and its file within the module; empty where unknown.

    What is vendored has no version in its files' names: the executable has it, or go.mod.
    """
    module = case.frames.module_of(frame.file)
    if module:
        return module, frame.file.rpartition("@")[2].partition("/")[2]
    package = case.frames.vendored_of(frame.file)
    required = dict(case.modules)
    if not required and case.source is not None:
        required = {path: at for each in case.source.modules for path, at in each.requires.items()}
    if not package or not required:
        return "", ""
    owners = (path for path in required if f"{package}/".startswith(f"{path}/"))
    owner = max(owners, key=len, default="")
    folder = package.removeprefix(owner).strip("/")
    name = frame.file.rpartition("/")[2]
    return f"{owner}@{required.get(owner, '')}", f"{folder}/{name}".lstrip("/")


def _on_sick_path(advisory: Advisory, file: str, below: Path) -> bool:
    return file in advisory.files and any(advisory.is_needless(called.function) for called in below)


def _finding(case: Case, sick: _Sick, evidence: Evidence) -> Finding:
    advisory, path = sick.advisory, sick.site.path
    frame = path[sick.frame]
    size = evidence.bytes_per_work
    cost = f"{format_size(size.value)}/{case.unit}, " if size else ""
    return Finding(
        code=CODE,
        rule=NAME,
        title=f"{sick.module} has a known allocation bug, fixed in {sick.fixed}",
        where=f"{frame.function} ({place(frame)})",
        module=sick.module,
        evidence=evidence,
        why=(
            f"In this release {advisory.what}: {cost}{format_share(evidence.bytes_share.value)} of"
            f" all bytes here, most of it on {short(path[: sick.frame + 1])}."
        ),
        remedy=advisory.remedy(sick.fixed),
        gain_bytes_per_work=value(size),
        gain_allocs_per_work=value(evidence.allocs_per_work),
        holds_for=f"{advisory.module} before {sick.fixed}",
        references=advisory.references,
        confidence=Confidence.HIGH,
    )
