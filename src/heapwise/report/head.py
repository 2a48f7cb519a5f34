"""What stands above the rows of every view of a profile, in pprof's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from heapwise.formats.measurement import Amounts, label, percentage, scale
from heapwise.model.dot import Drawing
from heapwise.model.tables import Ranking, View

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def amounts(view: View) -> Amounts:
    """How the values of a view are printed."""
    decimals = bool(view.per) and view.unit == "count"
    return Amounts(view.unit, view.shown_unit, view.ratio, decimals=decimals)


def head_lines(view: View) -> list[str]:
    """What was profiled, which values are shown, when and for how long."""
    source = [f"Source: {view.source}"] if view.source else []
    return [*source, *_profile_lines(view), *(f"Note: {note}" for note in view.notes)]


def _profile_lines(view: View) -> list[str]:
    texts = [("File", view.binary), ("Build ID", view.build_id)]
    lines = [f"{name}: {text}" for name, text in texts if text]
    lines += [comment for comment in view.comments if not comment.startswith("#")]
    lines.append(f"Type: {view.sample_type}")
    if view.doc_url:
        lines.append(f"Doc: {view.doc_url}")
    if view.time_ns:
        lines.append(f"Time: {local_time(view.time_ns):%Y-%m-%d %H:%M:%S %Z}")
    if view.duration_ns:
        lines.append(_duration(view))
    return lines


def ranking_lines(view: Ranking, shown: list[int]) -> list[str]:
    """The head of a view of nodes; ``shown`` are the flat weights of those that are shown."""
    return [*head_lines(view), *_shown_lines(view, shown)]


def dot_legend(drawn: Drawing) -> list[str]:
    """The same for a drawn graph, in pprof's words alone."""
    calls = []
    if drawn.dropped_calls:
        edges = "edge" if drawn.dropped_calls == 1 else "edges"
        least = amounts(drawn).text(drawn.lightest_call)
        calls.append(f"Dropped {drawn.dropped_calls} {edges} (freq <= {least})")
    return [*_profile_lines(drawn), *_shown_lines(drawn, [box.flat for box in drawn.boxes], calls)]


def _shown_lines(view: Ranking, shown: list[int], dropped: Sequence[str] = ()) -> list[str]:
    """Filters, and how much they and the trimming leave; ``dropped`` is what else goes unseen."""
    text = amounts(view).text
    lines: list[str] = []
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
    lines += dropped if view.total else ()
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
