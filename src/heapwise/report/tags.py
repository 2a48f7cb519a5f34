"""The labels of a profile as pprof's tags prints them: right-aligned, a block for each key."""

from __future__ import annotations

from heapwise.formats.measurement import percentage
from heapwise.model.graph import Tag, Tags
from heapwise.names import visible
from heapwise.report.head import amounts


def tags_lines(found: Tags) -> list[str]:
    """One string a line; what could drive a terminal is spelled out."""
    return [line for tag in found.tags for line in (*_block(found, tag), "")]


def _block(found: Tags, tag: Tag) -> list[str]:
    text = amounts(found).text

    def share(weight: int) -> str:
        return f" ({percentage(weight, found.total)})" if found.total else ""

    head = visible(f"{tag.key}:")
    indent = " " * (len(head) + 1)
    cells = [f"{text(value.weight)}{share(value.weight)}:" for value in tag.values]
    width = max(map(len, cells), default=0) + 1
    total = f" {head} Total {text(tag.weight)} of {text(found.total)}{share(tag.weight)}"
    rows = zip(cells, tag.values, strict=True)
    return [total, *(f"{indent}{cell:>{width}} {visible(value.value)}" for cell, value in rows)]
