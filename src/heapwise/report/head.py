"""What stands above the rows of every view of a profile, in pprof's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from heapwise.formats.measurement import Amounts, label, percentage, scale
from heapwise.model.tables import Ranking, View

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def amounts(view: View) -> Amounts:
    """How the values of a view are printed."""
    return Amounts(view.unit, view.shown_unit, view.ratio)


def head_lines(view: View) -> list[str]:
    """What was profiled, which values are shown, when and for how long."""
    texts = [("Source", view.source), ("File", view.binary), ("Build ID", view.build_id)]
    lines = [f"{name}: {text}" for name, text in texts if text]
    lines += [comment for comment in view.comments if not comment.startswith("#")]
    lines.append(f"Type: {view.sample_type}")
    if view.doc_url:
        lines.append(f"Doc: {view.doc_url}")
    if view.time_ns:
        lines.append(f"Time: {local_time(view.time_ns):%Y-%m-%d %H:%M:%S %Z}")
    if view.duration_ns:
        lines.append(_duration(view))
    return lines + [f"Note: {note}" for note in view.notes]


def ranking_lines(view: Ranking, shown: list[int]) -> list[str]:
    """The head of a view of nodes; ``shown`` are the flat weights of those that are shown."""
    text = amounts(view).text
    lines = head_lines(view)
    if view.filters:
        lines += ["Active filters:", *(f"   {filter_}" for filter_ in view.filters)]
    accounted = sum(shown)
    lines.append(
        f"Showing nodes accounting for {text(accounted)}, "
        f"{percentage(accounted, view.total).strip()} of {text(view.total)} total"
    )
    candidates = len(shown) + view.dropped - view.light
    if view.total and view.light:
        nodes = "node" if view.light == 1 else "nodes"
        lines.append(f"Dropped {view.light} {nodes} (cum <= {text(view.cutoff)})")
    if view.total and 0 < len(shown) < candidates:
        lines.append(f"Showing top {len(shown)} nodes out of {candidates}")
    return lines


def local_time(time_ns: int) -> datetime:
    """A moment in the zone of whoever reads the report."""
    return (_EPOCH + timedelta(microseconds=time_ns // 1000)).astimezone()


def _duration(view: View) -> str:
    took = label(view.duration_ns, "nanoseconds")
    counted, unit = scale(view.total, view.unit, "nanoseconds")
    share = f"({percentage(int(counted), view.duration_ns)})" if unit == "ns" and counted else ""
    return f"Duration: {took}, Total samples = {amounts(view).text(view.total)} {share}"
