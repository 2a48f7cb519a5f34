"""What bounds a run, as a section of a report."""

from __future__ import annotations

from heapwise.model.tail import Bottleneck
from heapwise.report.columns import labelled, paragraph, table
from heapwise.units import format_share


def bottleneck_lines(found: Bottleneck) -> list[str]:
    """The class, why, where the CPU goes, and what removing something could gain at most."""
    lines = [f"Bottleneck: {found.kind}"]
    for reason in found.why:
        lines += paragraph(reason[:1].upper() + reason[1:] + ".", "  ")
    if found.shares:
        parts = [f"{name} {format_share(share)}" for name, share in found.shares.items()]
        lines += labelled([("CPU", ", ".join(parts))])
    if found.bounds:
        rows = [
            (format_share(bound.share), f"{bound.at_most:.2f}×", bound.name)
            for bound in found.bounds
        ]
        lines += ["  Removing a path entirely would divide the CPU per request by at most"]
        lines += table([("of CPU", "bound", ""), *rows], ">><")
    return lines
