"""Pages and parts of pages, from templates that escape whatever they are given."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from heapwise import __version__
from heapwise.model.watch import Alert, Captured, Health, Severity
from heapwise.names import visible
from heapwise.report.embed import inline, policy, templates
from heapwise.report.flame_html import Page
from heapwise.units import NS_PER_S, format_count, format_share, format_span, format_value, how_many
from heapwise.web.watch.services import Sparks

_WIDTH, _HEIGHT = 120, 28
_ALERT_LOOKS = {Severity.PAGE: "bad", Severity.WARN: "warn", Severity.CAPTURE: "note"}
_HEALTH_LOOKS = {
    Health.UP: "good", Health.DOWN: "bad", Health.STRANGE: "warn", Health.NEW: "none",
}  # fmt: skip


def render(template: str, **values: Any) -> Page:
    """A page, sealed by a policy that lets it talk to nobody but the server it came from."""
    script, style = inline("watch.js"), inline("watch.css")
    seal = policy(script, style, fetches=True, posts=True)
    text = (
        _environment()
        .get_template(f"watch/{template}")
        .render(policy=seal, script=script.code, style=style.code, **values)
    )
    return Page(text, seal)


def part(macro: str, *values: Any) -> Markup:
    """A part of a page, by the name of its macro."""
    made: Markup = getattr(_environment().get_template("watch/macros.html").module, macro)(*values)
    return made


def when(ns: int) -> Markup | str:
    """A moment, which the page's script turns into the reader's own time."""
    try:
        moment = datetime.fromtimestamp(ns // NS_PER_S, UTC)
    except (OverflowError, ValueError, OSError):
        return "–"
    exact, shown = moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}">{}</time>').format(exact, shown)


def spark(values: Sparks) -> Markup:
    """A line on a ground of zero, so that a wiggle looks like one; gaps where nothing is known."""
    highest = max((each for each in values if each is not None), default=0.0)
    if highest <= 0:
        return Markup("")
    step = _WIDTH / max(1, len(values) - 1)
    moves = []
    for at, value in enumerate(values):
        if value is None:
            continue
        y = _HEIGHT - 1 - (_HEIGHT - 2) * value / highest
        # A line to itself is what shows of a value that has no neighbours.
        begins = at == 0 or values[at - 1] is None
        moves.append(f"M{at * step:.1f} {y:.1f}h0" if begins else f"L{at * step:.1f} {y:.1f}")
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="{}"/></svg>'
    ).format(_WIDTH, _HEIGHT, "".join(moves))


def amount(value: float, unit: str) -> str:
    """A figure of an alert; its times may be days."""
    return format_span(value) if unit == "ns" else format_value(value, unit)


def quoted(name: str) -> str:
    """A name as a part of an address, and wherever the page's script has to know it exactly."""
    return quote(name, safe="", errors="replace")


def is_drawable(captured: Captured) -> bool:
    """Whether the flame view can show it: an execution trace is no profile."""
    return captured.kind != "trace"


def look(alert: Alert) -> str:
    """The class of an alert's colour: grey where it bothers nobody any more."""
    return "none" if alert.silenced or alert.ended_ns is not None else _ALERT_LOOKS[alert.severity]


def _spelled_out(value: Any) -> Any:
    """What the template prints, with hidden characters made visible."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    environment = templates(finalize=_spelled_out, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "amount": amount,
        "count": format_count,
        "health_look": _HEALTH_LOOKS.__getitem__,
        "look": look,
        "many": how_many,
        "quoted": quoted,
        "share": format_share,
        "spark": spark,
        "value": format_value,
        "when": when,
    }
    environment.tests |= {"drawable": is_drawable}
    environment.globals |= {"version": __version__}
    return environment
