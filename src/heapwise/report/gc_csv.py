"""One row a collection, for spreadsheets."""

from __future__ import annotations

import csv
import io

from heapwise.model.gc_timeline import Collection, GcTimeline
from heapwise.report.csv_text import csv_text


def render_gc_csv(timeline: GcTimeline) -> str:
    """The collections, times in ns on the timeline's clock, sizes in bytes.

    What is not known is an empty cell. Control characters are escaped, and a text that a
    spreadsheet would run gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = Collection.__struct_fields__
    writer.writerow(names)
    for each in timeline.collections:
        writer.writerow([_cell(name, getattr(each, name)) for name in names])
    return out.getvalue()


def _cell(name: str, value: int | str) -> int | str:
    if isinstance(value, str):
        return csv_text(value)
    unknown = value == -1 and name not in ("start_ns", "end_ns")
    return "" if unknown else value
