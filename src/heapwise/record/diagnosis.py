"""From a recording and, where it is there, the service's source to a diagnosis."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heapwise.analysis.allocation import CallSite, bytes_per_work
from heapwise.analysis.bottleneck import measure
from heapwise.analysis.bottleneck.activities import GC
from heapwise.analysis.compare_profiles import runtime_of
from heapwise.analysis.windows import settled
from heapwise.diagnose.case import Case, total
from heapwise.diagnose.engine import case_of, everything_found
from heapwise.diagnose.escape.join import Joined
from heapwise.diagnose.found import Found
from heapwise.diagnose.source.check import check_source, unread
from heapwise.diagnose.source.examine import in_source, stands_alone
from heapwise.diagnose.source.tree import SUFFIXES, SourceTree
from heapwise.errors import RecordingError, UsageError
from heapwise.model.diagnosis import Diagnosis, SourceCheck
from heapwise.model.finding import Interval
from heapwise.model.profile import Profile
from heapwise.model.recording import Recording
from heapwise.model.report import RunReport
from heapwise.names import visible
from heapwise.record.analyse import analyse
from heapwise.record.diagnosis_limits import FEW_EVENTS, FITS, FROM_PROFILE, NO_EVIDENCE, limits
from heapwise.record.recorded_profile import end_profiles, gained_between
from heapwise.record.sources import load_profile
from heapwise.record.store import load
from heapwise.units import how_many

__all__ = ["FITS", "Diagnosed", "Given", "diagnose_recording", "diagnose_source", "main_runtime"]


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


def silent(_step: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What there is besides a recording and the source.

    Attributes:
        cold: what source rules find on lines that the run did not pass through is wanted as well.
        explain: takes the case to what the compiler tells of it; to None where it tells nothing.
        modules: version of each dependency by its path, as the executable says.
        tell: takes each step, for somebody who waits.
    """

    cold: bool = False
    explain: Callable[[Case], Joined | None] | None = None
    modules: Mapping[str, str] | None = None
    tell: Callable[[str], None] = silent


_ALONE = Given()


def diagnose_recording(path: Path, source: Path | None = None, given: Given = _ALONE) -> Diagnosed:
    """Diagnose a recording, or a heap profile.

    Args:
        path: of the recording; a file is taken for a profile.
        source: directory of the service's source; None without.
        given: what else there is.

    Raises:
        RecordingError: there is no recording, or it holds no profiles to diagnose.
        UsageError: the source is no directory.
        ProfileError: its profiles count no allocations, or are none.
    """
    given.tell("reading what was recorded")
    if path.is_file():
        _, profile = load_profile(str(path))
        runtime = runtime_of(profile)
        tree = _tree(source, runtime)
        case = Case.of(profile, profile, None, runtime=runtime, source=tree, modules=given.modules)
        return _diagnosed(case, path, source, given)
    recording = load(path)
    report = analyse(recording, place=str(path))
    tree = _tree(source, recording.manifest.service.runtime)
    case = _case(recording, report, tree, given.modules)
    return _diagnosed(case, path, source, given, report)


def _tree(source: Path | None, runtime: str) -> SourceTree | None:
    return SourceTree(source, runtime) if source is not None else None


def _diagnosed(
    case: Case, path: Path, source: Path | None, given: Given, report: RunReport | None = None
) -> Diagnosed:
    """Args are those of `diagnose_recording`; a profile alone has no report."""
    tree, joined = case.source, None
    if given.explain is not None:
        given.tell("asking the compiler")
        joined = given.explain(case)
    if tree is not None:
        given.tell(f"looking at {how_many(len(tree.paths), 'file')} of source")
    found = everything_found(case, cold=given.cold, flow=joined.flow if joined else None)
    check = None
    if tree is not None:
        check = check_source(tree, case.spent.sites, case.frames, visible(str(source)))
    more = limits(case, check, escape=joined is not None, cold=given.cold)
    diagnosis = Diagnosis(
        name=visible(path.resolve().name),
        runtime=case.runtime,
        version=case.version,
        work_unit=report.work_unit if report is not None else case.unit,
        per_work=case.per_work,
        findings=tuple(each.finding for each in found),
        floor=_floor(case),
        gc_share=case.gc_share,
        source=check,
        escape=joined.coverage if joined is not None else None,
        limits=tuple(more) if report is not None else (*more, FROM_PROFILE),
        problems=report.problems if report is not None else (),
        next_command=_next(path, source, found),
    )
    return Diagnosed(diagnosis, found, case)


def diagnose_source(source: Path, runtime: str, *, version: str = "") -> Diagnosed:
    """What the rules recognise in source alone, without evidence, in the order of the files.

    Raises:
        UsageError: the source is no directory.
    """
    tree = SourceTree(source, runtime)
    recognised = list(in_source(tree, version))
    alone = (each for each in recognised if each.match and stands_alone(tree, each.match))
    found = tuple(sorted(alone, key=_place))
    diagnosis = Diagnosis(
        name=visible(str(source)),
        runtime=runtime,
        version=version,
        work_unit="",
        per_work=None,
        findings=tuple(each.finding for each in found),
        source=SourceCheck(
            directory=visible(str(source)), files=len(tree.paths), unread=unread(tree)
        ),
        limits=(NO_EVIDENCE, *_untold(len(recognised) - len(found))),
        next_command=f"heapwise run URL, then heapwise diagnose RECORDING {_quoted(source)}",
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


def _untold(number: int) -> Iterator[str]:
    if number:
        yield (
            f"{number:,} more pattern{'s are' if number > 1 else ' is'} not shown: each costs"
            " little by itself, or seldom runs, and only a recording tells which matter."
        )


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
        gc_share=measured.shares.get(GC) if measured.gc_share is None else measured.gc_share,
        modules=modules,
    )


def _cpu(recording: Recording) -> Profile | None:
    """The first CPU profile of the run."""
    files = (capture.file for capture in recording.captures if capture.kind == "cpu")
    return next((recording.profiles[file] for file in files if file in recording.profiles), None)


def _floor(case: Case) -> Interval | None:
    """What no code of the service's asked for; None where too little was seen to tell."""
    if case.spent.total.hits < FEW_EVENTS:
        return None
    return bytes_per_work(case.spent.share(total(_unowned(case))), case.per_work)


def _unowned(case: Case) -> Iterable[CallSite]:
    return (
        site
        for site in case.spent.sites
        if all(case.frames.is_library(frame.function, frame.file) for frame in site.path)
    )


def _next(path: Path, source: Path | None, found: Sequence[Found]) -> str:
    if source is not None and any(each.finding.fixable for each in found):
        return f"heapwise fix {_quoted(path)} {_quoted(source)}"
    if found:
        return f"heapwise explain {found[0].finding.code}"
    return f"heapwise top {_quoted(path)}"


def _quoted(path: Path) -> str:
    return shlex.quote(visible(str(path)))
