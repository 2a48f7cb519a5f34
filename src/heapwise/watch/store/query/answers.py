"""Answers to questions, from a store and its archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from heapwise.formats.timestamps import format_timestamp
from heapwise.model.query import Answer, Cell, Column
from heapwise.units import NS_PER_S, format_value, how_many
from heapwise.watch.store.archive.days import files_between, sealed_days
from heapwise.watch.store.archive.fleet import ask, samples
from heapwise.watch.store.archive.samples import CUMULATIVE, Samples
from heapwise.watch.store.query.amounts import Asked, is_state
from heapwise.watch.store.query.questions import Question
from heapwise.watch.store.reads import EVER_NS, Reads

_MOST_ROWS = 100_000
"""Of an answer to SQL."""


def answer(reads: Reads, archive: Path, question: Question) -> Answer:
    """Answer a question.

    Raises:
        UsageError: there are no such samples, or DuckDB is not installed.
        RecordingError: the store or the archive cannot be read.
    """
    match question.what:
        case "alerts":
            return _alerts(reads, question)
        case "deploys":
            return _deploys(reads, question)
        case _:
            return _amounts(reads, archive, question)


def answer_sql(reads: Reads, archive: Path, query: str) -> Answer:
    """Answer SQL over the view ``samples``.

    Raises:
        UsageError: DuckDB does not understand it, or it is not installed.
        RecordingError: the store or the archive cannot be read.
    """
    sealed = sealed_days(archive)
    recent = Samples(reads, 0, EVER_NS, sealed)
    with samples(list(sealed.values()), recent) as database:
        names, rows = ask(database, query, most=_MOST_ROWS + 1)
    cut = rows[:_MOST_ROWS]
    notes = [f"the first {_MOST_ROWS:,} rows, of more"] if len(rows) > len(cut) else []
    return Answer(
        query=query,
        columns=tuple(map(Column, names)),
        rows=tuple(tuple(map(_cell, row)) for row in cut),
        notes=(*notes, *_unreadable(recent)),
    )


def _alerts(reads: Reads, question: Question) -> Answer:
    columns = (
        Column("began", "time"), Column("ended", "time"), Column("severity"), Column("target"),
        Column("code"), Column("summary"),
    )  # fmt: skip
    rows = [
        (each.began_ns, each.ended_ns, each.severity.value, each.target, each.code, each.summary)
        for each in reads.alerts(since_ns=question.begin_ns)
        if each.began_ns <= question.end_ns and question.service in ("", each.service)
    ]
    return _cut(question, f"alerts{_whose(question)}", columns, rows)


def _deploys(reads: Reads, question: Question) -> Answer:
    columns = Column("at", "time"), Column("service"), Column("build"), Column("before")
    rows = [
        (each.at_ns, each.service, each.build, each.before or None)
        for each in reads.deploys(question.service or None, question.begin_ns)
        if each.at_ns <= question.end_ns
    ]
    return _cut(question, f"deploys{_whose(question)}", columns, rows[::-1])


def _cut(
    question: Question, what: str, columns: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]
) -> Answer:
    """The newest rows."""
    kept = tuple(rows[: question.limit])
    left = len(rows) - len(kept)
    return Answer(
        query=question.text,
        title=f"{what}, {_span(question)}: {how_many(len(rows), 'row') if rows else 'none'}",
        columns=columns,
        rows=kept,
        notes=(f"{how_many(left, 'older row')} left out; add: limit N",) if left else (),
    )


def _amounts(reads: Reads, archive: Path, question: Question) -> Answer:
    sealed = sealed_days(archive)
    recent = Samples(reads, question.begin_ns, question.end_ns, sealed)
    files = files_between(archive, question.begin_ns, question.end_ns)
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    with samples(files, recent) as database:
        there = Asked(database, question)
        unit, total, profiles, instances = there.totals()
        if profiles:
            columns, rows = there.rows(unit, total)
        else:
            there.must_exist()
    amount = format_value(total, {"bytes": "B", "nanoseconds": "ns"}.get(unit, "count"))
    found = f"{amount} in {how_many(profiles, 'profile')} of {how_many(instances, 'instance')}"
    return Answer(
        query=question.text,
        title=f"{question.sample_type}{_whose(question)}, {_span(question)}: "
        + (found if profiles else "no profile"),
        columns=columns,
        rows=rows,
        notes=(*_meaning(question.sample_type, profiles), *_unreadable(recent)),
    )


def _meaning(sample_type: str, profiles: int) -> Iterator[str]:
    if profiles and sample_type in CUMULATIVE:
        yield "what came between two profiles of one process; the first of each shows nothing yet"
    elif profiles and is_state(sample_type):
        yield "the newest profile of each instance in that time"


def _unreadable(recent: Samples) -> Iterator[str]:
    if recent.unreadable:
        yield f"{how_many(recent.unreadable, 'profile')} could not be read"


def _whose(question: Question) -> str:
    parts = [
        f" of {name} {value}"
        for name in ("service", "instance", "build")
        if (value := getattr(question, name))
    ]
    return "".join(parts)


def _span(question: Question) -> str:
    begin, end = (
        format_timestamp(at_ns // NS_PER_S * NS_PER_S).replace(".000000000", "")
        for at_ns in (max(question.begin_ns, 0), question.end_ns)
    )
    return f"{begin} to {end}"


def _cell(value: Any) -> Cell:
    """What DuckDB gives, as JSON and terminals have it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
