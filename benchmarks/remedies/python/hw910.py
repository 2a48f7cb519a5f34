"""HW910, whole-file-of-records: 20,000 records of JSON that are gone through once."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import msgspec

WHAT = {"": "add up a field of 20,000 records of 120 B"}


@cache
def folder() -> Path:
    """Holds the records as one array and as a record a line; deleted at the end."""
    found = Path(tempfile.mkdtemp(prefix="heapwise-remedies-"))
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    records = [
        json.dumps(
            {"id": each, "name": f"user {each}", "city": "Ulm", "tags": ["a", "b"],
             "mail": f"user{each}@example.com", "score": each / 8}
        )
        for each in range(20_000)
    ]  # fmt: skip
    (found / "records.json").write_text("[" + ",".join(records) + "]")
    (found / "records.ndjson").write_text("\n".join(records))
    return found


def before() -> float:
    """Load all of them, then go through them."""
    with (folder() / "records.json").open() as file:
        records = json.load(file)
    total = 0.0
    for record in records:
        total += record["score"]
    return total


class Record(msgspec.Struct, gc=False):
    """What of a record is needed."""

    score: float


RECORD = msgspec.json.Decoder(Record)


def after() -> float:
    """Decode one line at a time, and of it what is needed."""
    total = 0.0
    with (folder() / "records.ndjson").open("rb") as file:
        for line in file:
            total += RECORD.decode(line).score
    return total


CASES = {"": (before, after)}
