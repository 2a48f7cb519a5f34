"""Two profiles of different processes compared: by function, by line and by call path.

Each side is an estimate of its own, so the difference has the errors of both. Its interval is made
of the two sides' (Zou and Donner's method of variance estimates recovery): from ``d - sqrt((b -
b_low)^2 + (a_high - a)^2)`` to ``d + sqrt((b_high - b)^2 + (a - a_low)^2)`` for ``d = b - a``,
which keeps the lopsidedness of rows with few events. Where one side saw nothing it may have missed
as much as its upper limit for no events.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from heapwise.analysis.compare import EQUAL
from heapwise.analysis.diff_side import Path, Side
from heapwise.analysis.families import SENSES, Match, closure, generic, matches, rewritten
from heapwise.analysis.families import same_function as loosest
from heapwise.analysis.per_request_view import PerRequestLook
from heapwise.analysis.row_errors import Mass
from heapwise.analysis.view import Look
from heapwise.errors import ProfileError
from heapwise.model.finding import Interval
from heapwise.model.tables import Change, Diff, DiffRow, is_guess

Key = TypeVar("Key", bound=Hashable)
_LIGHT = 0.001
"""Rows that changed by less than this share of the larger total are not worth a line."""


def diff_view(before: Look, after: Look, *, limit: int) -> Diff:
    """Compare two looks at profiles.

    Args:
        before: the base.
        after: what is compared with it; of the same sample type and per the same unit.
        limit: most rows to give of each kind; 0 for all.

    Raises:
        ProfileError: the two do not count the same things.
    """
    base, new = sides = Side(before), Side(after)
    _require_alike(base, new)
    whole = matches([""], [""], ())[0]
    total = _row(whole, {"": base.total}, {"": new.total}, sides)
    least = _LIGHT * max(total.before.value, total.after.value)
    kinds = [
        _rows(sides, base.functions, new.functions, SENSES, str),
        _rows(sides, base.lines, new.lines, (_moved, _rewritten_line), str),
        _rows(sides, base.paths, new.paths, _PATH_SENSES, _path_name),
    ]
    shown = [_heaviest(rows, least, limit) for rows in kinds]
    return Diff(
        base=before.source,
        new=after.source,
        sample_type=after.sample_type.type,
        unit=after.sample_type.unit,
        per=new.per,
        total=total,
        functions=shown[0],
        lines=shown[1],
        paths=shown[2],
        left_out=tuple(len(rows) - len(kept) for rows, kept in zip(kinds, shown, strict=True)),
        notes=tuple(_notes(sides, shown[2])),
        filters=after.query.filters.shown(),
    )


def _rows(
    sides: tuple[Side, Side],
    before: Mapping[Key, Mass],
    after: Mapping[Key, Mass],
    senses: Sequence[Callable[[Key], object]],
    name: Callable[[Key], str],
) -> list[DiffRow]:
    return [_row(match, before, after, sides, name) for match in matches(before, after, senses)]


def _row(
    match: Match[Key],
    before: Mapping[Key, Mass],
    after: Mapping[Key, Mass],
    sides: tuple[Side, Side],
    name: Callable[[Key], str] = str,
) -> DiffRow:
    one, other = (
        sum((masses[key] for key in keys), Mass())
        for masses, keys in ((before, match.before), (after, match.after))
    )
    base, new = sides
    was = base.interval(one) if one.value else base.nothing(new, other)
    now = new.interval(other) if other.value else new.nothing(base, one)
    delta = difference(was, now)
    hits, stronger = max((one.hits, was), (other.hits, now), key=lambda side: side[0])
    guess = hits > 0 and is_guess(hits, stronger)
    known = not (base.errors.absent or new.errors.absent)
    current = match.after or match.before
    old = match.before if match.after and match.before != match.after else ()
    frames = current[0] if isinstance(current[0], tuple) else ()
    return DiffRow(
        name=_named(current, name),
        was=tuple(map(name, old)),
        before=was,
        after=now,
        delta=delta,
        relative=delta.value / was.value if was.value else None,
        change="unclear" if guess else _change(was, now, delta),
        hits_before=round(one.hits) if known else None,
        hits_after=round(other.hits) if known else None,
        frames=tuple(reversed(frames)),
    )


def difference(before: Interval, after: Interval) -> Interval:
    """``after - before`` of two independent estimates, with its 95 % interval."""
    delta = after.value - before.value
    down = math.hypot(after.value - after.low, before.high - before.value)
    up = math.hypot(after.high - after.value, before.value - before.low)
    return Interval(delta, delta - down, delta + up)


def _change(before: Interval, after: Interval, delta: Interval) -> Change:
    exact = delta.low == delta.high
    if delta.value == 0 or (exact and abs(delta.value) < EQUAL * before.value):
        return "same"
    if delta.low <= 0 <= delta.high:
        return "unclear"
    if not before.value:
        return "new"
    if not after.value:
        return "gone"
    return "more" if delta.value > 0 else "less"


def _heaviest(rows: list[DiffRow], least: float, limit: int) -> tuple[DiffRow, ...]:
    heavy = sorted(
        (row for row in rows if abs(row.delta.value) > least),
        key=lambda row: (row.change == "unclear", -abs(row.delta.value), row.name),
    )
    return tuple(heavy[:limit] if limit else heavy)


def _notes(sides: tuple[Side, Side], paths: Sequence[DiffRow]) -> Iterable[str]:
    for side in sides:
        if isinstance(side.look, PerRequestLook):
            yield f"{side.look.source}: {side.look.remarks[0]}"
    absent = [side.errors.absent for side in sides if side.errors.absent]
    if absent:
        yield f"no error bars: {absent[0]}; every change is taken at its word"
    periods = {side.look.profile.period for side in sides}
    if len(periods) > 1:
        rates = " and ".join(f"{side.look.profile.period:,}" for side in sides)
        yield f"the two were sampled at different rates: {rates}"
    unclear = sum(row.change == "unclear" for row in paths)
    if unclear:
        yield f"{unclear} of the paths may have changed by chance alone: ~"


def _require_alike(base: Side, new: Side) -> None:
    types = base.look.sample_type, new.look.sample_type
    if types[0] != types[1]:
        raise ProfileError(
            "the two profiles cannot be compared",
            f"one shows {types[0]}, the other {types[1]}",
            "name one that both have with -sample_index",
        )
    if base.per != new.per:
        raise ProfileError(
            "the two recordings cannot be compared",
            f"one counts its work in {base.per}, the other in {new.per}",
            "-absolute compares what they allocated altogether",
        )


def _named(keys: Sequence[Key], name: Callable[[Key], str]) -> str:
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return name(keys[0]) + more


def _path_name(path: Path) -> str:
    return " > ".join(reversed(path))


def _moved(line: str) -> str:
    """The function of a line: code that was edited has other line numbers."""
    return closure(line.rpartition(" ")[0] or line)


def _rewritten_line(line: str) -> str | None:
    return rewritten(line.rpartition(" ")[0] or line)


def _collapsed(path: Path) -> Path:
    """The path by families; how often one calls itself depends on how it is written."""
    return tuple(family for family, _ in groupby(map(loosest, path)))


_PATH_SENSES: tuple[Callable[[Path], Path], ...] = (
    lambda path: tuple(map(generic, path)),
    lambda path: tuple(map(closure, path)),
    _collapsed,
)
