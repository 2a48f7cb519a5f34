"""Source lines with their weights, as pprof's list prints them."""

from __future__ import annotations

from heapwise.formats.measurement import percentage
from heapwise.model.listing import Listing, Routine
from heapwise.names import visible
from heapwise.report.head import amounts


def listing_lines(listing: Listing) -> list[str]:
    """One string a line; what could drive a terminal is spelled out, tabs stay."""
    text = amounts(listing).text
    lines = [visible(f"Source: {listing.source}"), f"Total: {text(listing.total)}"]
    for routine in listing.routines:
        lines += _routine_lines(listing, routine)
    return lines


def _routine_lines(listing: Listing, routine: Routine) -> list[str]:
    text = amounts(listing).text
    if not routine.filename:
        return [visible(f"No source information for {routine.name}")]
    share = percentage(routine.cum, listing.total)
    lines = [
        visible(f"ROUTINE ======================== {routine.name} in {routine.filename}"),
        f"{text(routine.flat):>10} {text(routine.cum):>10} (flat, cum) {share} of Total",
    ]
    if routine.missing:
        lines.append(visible(f" Error: {routine.missing}"))
    for line in routine.lines:
        weights = (text(weight) if weight else "." for weight in (line.flat, line.cum))
        figures = " ".join(f"{weight:>10}" for weight in weights)
        source = "\t".join(visible(part) for part in (line.text or "").split("\t"))
        lines.append(f"{figures} {line.number:6}:{source}")
    return lines
