"""What the page of a watcher makes of states and bins, before anything is drawn."""

from __future__ import annotations

import math
import re
import weakref
from collections import UserList
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.watch import Bin, Health, Severity
from heapwise.units import NS_PER_S
from heapwise.watch.scale import Scale
from heapwise.web.watch import ranges
from heapwise.web.watch.board import Board
from heapwise.web.watch.charts import chart_data, view_of_alert
from heapwise.web.watch.html import part, quoted, spark, when
from heapwise.web.watch.services import fold, newest_first, spark_of, word_of
from heapwise.web.watch.timeline import MOST_POINTS, Grid, charts, spacing
from support.watch_page import HOSTILE, NOW_NS, Imagined

BIN_NS = 300 * NS_PER_S


def bins(*lives: float | None, **fields: Any) -> list[Bin]:
    """Bins one after the other, from time 0."""
    return [Bin(begin_ns=at * BIN_NS, stretches=20, live=live, **fields)
            for at, live in enumerate(lives)]  # fmt: skip


# Services


def test_the_worst_word_wins() -> None:
    """A page, then what is down, then warnings, and so on; a silenced alert counts for nothing."""
    watched = Imagined()
    target = watched.runs("a", "1")
    watched.runs("a", "2")
    states = list(watched.states())
    assert word_of(states, []).text == "up"
    growing = watched.raises(target, "growing", Severity.CAPTURE)
    warned = watched.raises(target, "gc-share", Severity.WARN)
    paged = watched.raises(target, "leak", Severity.PAGE)
    quiet = msgspec.structs.replace(paged, silenced=True)
    assert word_of(states, [growing]).text == "growing"
    assert word_of(states, [growing, warned]).text == "gc-share"
    down = [msgspec.structs.replace(states[0], health=Health.DOWN), states[1]]
    assert word_of(down, [growing, warned]).text == "down 1 of 2"
    assert word_of(down, [growing, warned, quiet]).text == "down 1 of 2"
    assert word_of(down, [growing, warned, paged]).text == "leak"


def test_a_service_is_as_bad_as_its_worst_instance() -> None:
    """The largest heap, GC share and pause stand for all; what is allocated is added up."""
    watched = Imagined()
    watched.runs("a", "1", live_mib=100)
    watched.runs("a", "2", live_mib=300)
    folded = fold("a", watched.states(), [], watched.binned, [])
    assert folded.live == watched.targets["a/2"].vitals.live  # type: ignore[union-attr] # it has some
    assert folded.allocated == pytest.approx(40e6)
    assert folded.per_work == pytest.approx(300)
    assert (folded.up, folded.instances, folded.restarts) == (2, 2, 2)


def test_who_does_not_answer_has_no_figures() -> None:
    """What an instance held when it was last heard of is not what its service holds now."""
    watched = Imagined()
    watched.runs("a", "1", live_mib=100)
    watched.runs("a", "2", live_mib=900)
    worst = msgspec.structs.replace(watched.binned["a/2"][-1], gc_share=0.9, pause_p99_ns=9e9)
    watched.binned["a/2"] = (*watched.binned["a/2"][:-1], worst)
    one, other = watched.states()
    down = [one, msgspec.structs.replace(other, health=Health.DOWN)]
    folded = fold("a", down, [], watched.binned, [])
    alone = fold("a", [one], [], watched.binned, [])
    for figure in ("live", "allocated", "per_work", "gc_share", "pause_p99_ns"):
        assert getattr(folded, figure) == getattr(alone, figure), figure
    assert (folded.up, folded.instances) == (1, 2)


def test_what_a_quiet_process_spends_on_collecting_is_in_its_bins() -> None:
    """Its last stretch had no cycle and tells nothing; the bin before does."""
    watched = Imagined()
    watched.runs("a", "1")
    state = watched.targets["a/1"]
    assert state.stretch is not None
    calm = msgspec.structs.replace(
        state, stretch=msgspec.structs.replace(state.stretch, gc_share=None)
    )
    assert fold("a", [calm], [], {}, []).gc_share is None
    assert fold("a", [calm], [], watched.binned, []).gc_share == pytest.approx(0.03, rel=0.1)


def test_nothing_known_is_shown_as_a_dash() -> None:
    """A target that was not asked yet has no figures, which is not to say zeros."""
    watched = Imagined()
    target = watched.runs("a", "1", health=Health.NEW)
    bare = msgspec.structs.replace(watched.targets[target.key], vitals=None, stretch=None)
    row = str(part("service_row", "key", fold("a", [bare], [], {}, [])))
    cells = [re.sub("<[^>]*>", "", cell) for cell in re.findall("<td.*?</td>", row, re.DOTALL)]
    assert cells == ["new", "a", "0 of 1", "–", "", "–", "–", "–", "1", "–"]


def test_the_sparkline_is_that_of_the_largest() -> None:
    """Of all instances, step by step; what is not known is a gap, and zero is the ground."""
    grid = spark_of([bins(1, 5, None), bins(4, 2)], 0, BIN_NS, 4)
    assert grid == [4, 5, None, None]
    drawn = str(spark([1.0, 2.0, None, 4.0, 4.0]))
    assert re.findall("[ML]", drawn) == ["M", "L", "M", "L"]
    assert "M0.0 20.5h0" in drawn
    assert str(spark([None, 0.0])) == ""


# Timelines


@given(
    begin=st.integers(0, 10**19), span=st.integers(0, 10**17), bin_ns=st.integers(1, 10**13)
)  # fmt: skip
def test_a_grid_covers_its_span_in_whole_bins(begin: int, span: int, bin_ns: int) -> None:
    """With at most as many steps as a chart has pixels for, and none to spare."""
    grid = Grid.over(begin, begin + span, bin_ns)
    assert 1 <= grid.steps <= MOST_POINTS
    assert grid.step_ns % bin_ns == 0
    assert (grid.steps - 1) * grid.step_ns < max(span, bin_ns) <= grid.steps * grid.step_ns


@given(st.lists(st.none() | st.floats(0, 1e15), min_size=1, max_size=40), st.integers(1, 7))
def test_thinning_keeps_the_floor(lives: list[float | None], step: int) -> None:
    """Of several bins in one step the least live heap is drawn, and an unknown one is a gap."""
    grid = Grid(0, step * BIN_NS, math.ceil(len(lives) / step))
    known = [each for each in lives if each is not None]
    drawn = charts({"a": bins(*lives)}.items(), grid)
    if not known:
        assert drawn == {}
        return
    line = drawn["live"][0]
    wanted = [
        min((each for each in lives[at : at + step] if each is not None), default=None)
        for at in range(0, len(lives), step)
    ]
    assert list(line.y) == wanted


def test_bins_that_are_far_apart_have_steps_as_wide() -> None:
    """A target that is asked once in three bins' time has a line, not a gap beside every value."""
    rare = [Bin(begin_ns=at * 3 * BIN_NS, stretches=1, live=at + 1.0) for at in range(9)]
    rare += [Bin(begin_ns=rare[-1].begin_ns + 60 * NS_PER_S, stretches=1, live=5.0)]  # restarted
    assert spacing([rare], BIN_NS) == 3 * BIN_NS
    assert spacing([bins(1, 2)], BIN_NS) == spacing([], BIN_NS) == BIN_NS
    assert spacing([bins(1, 2)], 7 * BIN_NS) == 7 * BIN_NS


def test_many_instances_become_three_lines() -> None:
    """Up to eight have one each; of more, the most, the median and the least are drawn."""
    grid = Grid(0, BIN_NS, 2)
    few = charts({str(at): bins(at, at) for at in range(8)}.items(), grid)
    assert [line.name for line in few["live"]] == list("01234567")
    many = charts({str(at): bins(at, at) for at in range(101)}.items(), grid)
    assert [(line.name, line.y) for line in many["live"]] == [
        ("most", (100, 100)), ("median", (50, 50)), ("least", (0, 0)),
    ]  # fmt: skip


def test_a_limit_is_drawn_where_it_is_near() -> None:
    """One that is far above would press the line to the floor; of several instances none is."""
    grid = Grid(0, BIN_NS, 1)
    near, far = bins(100, limit=300), bins(100, limit=900)
    assert [line.name for line in charts({"a": near}.items(), grid)["live"]] == ["a", "limit"]
    assert [line.name for line in charts({"a": far}.items(), grid)["live"]] == ["a"]
    assert len(charts({"a": near, "b": near}.items(), grid)["live"]) == 2


def test_bins_of_all_instances_are_never_held_together() -> None:
    """Two months of hundreds of instances are more than a watcher has memory for."""
    watched = Imagined()
    for at in range(40):
        watched.runs("a", str(at), hours=1)
    alive: weakref.WeakSet[_Held] = weakref.WeakSet()
    most = 0
    read = watched.bins

    def bins_of(key: str, since_ns: int) -> Sequence[Bin]:
        nonlocal most
        held = _Held(read(key, since_ns))
        alive.add(held)
        most = max(most, len(alive))
        return held

    watched.bins = bins_of  # type: ignore[method-assign]
    data = chart_data(watched, "a", "", "all")
    assert [line["name"] for line in data["charts"]["live"]] == ["most", "median", "least"]
    assert data["coverage"] == pytest.approx(0.62)
    assert most <= 2


class _Held(UserList[Bin]):
    """Bins that tell when they are let go."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def test_an_unknown_service_has_empty_charts() -> None:
    """And nothing of any other."""
    watched = Imagined()
    watched.raises(watched.runs("a", "1"))
    data = chart_data(watched, "b", "", "all")
    assert (data["charts"], data["alerts"], data["coverage"]) == ({}, [], None)


# Ranges


def test_an_alert_has_its_chart_when_its_instance_is_gone() -> None:
    """A pod that was killed is watched no more; what it did is what the alert is about."""
    watched = Imagined()
    target = watched.runs("shop", "pod-1", hours=3)
    watched.runs("shop", "pod-2", hours=3)
    del watched.targets[target.key]
    (line,) = chart_data(watched, "shop", "pod-1", "6h")["charts"]["live"]
    assert line["name"] == "pod-1"


def test_ranges_are_in_hours_of_the_watcher() -> None:
    """Where an hour is a minute, six of them are six minutes."""
    assert [label for _, label in ranges.labels(Scale())] == ["1 h", "6 h", "24 h", "3 days", "all"]
    assert ranges.labels(Scale(1 / 60))[1] == ("6h", "6 min")
    assert ranges.begin_of("6h", NOW_NS, Scale(1 / 60)) == NOW_NS - 360 * NS_PER_S
    assert ranges.begin_of("nonsense", NOW_NS, Scale()) == NOW_NS - 6 * 3600 * NS_PER_S
    assert ranges.begin_of("all", NOW_NS, Scale()) == 0


def test_an_alert_is_shown_with_what_led_to_it() -> None:
    """At least the window that it was seen in, and the chart of what it is about."""
    watched = Imagined()
    target = watched.runs("a", "1")
    leak = watched.raises(target)  # of a 12 h window, an hour ago
    assert view_of_alert(leak, NOW_NS, Scale()).range == "1d"
    pauses = watched.raises(target, "pauses", numbers=())
    view = view_of_alert(pauses, NOW_NS, Scale())
    assert (view.range, [kind for kind, *_ in view.charts]) == ("6h", ["live", "pauses"])
    old = watched.raises(target, "tasks", began_ns=NOW_NS - 10**16)
    assert view_of_alert(old, NOW_NS, Scale()).range == "all"


# Parts


def test_only_rows_with_news_are_made_again() -> None:
    """A second look at the same finds nothing; a changed target changes its own row."""
    watched = Imagined()
    watched.runs("a", "1")
    watched.runs("b", "1")
    board = Board(watched, 0.0)
    board.refresh()
    mark, parts = board.since("")
    assert set(parts) == {"service a", "service b", "counts", "alerts", "sinks"}
    board.refresh()
    assert board.since(mark)[1] == {}
    watched.runs("b", "1", live_mib=7, hours=0)
    board.refresh()
    assert set(board.since(mark)[1]) == {"service b"}


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_name_can_be_shown_and_followed(name: str) -> None:
    """Keys and links hold printable ASCII, and the row holds no tag that we did not write."""
    watched = Imagined()
    watched.runs(name, name, hours=0, health=Health.DOWN, problem=name)
    board = Board(watched)
    board.refresh()
    ((row),) = board.rows()[1]
    assert set(re.findall("</?([a-z]+)", row)) <= {"tr", "td", "span", "a", "svg", "path"}
    assert re.fullmatch("[A-Za-z0-9_.~%-]*", quoted(name))
    assert f"/service?name={quoted(name)}" in row


def test_a_moment_that_is_none_is_a_dash() -> None:
    """No year 292277026596 ends the page."""
    assert str(when(NOW_NS)) == '<time datetime="2027-01-15T08:00:00Z">2027-01-15 08:00 UTC</time>'
    assert when(1 << 90) == when(-(1 << 90)) == "–"


def test_alerts_of_hostile_names_are_text() -> None:
    """In the fragment that is sent to open pages, too."""
    watched = Imagined()
    alert = watched.raises(watched.runs(HOSTILE, HOSTILE), HOSTILE, summary=HOSTILE)
    html = str(part("open_alerts", [alert], 0, {}))
    assert "<img" not in html
    assert "<script" not in html
    assert "\u202e" not in html


def test_open_alerts_stand_before_those_that_are_over() -> None:
    """By severity, the newest first, the silenced last of those that are open."""
    watched = Imagined()
    target = watched.runs("a", "1")
    over = watched.raises(target, "over", ended_ns=NOW_NS)
    capture = watched.raises(target, "growing", Severity.CAPTURE)
    silenced = watched.raises(target, "leak", silenced=True)
    older = watched.raises(target, "pauses", began_ns=NOW_NS - 10**13)
    newer = watched.raises(target, "limit")
    assert newest_first([over, capture, silenced, older, newer]) == [
        newer, older, capture, silenced, over,
    ]  # fmt: skip


def test_what_strikes_every_instance_is_one_line() -> None:
    """The worst stands for all of its service and code, and says how many others there are."""
    watched = Imagined()
    for number in range(9):
        watched.raises(watched.runs("checkout", f"10.0.0.{number}"), "leak")
    watched.raises(watched.runs("search", "a"), "leak")
    board = Board(watched)
    board.refresh()
    text = str(board.shown("alerts"))
    assert text.count("<tr>") == 3  # with the head
    assert text.count("and 8 other instances") == 1
    assert "10 open alerts" in board.shown("counts")
