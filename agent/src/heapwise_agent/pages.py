"""The index page, as Go's."""

from __future__ import annotations

from html import escape

from heapwise_agent.asked import Asked
from heapwise_agent.messages import Response, respond
from heapwise_agent.source import Source
from heapwise_agent.version import VERSION

_ENTRIES = (
    ("allocs", "?debug=1", "All allocations since the start, by stack"),
    ("cmdline", "", "The command line of this program, without its secrets"),
    ("gc", "?debug=1", "Pauses of the garbage collector, by the stack that they hit"),
    ("gc/events", "", "Collections one by one, as JSON"),
    ("goroutine", "?debug=1", "The same as threads"),
    (
        "heap",
        "?debug=1",
        "Live objects, by the stack that allocated them; gc=1 collects garbage first",
    ),
    (
        "profile",
        "",
        "CPU profile; seconds=N for another duration than 30, mode=wall for waiting threads too",
    ),
    ("threads", "?debug=1", "Stacks of all threads and asyncio tasks; debug=2 with their names"),
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>/debug/pprof/</title>
<style>td:first-child {{ text-align: right; padding-right: 1em }}</style>
</head>
<body>
<p>heapwise-agent {version}{note}</p>
<table>
<thead><tr><td>Count</td><td>Profile</td></tr></thead>
{rows}
</table>
<ul>
{words}
</ul>
<p><a href="../vars">counters</a></p>
</body>
</html>
"""


def index(_asked: Asked, source: Source) -> Response:
    """What there is; threads and tasks are counted, which clients use to watch them."""
    count = source.activity_count()
    counts = {"goroutine": count, "threads": count}
    rows = [
        f"<tr><td>{counts.get(name, '')}</td><td><a href='{name}{query}'>{name}</a></td></tr>"
        for name, query, _ in _ENTRIES
    ]
    words = [f"<li>{name}: {escape(text)}.</li>" for name, _, text in _ENTRIES]
    why_not = source.why_no_heap()
    page = _PAGE.format(
        version=VERSION,
        note=escape(f"; no heap profiles: {why_not}" if why_not else ""),
        rows="\n".join(rows),
        words="\n".join(words),
    )
    return respond(page.encode("utf-8", "backslashreplace"), "text/html; charset=utf-8")
