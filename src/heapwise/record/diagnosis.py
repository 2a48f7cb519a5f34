"""From a recording and, where it is there, the service's source to a diagnosis."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heapwise.analysis.allocation import CallSite, bytes_per_work
from heapwise.analysis.bottleneck.measured import measure
from heapwise.analysis.windows import settled
from heapwise.diagnose.case import Case, total
from heapwise.diagnose.engine import case_of, everything_found
from heapwise.diagnose.escape.join import Joined
from heapwise.diagnose.found import Found
from heapwise.diagnose.source.check import check_source, unread
from heapwise.diagnose.source.examine import in_source
from heapwise.diagnose.source.tree import SUFFIXES, SourceTree
from heapwise.errors import RecordingError, UsageError
from heapwise.model.diagnosis import Diagnosis, SourceCheck
from heapwise.model.finding import Interval
from heapwise.model.profile import Profile
from heapwise.model.recording import Recording
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.recorded_profile import end_profiles, gained_between
from heapwise.record.store import load

_NO_EVIDENCE = (
    "Nothing here has evidence: what it costs, and whether it runs at all, only a recording tells."
)

FITS = 0.98
"""Below this share of bytes the source is of another commit, or half of it is missing."""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis, and what its findings rest on.

    Attributes:
        diagnosis: for people.
        found: one for each of its findings, in their order.
        case: what the rules looked at; None without a recording.
    """

    diagnosis: Diagnosis
    found: tuple[Found, ...]
    case: Case | None = None


Explain = Callable[[Case], Joined]
"""Takes a case to what the compiler tells of it."""


def diagnose_recording(
    path: Path,
    source: Path | None = None,
    *,
    cold: bool = False,
    explain: Explain | None = None,
    modules: Mapping[str, str] | None = None,
) -> Diagnosed:
    """Diagnose a recording.

    Args:
        path: of the recording.
        source: directory of the service's source; None without.
        cold: what source rules find on lines that the run did not pass through as well.
        explain: called with the case before the findings are described.
        modules: version of each dependency by its path, as the executable says.

    Raises:
        RecordingError: there is no recording, or it holds no profiles to diagnose.
        UsageError: the source is no directory.
        ProfileError: its profiles count no allocations.
    """
    recording = load(path)
    report = analyse(recording, place=str(path))
    tree = None
    if source is not None:
        tree = SourceTree(source, recording.manifest.service.runtime)
    case = _case(recording, report, tree, modules)
    joined = explain(case) if explain is not None else None
    found = everything_found(case, cold=cold, flow=joined.flow if joined is not None else None)
    check = None
    if tree is not None:
        check = check_source(tree, case.spent.sites, case.frames, str(source))
    diagnosis = Diagnosis(
        name=recording.name,
        runtime=case.runtime,
        version=case.version,
        work_unit=report.work_unit,
        per_work=report.per_work,
        findings=tuple(each.finding for each in found),
        floor=_floor(case),
        source=check,
        escape=joined.coverage if joined is not None else None,
        limits=tuple(_limits(case, check, joined, cold=cold)),
        problems=report.problems,
        next_command=_next(str(path), source, found),
    )
    return Diagnosed(diagnosis, found, case)


def diagnose_source(source: Path, runtime: str, *, version: str = "") -> Diagnosed:
    """What the rules recognise in source alone, without evidence, in the order of the files.

    Raises:
        UsageError: the source is no directory.
    """
    tree = SourceTree(source, runtime)
    found = tuple(sorted(in_source(tree, version), key=_place))
    diagnosis = Diagnosis(
        name=str(source),
        runtime=runtime,
        version=version,
        work_unit="",
        per_work=None,
        findings=tuple(each.finding for each in found),
        source=SourceCheck(directory=str(source), files=len(tree.paths), unread=unread(tree)),
        limits=(_NO_EVIDENCE,),
        next_command="heapwise run URL, then heapwise diagnose RECORDING "
        + shlex.quote(str(source)),
    )
    return Diagnosed(diagnosis, found)


def main_runtime(source: Path) -> str:
    """The runtime that most files of a directory are of.

    Raises:
        UsageError: the source is no directory, or has no files that we read.
    """
    numbers = {runtime: len(SourceTree(source, runtime).paths) for runtime in SUFFIXES}
    runtime = max(numbers, key=lambda each: numbers[each])
    if not numbers[runtime]:
        suffixes = " or ".join(SUFFIXES.values())
        raise UsageError(f"{source} has no {suffixes} files", hint="give the folder of a service")
    return runtime


def _place(found: Found) -> tuple[str, int, str]:
    place = found.finding.place
    return (place.file, place.line, found.finding.code) if place is not None else ("", 0, "")


def _case(
    recording: Recording,
    report: RunReport,
    tree: SourceTree | None,
    modules: Mapping[str, str] | None,
) -> Case:
    windows = settled(recording)
    ends = end_profiles(recording, windows)
    if ends is None:
        raise RecordingError(
            f"{recording.name} has no heap profile at both ends of its load",
            f"the recording is {recording.state}",
            f"heapwise report {recording.name} shows what it does hold",
        )
    before, after = ends
    measured = measure(recording, windows, report.load_result, report.gc)
    return case_of(
        recording,
        gained_between(recording, before, after),
        after,
        report.per_work,
        source=tree,
        cpu=_cpu(recording),
        gc_share=measured.gc_share,
        modules=modules,
    )


def _cpu(recording: Recording) -> Profile | None:
    """The first CPU profile of the run."""
    files = (capture.file for capture in recording.captures if capture.kind == "cpu")
    return next((recording.profiles[file] for file in files if file in recording.profiles), None)


def _floor(case: Case) -> Interval | None:
    """What no code of the service's asked for."""
    return bytes_per_work(case.spent.share(total(_unowned(case))), case.per_work)


def _unowned(case: Case) -> Iterable[CallSite]:
    return (
        site
        for site in case.spent.sites
        if all(case.frames.is_library(frame.function, frame.file) for frame in site.path)
    )


def _limits(
    case: Case, check: SourceCheck | None, joined: Joined | None, *, cold: bool
) -> Iterable[str]:
    """What more could be said, and with what."""
    if check is None:
        yield (
            "Without the source only patterns that show in call paths are found; give its"
            " directory as the second argument for the lines, and why they allocate."
        )
    elif check.fits is not None and check.fits < FITS:
        yield (
            f"The source does not fit the recording: {1 - check.fits:.0%} of the bytes of the"
            " service's own code are made on lines that are not there. Check out the commit it"
            " was built from."
        )
    if case.runtime == "go" and check is not None and joined is None:
        yield "Why the compiler put things on the heap is not told: --escape builds it to ask."
    if case.cpu is None:
        yield "How much CPU a finding can free is not known: record with --cpu."
    if cold:
        yield "Findings without costs are on lines that this load did not reach."


def _next(path: str, source: Path | None, found: Sequence[Found]) -> str:
    if source is not None and any(each.finding.fixable for each in found):
        return f"heapwise fix {shlex.quote(path)} {shlex.quote(str(source))}"
    if found:
        return f"heapwise explain {found[0].finding.code}"
    return f"heapwise top {shlex.quote(path)}"
