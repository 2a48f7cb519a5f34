"""Answers requests for pages, and now and then adds up the scores of an export of records.

It stands for any service in a small container: ``page_service.py --input DIRECTORY``. What differs
between the variants of the lab is ``--records`` and ``--keep``. The last line on standard output is
what came of it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from zlib import crc32

from pages import CHOICES as KEEP
from pages import Way
from scoring import CHOICES as RECORDS

import heapwise_agent

EXPORTS = 3


def answered(requests: Path, way: Way, sum_of_answers: int) -> tuple[int, int]:
    """Answer every request of a file; how many there were, and the checksum of all answers."""
    count = 0
    with requests.open(encoding="ascii") as file:
        for line in file:
            sum_of_answers = crc32(way.answer(line.rstrip()), sum_of_answers)
            heapwise_agent.work("request")
            count += 1
    return count, sum_of_answers


def main() -> None:
    """Serve until there are no more requests, and print what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--records", choices=list(RECORDS), default="whole-file")
    parser.add_argument("--keep", choices=list(KEEP), default="all")
    asked = parser.parse_args()
    score, way = RECORDS[asked.records], KEEP[asked.keep]()

    requests = answers = records = 0
    total = 0.0
    for number in range(EXPORTS):
        scores = score(asked.input / f"export-{number}")
        records += scores.records
        total += scores.total
        count, answers = answered(asked.input / f"requests-{number}.txt", way, answers)
        requests += count

    result = {"records": records, "sum_of_scores": total, "answers": answers}
    guard = {"hit_ratio": way.hits() / requests}
    print(json.dumps({"work": requests, "result": result, "guard": guard}))  # noqa: T201 - for the lab


if __name__ == "__main__":
    main()
