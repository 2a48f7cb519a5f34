"""The plot of a load in a real browser, opened from a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import Browser, Page, chromium, find_chromium
from support.load_hits import as_lines, simulated

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium found: the page was not opened"
    ),
]

# Per canvas: its chart, the pixels painted, those in the colour of what failed, and the topmost
# row that is in the colour of the dots.
INK = """[...document.querySelectorAll('canvas')].map(canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const style = getComputedStyle(document.documentElement);
  const hex = name => style.getPropertyValue(name).trim();
  const parts = name => [1, 3, 5].map(at => parseInt(hex(name).slice(at, at + 2), 16));
  const bad = parts('--bad'), main = parts('--after');
  const near = (at, want) => want.every((part, i) => Math.abs(data[at + i] - part) < 16);
  let painted = 0, failed = 0, top = null;
  for (let at = 0; at < data.length; at += 4) {
    painted += data[at + 3] > 0;
    failed += data[at + 3] > 200 && near(at, bad);
    if (data[at + 3] > 60 && near(at, main)) top ??= Math.floor(at / 4 / canvas.width);
  }
  const kind = canvas.closest('[data-chart]').dataset.chart;
  return { kind, painted, failed, top, height: canvas.height };
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as started:
        yield started


def plotted(browser: Browser, folder: Path, *loads: bytes) -> Page:
    """The page that `heapwise plot` makes of hits, opened in a tab of its own."""
    page = folder / "plot.html"
    subprocess.run(
        [sys.executable, "-m", "heapwise", "plot", "-", "-quiet", "-o", str(page), "--force"],
        input=b"".join(loads), check=True, timeout=60,
    )  # fmt: skip
    tab = browser.new_page()
    tab.open(page.as_uri())
    return tab


def assert_quiet(page: Page) -> None:
    """No console output, no exception, no violation, no request but for the file itself."""
    assert page.complaints == []
    assert [url for url in page.requests if not url.endswith("/plot.html")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_of_a_load_is_drawn(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Latency and service time beside each other, rate and percentiles below; on either ground."""
    page = plotted(browser, tmp_path, as_lines(simulated(stall=True)))
    page.prefer(scheme)
    ink = page.eval(INK)
    assert [chart["kind"] for chart in ink] == ["hits", "hits", "rate", "percentiles"]
    assert all(chart["painted"] > 1000 for chart in ink)
    assert all(chart["failed"] > 20 for chart in ink[:2])
    assert page.screenshot(f"plot-{scheme}.png").stat().st_size > 50_000
    assert_quiet(page)


def test_the_peak_survives_thinning(browser: Browser, tmp_path: Path) -> None:
    """One hit of fifty thousand that took a second stands at the top of its chart."""
    page = plotted(browser, tmp_path, as_lines(simulated(50_000)))
    ink = page.eval(INK)
    assert ink[0]["kind"] == "hits"
    assert 0 <= ink[0]["top"] < ink[0]["height"] * 0.15
    assert_quiet(page)


def test_hits_without_a_time_of_sending_have_one_chart(browser: Browser, tmp_path: Path) -> None:
    """Vegeta's do not say when they were due: nothing is drawn twice, and the page says so."""
    page = plotted(browser, tmp_path, as_lines(simulated()))
    kinds = [chart["kind"] for chart in page.eval(INK)]
    assert kinds == ["hits", "rate", "percentiles"]
    assert "when they were due is not known" in page.eval("document.body.textContent")
    assert_quiet(page)


def test_loads_stand_below_each_other(browser: Browser, tmp_path: Path) -> None:
    """Each with its name and its charts, at any width; a click makes the scale linear."""
    page = plotted(
        browser, tmp_path,
        as_lines(simulated(1, stall=True), name="<i>\u202eone"),
        as_lines(simulated(2000, stall=True), name="two", later_ns=10**12),
    )  # fmt: skip
    page.resize(800)
    assert page.eval("document.documentElement.scrollWidth") <= 800
    page.click("[data-chart=hits] button")
    names = page.eval("[...document.querySelectorAll('figcaption strong')].map(e => e.textContent)")
    assert set(names) == {"<i>\\u202eone", "two"}
    assert_quiet(page)


def test_a_drag_zooms_and_a_double_click_goes_back(browser: Browser, tmp_path: Path) -> None:
    """Between the two the chart shows what was under the mouse, peak and all its neighbours."""
    page = plotted(browser, tmp_path, as_lines(simulated(stall=True)))
    before = page.eval(INK)[0]
    box = page.eval(
        "(() => { const it = document.querySelector('[data-chart=hits] .u-over');"
        "it.scrollIntoView({block: 'center'}); const box = it.getBoundingClientRect();"
        "return {x: box.x, y: box.y, width: box.width, height: box.height}; })()"
    )
    y = box["y"] + box["height"] / 2
    moves = [
        ("mouseMoved", 0.4), ("mousePressed", 0.4), ("mouseMoved", 0.5), ("mouseMoved", 0.6),
        ("mouseReleased", 0.6),
    ]  # fmt: skip
    for kind, share in moves:
        x = box["x"] + share * box["width"]
        page.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, x=x, y=y)
    page.settle()
    closer = page.eval(INK)[0]
    assert closer != before
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            x = box["x"] + 0.3 * box["width"]
            page.call(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=count, x=x, y=y
            )
    page.settle()
    assert page.eval(INK)[0] == before
    assert_quiet(page)
