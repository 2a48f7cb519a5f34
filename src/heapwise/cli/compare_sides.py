"""The two sides of ``heapwise compare``: which names are before, which after, what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from heapwise.analysis.compare_profiles import NamedProfile, compare_profiles
from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.analysis.path_changes import Costs, path_changes
from heapwise.errors import ProfileError, RecordingError, UsageError
from heapwise.model.comparison import Comparison
from heapwise.model.report import RunReport
from heapwise.model.verify import BASE, NEW
from heapwise.record.analyse import analyse
from heapwise.record.recorded_costs import recorded_costs
from heapwise.record.sources import Sources, load_sources
from heapwise.record.store import load
from heapwise.verify.journal import is_verification, read_report, read_state
from heapwise.verify.round_validity import counted, whole_rounds
from heapwise.verify.stopping import alpha_of

BETWEEN = "vs"
"""The word between the two sides where there are more than two names."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and a run of each side as an example; none of profiles."""

    comparison: Comparison
    examples: tuple[RunReport, ...]


def split(names: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The names before and after: the two there are, those around ``vs``, or a verification's.

    Raises:
        click.MissingParameter: there is only one name.
        UsageError: it is not clear which are which.
        RecordingError: the verification cannot be read.
    """
    if len(names) == 1 and is_verification(Path(names[0])):
        return _of_verification(Path(names[0]))
    if BETWEEN in names:
        where = names.index(BETWEEN)
        before, after = names[:where], names[where + 1 :]
        if not before or not after or BETWEEN in after:
            raise UsageError(
                f"{BETWEEN!r} stands between the two sides", hint="write BEFORE... vs AFTER..."
            )
        return [Path(name) for name in before], [Path(name) for name in after]
    if len(names) == 2:
        return [Path(names[0])], [Path(names[1])]
    if len(names) < 2:
        missing = "AFTER" if names else "BEFORE"
        raise click.MissingParameter(param_hint=f"'{missing}'", param_type="argument")
    raise UsageError(
        f"which of {len(names)} are before and which after?",
        hint=f"put {BETWEEN!r} between them: heapwise compare old-*.hw {BETWEEN} new-*.hw",
    )


def may_spend(names: Sequence[str], alpha: float) -> float:
    """The chance of a false alarm that is left: a verification may have been looked at before."""
    if len(names) != 1 or not is_verification(Path(names[0])):
        return alpha
    before, _ = _of_verification(Path(names[0]))
    return min(alpha, alpha_of(read_state(Path(names[0])).settings, len(before)))


def compared(
    before: Sequence[Path], after: Sequence[Path], options: CompareOptions, max_profile_bytes: int
) -> Compared:
    """Read both sides and compare them.

    Raises:
        UsageError: recordings and profiles are mixed; or as `compare_rounds`.
        RecordingError: one cannot be read.
        ProfileError: the same of profiles.
    """
    profiles = [path.is_file() for path in (*before, *after)]
    if all(profiles):
        first, second = ([_profile(path) for path in side] for side in (before, after))
        return Compared(compare_profiles(first, second, options), ())
    if any(profiles):
        if missing := [path for path in (*before, *after) if not path.exists()]:
            raise ProfileError(f"there is no file {missing[0]}")
        raise UsageError(
            "profiles and recordings do not compare", hint="give either the ones or the others"
        )
    base_rounds, new_rounds = (
        [_round(path, max_profile_bytes) for path in side] for side in (before, after)
    )
    bases, news = ([each.report for each in side] for side in (base_rounds, new_rounds))
    paths = path_changes(
        [each.costs for each in base_rounds if each.costs is not None],
        [each.costs for each in new_rounds if each.costs is not None],
        rate=options.alpha,
        confidence=options.confidence,
    )
    return Compared(compare_rounds(bases, news, options, paths=paths or None), (bases[0], news[0]))


@dataclass(frozen=True, slots=True)
class _Round:
    report: RunReport
    costs: Costs | None


def _round(path: Path, max_profile_bytes: int) -> _Round:
    """A recording without its profiles and hits, of which many would not fit into memory.

    Of a verification that kept no recordings, what was analysed.
    """
    if not path.is_dir() and is_verification(path.parent):
        return _Round(read_report(path.parent, path.name), None)
    recording = load(path, max_profile_bytes=max_profile_bytes)
    report = analyse(recording, place=str(path))
    return _Round(report, recorded_costs(recording, report))


def _profile(path: Path) -> NamedProfile:
    loaded = load_sources(Sources(specs=[str(path)]))
    return NamedProfile(loaded.name, loaded.profile)


def _of_verification(directory: Path) -> tuple[list[Path], list[Path]]:
    kept = whole_rounds(counted(read_state(directory).attempts), (BASE, NEW))
    before, after = (
        [directory / attempt.recording for attempt in kept if attempt.side == side]
        for side in (BASE, NEW)
    )
    if not before or not after:
        raise RecordingError(
            f"{directory} has no round of both sides yet",
            hint=f"go on with it: heapwise verify --resume {directory}",
        )
    return before, after
