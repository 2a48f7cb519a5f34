"""What held slow requests up, as a section of a report."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.tail import Blame, CauseTest, SlowHits, TailAttribution
from heapwise.report.columns import paragraph, table
from heapwise.units import format_count, format_duration, format_share, format_value, how_many

_HEAD = ("blame", "cause", "slow hits", "by chance", "active", "p", "")


def tail_lines(tail: TailAttribution) -> list[str]:
    """The answer for each group of slow hits, and a table of the largest of them."""
    title = "Slow requests"
    if tail.refused:
        return [title, *paragraph(f"Nothing is attributed: {tail.refused}.", "  ")]
    if not tail.groups:
        return []
    lines = [title]
    for group in tail.groups:
        lines += _answer(group)
    lines += ["", *_causes(tail.groups[0])]
    if tail.gc_source:
        lines += paragraph(
            f"Collections are those of the {tail.gc_source}: {format_share(tail.gc_coverage)} of "
            "all there were.",
            "  ",
        )
    return lines + [line for note in tail.notes for line in paragraph(note, "  ")]


def _answer(group: SlowHits) -> list[str]:
    hits = how_many(group.slow, "hit")
    head = f"{group.name:<6} {hits} of {format_duration(group.threshold_ns)} or more: "
    return paragraph(head + group.sentence, " " * 9, "  ")


def _causes(group: SlowHits) -> list[str]:
    """Every cause of the largest group; those that nobody measured in a line of their own."""
    known = [test for test in group.causes if test.blame is not Blame.UNKNOWN]
    unknown = [test for test in group.causes if test.blame is Blame.UNKNOWN]
    lines = table([_HEAD, *map(_row, known)], "<<>>>><") if known else []
    return lines + list(_unmeasured(unknown))


def _row(test: CauseTest) -> tuple[str, ...]:
    return (
        test.blame.value,
        test.cause.value,
        format_count(test.touched),
        f"{test.expected:.1f}",
        format_share(test.active_share),
        format_value(None, "count") if test.p is None else f"{test.p:.3f}",
        test.why,
    )


def _unmeasured(tests: list[CauseTest]) -> Iterable[str]:
    reasons: dict[str, list[str]] = {}
    for test in tests:
        reasons.setdefault(test.why, []).append(test.cause.value)
    for why, causes in reasons.items():
        yield from paragraph(f"Not measured: {', '.join(causes)} ({why}).", "  ")
