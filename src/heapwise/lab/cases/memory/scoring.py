"""Ways to add up the scores of an export. All go through its records once, in their order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import ijson  # type: ignore[import-untyped]  # it ships no types
import msgspec


class Scores(NamedTuple):
    """How many records there were, and the sum of their scores."""

    records: int
    total: float


def whole_file(export: Path) -> Scores:
    """Load the export, then go through its records."""
    with export.with_suffix(".json").open(encoding="utf-8") as file:
        records = json.load(file)
    total = 0.0
    for record in records:
        total += record["score"]
    return Scores(len(records), total)


def streamed(export: Path) -> Scores:
    """Take one record of the array at a time."""
    count, total = 0, 0.0
    with export.with_suffix(".json").open("rb") as file:
        for record in ijson.items(file, "item", use_float=True):
            count += 1
            total += record["score"]
    return Scores(count, total)


class Record(msgspec.Struct, gc=False):
    """What of a record is needed."""

    score: float


_RECORD = msgspec.json.Decoder(Record)
_RECORDS = msgspec.json.Decoder(list[Record])


def thin(export: Path) -> Scores:
    """Load the export, but of each record only what is needed."""
    records = _RECORDS.decode(export.with_suffix(".json").read_bytes())
    total = 0.0
    for record in records:
        total += record.score
    return Scores(len(records), total)


def by_line(export: Path) -> Scores:
    """Have the export written a record a line, and decode a line at a time."""
    count, total = 0, 0.0
    with export.with_suffix(".ndjson").open("rb") as file:
        for line in file:
            count += 1
            total += _RECORD.decode(line).score
    return Scores(count, total)


CHOICES: dict[str, Callable[[Path], Scores]] = {
    "whole-file": whole_file,
    "streamed": streamed,
    "thin": thin,
    "by-line": by_line,
}
"""By what ``--records`` calls them; each takes the path of an export without its suffix."""
