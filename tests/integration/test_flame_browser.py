"""The flame graph's page in a real browser: its figures, its links, and hostile profiles."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heapwise.analysis.aggregate import edges, weigh
from heapwise.analysis.flame import flame_tree
from heapwise.analysis.row_errors import Mass
from heapwise.analysis.sampling_error import interval
from heapwise.analysis.view import Look, Query, look
from heapwise.formats import pprof
from heapwise.model.profile import Profile
from heapwise.report.flame_data import flame_data
from heapwise.report.flame_html import flame_page
from support import goheap
from support.browser import Browser, Page, chromium, find_chromium
from support.profiles import Sample, profile

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium found: the page was not opened"
    ),
]

EVIL = '</script><img src=x onerror="window.pwned=1">\x1b]0;x\x07\n\u202e"><script>pwned=1</script>'
APP = "window.heapwise.app"
ROWS = f"""(tree => [...tree.values()].map(row =>
  [{APP}.name(row.key), row.flatNet, row.cumNet]))({APP}.rows())"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all pages."""
    with chromium() as started:
        yield started


def show(browser: Browser, folder: Path, seen: Look, fragment: str = "") -> Page:
    """A tab with the page of a look, opened from a file and drawn."""
    file = folder / "page.html"
    file.write_text(flame_page(seen.source, flame_data(flame_tree(seen))).text)
    page = browser.new_page()
    page.open(file.as_uri() + fragment)
    drawn(page)
    return page


def drawn(page: Page) -> None:
    """Wait until the data is unpacked and shown."""
    deadline = time.monotonic() + 30
    while not page.eval("!!window.heapwise"):
        assert time.monotonic() < deadline, page.eval("document.body.innerText")
        time.sleep(0.02)
    page.settle()


def change(page: Page, **state: Any) -> None:
    """Show something else, as the controls do."""
    page.eval(f"{APP}.state.set({json.dumps(state)})")
    page.settle()


def press(page: Page, *keys: str) -> None:
    """Type keys where the focus is."""
    for key in keys:
        text = {"text": key} if len(key) == 1 else {}
        page.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        page.call("Input.dispatchKeyEvent", type="keyUp", key=key)
        page.settle()


def seen_of(made: Profile | bytes, sample_type: str = "alloc_space", **query: Any) -> Look:
    """A look at a profile."""
    loaded = pprof.decode(made) if isinstance(made, bytes) else made
    return look(loaded, Query(sample_type=sample_type, **query), source="a heap")


SMALL = profile(
    [
        Sample(("leaf (l.go:1)", "mid (m.go:5)", "main"), (10, 640, 1, 64), {"tenant": "t1"}),
        Sample(("leaf (l.go:2)", "main"), (5, 160, 0, 0), {"tenant": "t2"}),
        Sample(("mid (m.go:6)", "leaf (l.go:9)", "mid (m.go:7)", "main"), (1, 100, 0, 0)),
    ],
    sizes=False,
)


@pytest.mark.go
@pytest.mark.parametrize("workload", ["json", "recursion", "generics"])
def test_the_table_counts_as_top_does(workload: str, browser: Browser, tmp_path: Path) -> None:
    """Flat and cum of every function of a real heap equal those of `heapwise top`."""
    seen = seen_of(goheap.heap(workload))
    page = show(browser, tmp_path, seen)
    weighed = seen.weighed
    wanted = {
        name.decode(): [flat, cum]
        for name, flat, cum in zip(
            weighed.nodes.names, weighed.flat.tolist(), weighed.cum.tolist(), strict=True
        )
        if flat or cum
    }
    assert {name: [flat, cum] for name, flat, cum in page.eval(ROWS)} == wanted


@pytest.mark.go
@pytest.mark.parametrize("workload", ["json", "recursion"])
def test_the_call_graph_has_the_calls_of_tree(
    workload: str, browser: Browser, tmp_path: Path
) -> None:
    """Edges, their weights and what leads across functions left out equal `heapwise tree`'s."""
    seen = seen_of(goheap.heap(workload))
    page = show(browser, tmp_path, seen)
    kept_names, drawn_edges = page.eval(
        f"""(() => {{ const {{ nodes, edges }} = window.heapwise.callGraph(
          {APP}.paths(), {APP}.rows(), 12), name = key => {APP}.name(key);
          return [nodes.map(row => name(row.key)), edges.map(edge =>
            [name(edge.from), name(edge.to), edge.weight, edge.residual])]; }})()"""
    )
    weighed = weigh(seen.profile, seen.sample_type.type, seen.nodes)
    names = [name.decode() for name in weighed.nodes.names]
    found = edges(seen.profile, weighed, np.isin(names, kept_names))
    wanted = sorted(
        [names[caller], names[callee], weight, residual]
        for caller, callee, weight, residual in zip(
            found.callers.tolist(),
            found.callees.tolist(),
            found.weights.tolist(),
            found.residual.tolist(),
            strict=True,
        )
        if weight
    )
    assert sorted(drawn_edges) == wanted


def test_turned_around_a_function_nothing_is_lost(browser: Browser, tmp_path: Path) -> None:
    """Callers and callees of a function both weigh its cum, also where it calls itself."""
    page = show(browser, tmp_path, seen_of(SMALL))
    for name, cum in (("mid", 740), ("main", 900), ("leaf", 900)):
        change(page, focus=name)
        turned = f"{APP}.turned()"
        assert page.eval(f"[{turned}.callers.weight[0], {turned}.callees.weight[0]]") == [cum, cum]
    callers = page.eval(
        f"(({{callers}}) => callers.keys.map((key, node) =>"
        f" [{APP}.name(key), callers.weight[node]]))({APP}.turned())"
    )
    assert sorted(callers) == [["leaf", 900], ["main", 160], ["main", 740], ["mid", 740]]


def test_what_is_hidden_counts_for_its_caller(browser: Browser, tmp_path: Path) -> None:
    """As in pprof's -hide, and the chip that says so takes it back."""
    page = show(browser, tmp_path, seen_of(SMALL))
    change(page, hide=["mid"])
    rows = {name: (flat, cum) for name, flat, cum in page.eval(ROWS)}
    assert rows == {"leaf": (900, 900), "main": (0, 900)}
    page.click(".chip button")
    assert {name for name, *_ in page.eval(ROWS)} == {"leaf", "mid", "main"}


def test_labels_are_a_dimension(browser: Browser, tmp_path: Path) -> None:
    """Stacks can be grouped by a label's values, and narrowed to one of them."""
    page = show(browser, tmp_path, seen_of(SMALL))
    change(page, by="tenant")
    groups = page.eval(
        f"(tree => tree.keys.flatMap((key, node) => tree.depths[node] === 1"
        f" ? [[{APP}.name(key), tree.weight[node]]] : []))({APP}.paths())"
    )
    assert sorted(groups) == [["tenant: none", 100], ["tenant: t1", 640], ["tenant: t2", 160]]
    change(page, by="", only="tenant=t2")
    assert page.eval(ROWS) == [["main", 0, 160], ["leaf", 160, 160]]


def test_sample_types_can_be_switched(browser: Browser, tmp_path: Path) -> None:
    """Every type is in the page; the control offers them."""
    page = show(browser, tmp_path, seen_of(SMALL))
    page.eval(
        "(control => { control.value = 'alloc_objects';"
        "control.dispatchEvent(new Event('change')); })"
        "(document.querySelector('[data-control=type]'))"
    )
    assert page.eval(f"{APP}.paths().weight[0]") == 16
    assert "type=alloc_objects" in page.eval("location.hash")


def test_a_link_shows_what_was_seen(browser: Browser, tmp_path: Path) -> None:
    """The fragment holds the state of the view, and going back undoes a step."""
    page = show(browser, tmp_path, seen_of(SMALL))
    change(page, focus="leaf", hide=["main"], type="alloc_objects", find="mid", only="tenant=t1")
    link = page.eval("location.hash")
    state = f"(({{focus, hide, type, find, only}}) => [focus, hide, type, find, only])({APP}.state)"
    wanted = ["leaf", ["main"], "alloc_objects", "mid", "tenant=t1"]
    again = show(browser, tmp_path, seen_of(SMALL), link)
    assert again.eval(state) == wanted
    again.eval("window.heapwise.app.state.set({ focus: '' })")
    again.eval("new Promise(done => { onhashchange = () => setTimeout(done); history.back(); })")
    assert again.eval(state) == wanted


@pytest.mark.parametrize(
    "fragment",
    [
        "#focus=gone&hide=gone&type=none&by=none&only=x&x=5-1",
        "#tab=%00&x=NaN-NaN&%%%",
        "#" + "a" * 9999,
    ],
)
def test_a_link_to_what_is_not_there_shows_the_rest(
    fragment: str, browser: Browser, tmp_path: Path
) -> None:
    """A link may be older than the profile, or made by somebody else."""
    page = show(browser, tmp_path, seen_of(SMALL), fragment)
    assert page.eval("document.querySelectorAll('[role=tabpanel]:not([hidden])').length") == 1
    assert page.complaints == []


def test_the_keyboard_goes_everywhere(browser: Browser, tmp_path: Path) -> None:
    """Arrows walk along calls and say where they are; other keys do what the mouse can."""
    page = show(browser, tmp_path, seen_of(SMALL))
    page.eval("document.getElementById('stage').focus()")
    detail = "document.getElementById('detail').querySelector('b').textContent"
    press(page, "ArrowDown")
    assert page.eval(detail) == "all"
    press(page, "ArrowDown", "ArrowDown")
    assert page.eval(detail) == "mid"
    press(page, "ArrowRight")
    assert page.eval(detail) == "leaf"
    press(page, "ArrowUp")
    assert page.eval(detail) == "main"
    press(page, "ArrowDown", "Enter")
    assert page.eval(f"{APP}.state.focus") == "mid"
    press(page, "ArrowUp", "ArrowUp")
    assert page.eval(detail) == "main"
    press(page, "Escape")
    assert page.eval(f"{APP}.state.focus") == ""
    press(page, "/")
    assert page.eval("document.activeElement.dataset.control") == "find"
    press(page, *"leaf")
    assert page.eval("document.querySelector('[data-control=matched]').textContent") == "100.0 %"
    press(page, "Escape")
    assert page.eval(f"{APP}.state.find") == ""


def test_a_click_turns_the_graph_and_the_menu_has_the_rest(
    browser: Browser, tmp_path: Path
) -> None:
    """The box under the mouse is the one that is drawn there."""
    page = show(browser, tmp_path, seen_of(SMALL))
    at = page.eval(
        "(box => ({ x: box.x + 20, y: box.y + 30 }))"
        "(document.querySelector('.stage canvas').getBoundingClientRect())"
    )
    for button, action in (("right", "Hide this function"), ("left", "")):
        for kind in ("mousePressed", "mouseReleased"):
            page.call("Input.dispatchMouseEvent", type=kind, button=button, clickCount=1, **at)
        page.settle()
        if action:
            texts = page.eval(
                "[...document.querySelectorAll('#menu button')].map(b => b.innerText)"
            )
            assert action in texts
            press(page, "Escape")
    assert page.eval(f"{APP}.state.focus") == "main"


def test_hostile_names_are_only_text(browser: Browser, tmp_path: Path) -> None:
    """Tags, quotes, control and direction characters do nothing in any view."""
    sample = Sample((f"{EVIL} ({EVIL}:1)", "main"), (1, 8, 1, 8), {EVIL: EVIL, "x": EVIL})
    evil = look(profile([sample], comments=[EVIL]), Query(), source=EVIL)
    page = show(browser, tmp_path, evil)
    for tab in ("table", "graph", "source", "flame"):
        change(page, tab=tab, by="x", line=page.eval(f"{APP}.profile.names[0]"))
    change(page, focus=page.eval(f"{APP}.profile.names[0]"), find="(")
    assert page.eval("window.pwned") is None
    assert page.eval("document.querySelectorAll('img').length") == 0
    assert "\u202e" not in page.eval("document.documentElement.innerText")
    assert page.complaints == []
    assert page.requests == [page.eval("location.href.split('#')[0]")]


def test_a_difference_shows_what_went_and_what_came(browser: Browser, tmp_path: Path) -> None:
    """Gone, less, more and new have colours of their own, and the table both sides."""
    made = [
        Sample(("gone", "main"), (-1, -100)),
        Sample(("new", "main"), (1, 50)),
        Sample(("same", "main"), (-1, -70)),
        Sample(("same", "main"), (1, 70)),
    ]
    page = show(browser, tmp_path, seen_of(profile(made, sizes=False)))
    row = f"(name => {APP}.rows().get({APP}.profile.find(name)))"
    gone, new, same = (
        page.eval(f"(row => {APP}.colours.ofChange(row.cumNet / row.cum))({row}({name!r}))")
        for name in ("gone", "new", "same")
    )
    assert len({gone, new, same}) == 3
    change(page, tab="table")
    cells = page.eval(
        "[...document.querySelectorAll('.rows tbody tr')].map(row =>"
        "[...row.cells].map(cell => cell.innerText))"
    )
    assert ["100 B", "0 B", "−100 B", "−100 B", "gone"] in cells
    assert ["0 B", "50 B", "+50 B", "+50 B", "new"] in cells
    assert ["70 B", "70 B", "0 B", "0 B", "same"] in cells


def test_lines_are_those_of_the_function(browser: Browser, tmp_path: Path) -> None:
    """The source view has flat and cum of each line, as `heapwise list` has."""
    page = show(browser, tmp_path, seen_of(SMALL), "#tab=source&line=leaf")
    rows = page.eval(
        "[...document.querySelectorAll('table.code tbody tr')].map(row =>"
        "[...row.cells].slice(0, 3).map(cell => cell.innerText))"
    )
    assert rows == [["640 B", "640 B", "1"], ["160 B", "160 B", "2"], ["", "100 B", "9"]]


def test_intervals_are_those_of_the_analysis(browser: Browser, tmp_path: Path) -> None:
    """The page works out 95 % intervals of what a filter leaves; both formulas agree."""
    page = show(browser, tmp_path, seen_of(SMALL))
    source = random.Random(1)  # noqa: S311 - the same cases every time, not a secret
    cases = [
        (value, source.choice([0.0, value * 10, value**2 / source.uniform(1, 50)]))
        for value in (0.0, *(10 ** source.uniform(0, 12) for _ in range(200)))
    ]
    found = page.eval(f"{json.dumps(cases)}.map(each => window.heapwise.interval(...each))")
    for (value, variance), (low, high) in zip(cases, found, strict=True):
        wanted = interval(value, variance)
        assert (low, high) == pytest.approx((wanted.low, wanted.high), rel=1e-9)
    pinned = (10**13, 10**20)
    found = page.eval(
        f"{json.dumps(cases)}.map(each => window.heapwise.pinnedInterval(...each, {list(pinned)}))"
    )
    for (value, variance), (low, high) in zip(cases, found, strict=True):
        wanted = Mass(value, variance).interval(pinned=Mass(*pinned))
        assert (low, high) == pytest.approx((wanted.low, wanted.high), rel=1e-6)


def test_light_and_dark_are_both_drawn(browser: Browser, tmp_path: Path) -> None:
    """The canvas follows the reader's scheme."""
    page = show(browser, tmp_path, seen_of(SMALL))
    pixel = """(canvas => { const copy = new OffscreenCanvas(1, 1).getContext('2d');
      copy.drawImage(canvas, -5, -5); return [...copy.getImageData(0, 0, 1, 1).data]; })
      (document.querySelector('.stage canvas'))"""
    page.prefer("light")
    light = page.eval(pixel)
    page.prefer("dark")
    page.settle()
    assert sum(page.eval(pixel)[:3]) < sum(light[:3]) - 150


def test_every_control_has_a_name(browser: Browser, tmp_path: Path) -> None:
    """Whoever hears the page learns what each control does."""
    page = show(browser, tmp_path, seen_of(SMALL))
    for tab in ("flame", "table", "graph", "source"):
        change(page, tab=tab, focus="leaf")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        nameless = [
            node["role"]["value"]
            for node in nodes
            if node["role"]["value"] in {"button", "combobox", "checkbox", "searchbox", "tab"}
            and not node["name"]["value"]
        ]
        assert nameless == []
    assert page.complaints == []


def test_the_server_shows_the_same_page(browser: Browser, tmp_path: Path) -> None:
    """`heapwise web` in a process of its own: the page fetches its data, and nothing else."""
    heap = tmp_path / "heap.pb.gz"
    heap.write_bytes(pprof.encode(SMALL))
    command = [sys.executable, "-m", "heapwise", "web", "-http=127.0.0.1:0", str(heap)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = process.stderr.readline().split()[1]
            assert url.startswith("http://127.0.0.1:")
            page = browser.new_page()
            page.open(url)
            drawn(page)
            assert page.eval(f"{APP}.paths().weight[0]") == 64
            assert page.requests == [url, f"{url}data"]
            assert page.complaints == []
        finally:
            process.terminate()
