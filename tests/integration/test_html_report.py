"""The HTML report in a real browser, opened from a file."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from heapwise.model.report import Series, Timeline
from heapwise.report.html import render_html
from heapwise.units import format_value
from support import reports
from support.browser import Browser, Page, chromium, find_chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium found: the page was not opened"
    ),
]

UNITS_JS = Path(__file__).parents[2] / "web/src/units.js"

# A canvas is read through a copy: Chromium warns when a page's own is read more than once.
PIXELS = """
const pixels = (canvas, top, height) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, top, canvas.width, height).data;
};
"""

# How many pixels of each canvas are painted, how many of them in the recording's colour (the
# hue of its main line), and the topmost row that has some.
INK = f"""(() => {{ {PIXELS} return [...document.querySelectorAll('canvas')].map(canvas => {{
  const data = pixels(canvas, 0, canvas.height);
  const role = (canvas.closest('figure').querySelector('strong') || {{}}).className || 'only';
  const name = role === 'before' ? '--before' : '--after';
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const want = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
  let painted = 0, main = 0, top = null;
  for (let at = 0; at < data.length; at += 4) {{
    painted += data[at + 3] > 0;
    if (data[at + 3] > 200 && want.every((part, i) => Math.abs(data[at + i] - part) < 12)) {{
      main += 1;
      top ??= Math.floor(at / 4 / canvas.width);
    }}
  }}
  const kind = canvas.closest('[data-chart]').dataset.chart;
  return {{ kind, role, painted, main, top, height: canvas.height }};
}}); }})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as started:
        yield started


def page_of(browser: Browser, tmp_path: Path, text: str) -> Page:
    """The report opened in a tab of its own, from a file."""
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.open(path.as_uri())
    return page


@pytest.fixture
def one(browser: Browser, tmp_path: Path) -> Page:
    """The report of one recording."""
    return page_of(browser, tmp_path, render_html([reports.before()]))


@pytest.fixture
def two(browser: Browser, tmp_path: Path) -> Page:
    """Before and after."""
    text = render_html([reports.before(), reports.after()], reports.comparison())
    return page_of(browser, tmp_path, text)


def assert_quiet(page: Page) -> None:
    """No console output, no exception, no violation, no request but for the file itself."""
    assert page.complaints == []
    assert [url for url in page.requests if not url.endswith("/report.html")] == []
    assert all(url.startswith("file://") for url in page.requests)


def test_opens_from_a_file_without_a_sound(one: Page) -> None:
    """One recording opens under its own policy, without console output or network."""
    assert_quiet(one)
    assert one.screenshot("report-one.png").stat().st_size > 50_000


def test_a_single_hit_is_drawn(browser: Browser, tmp_path: Path) -> None:
    """No line leads through one value: it stands as a point in every chart of the load."""
    lone = {
        kind: tuple(replace(line, x=(0.5,), y=(2e6 + at * 1e6,)) for at, line in enumerate(lines))
        for kind, lines in (
            ("latency", reports.before().timeline.latency),
            ("rate", reports.before().timeline.rate),
            ("percentiles", reports.before().timeline.percentiles),
        )
    }
    page = page_of(browser, tmp_path, render_html([
        replace(reports.before(), timeline=Timeline(**lone)),
    ]))  # fmt: skip
    ink = {chart["kind"]: chart["main"] for chart in page.eval(INK)}
    assert set(ink) == set(lone)
    assert all(pixels > 10 for pixels in ink.values()), ink
    assert_quiet(page)


def test_every_curve_of_latency_by_percentile_has_its_own_look(two: Page) -> None:
    """Four curves, latency and service time of two runs: no two in the same colour and dash."""
    looks = two.eval(
        "[...document.querySelectorAll('[data-chart=percentiles] .key i')]"
        ".map(each => each.style.borderTopColor)"
    )
    assert len(looks) == len(set(looks)) == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_before_and_after_fits_every_screen(two: Page, width: int, scheme: str) -> None:
    """Nothing runs over the edge at either width, and the charts follow the window."""
    two.prefer(scheme)
    two.resize(width)
    two.screenshot(f"report-two-{width}-{scheme}.png")
    assert two.eval("document.documentElement.scrollWidth") <= width
    overflow = (
        "[...document.querySelectorAll('canvas')].filter(each =>"
        "each.getBoundingClientRect().right > innerWidth).length"
    )
    assert two.eval(overflow) == 0
    assert_quiet(two)


def test_every_chart_is_drawn(two: Page) -> None:
    """Each recording has its three charts over time and both share the percentiles."""
    drawn = two.eval(INK)
    assert [(chart["kind"], chart["role"]) for chart in drawn] == [
        ("heap", "before"), ("heap", "after"), ("latency", "before"), ("latency", "after"),
        ("percentiles", "only"), ("rate", "before"), ("rate", "after"),
    ]  # fmt: skip
    assert all(chart["painted"] > 1000 and chart["main"] > 100 for chart in drawn)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        pytest.param((), (), id="empty"),
        pytest.param((3.0,), (7e6,), id="one point"),
        pytest.param((0.0, 1.0), (0.0, 0.0), id="all zero"),
        pytest.param((0.0, 1.0), (None, None), id="nothing known"),
        pytest.param((0.0, 1.0, 2.0), (1e6, None, 2e9), id="a gap"),
    ],
)
def test_sparse_series_do_not_break_the_page(
    browser: Browser, tmp_path: Path, x: tuple[float, ...], y: tuple[float | None, ...]
) -> None:
    """A chart of a run too short to have one is empty or nearly so, on either scale."""
    line = (Series("p50", "ns", x, y),)
    sparse = Timeline(heap=line, latency=line, rate=line, percentiles=line, collections=x)
    page = page_of(browser, tmp_path, render_html([replace(reports.before(), timeline=sparse)]))
    assert page.eval("document.querySelectorAll('canvas').length") == 4
    page.click("[data-chart=latency] button")
    page.click("[data-chart=percentiles] button")
    assert_quiet(page)


def test_the_sawtooth_is_gone(two: Page) -> None:
    """On one scale the heap of before fills the chart with teeth, that of after does not."""
    before, after = two.eval(INK)[:2]
    assert before["main"] > 5 * after["main"]
    # 4 MiB of nearly 6: a scale of its own would lift the line of after to the top as well.
    assert after["top"] - before["top"] > 0.1 * before["height"]


def test_collections_are_drawn_above_the_heap(two: Page) -> None:
    """Few collections stand as ticks with gaps, thousands as a band."""
    covered = two.eval(
        "(() => {"
        + PIXELS
        + """return [...document.querySelectorAll('[data-chart=heap] canvas')].map(canvas => {
          const row = pixels(canvas, 10, 1);
          let count = 0;
          for (let at = 3; at < row.length; at += 4) count += row[at] > 0;
          return count / canvas.width;
        }); })()"""
    )
    assert covered[0] > 0.5
    assert 0.01 < covered[1] < 0.2


def test_a_click_on_a_row_opens_its_call_path(two: Page) -> None:
    """The call path of an owner shows after a click anywhere on its row, and goes with another."""
    path = "document.querySelector('tr[data-path] .path').checkVisibility()"
    assert not two.eval(path)
    two.click("tr[data-path] td.bars")
    assert two.eval(path)
    assert "flate.NewWriter" in two.eval("document.querySelector('tr[data-path] .path').innerText")
    two.click("tr[data-path] td.bars")
    assert not two.eval(path)
    two.click("tr[data-path] summary")
    assert two.eval(path)


def test_the_scale_can_be_changed(two: Page) -> None:
    """The log toggle redraws both panels and says which state it is in."""
    button = "[data-chart=latency] button"
    state = f"document.querySelector('{button}').getAttribute('aria-pressed')"
    logarithmic = two.eval(INK)[2:4]
    assert two.eval(state) == "true"
    two.click(button)
    assert two.eval(state) == "false"
    linear = two.eval(INK)[2:4]
    assert all(a["top"] != b["top"] for a, b in zip(logarithmic, linear, strict=True))
    assert_quiet(two)


def test_the_cursor_reads_values_as_tables_print_them(one: Page) -> None:
    """Under the cursor the key shows the time and each line's value with its unit."""
    box = one.eval(
        "(() => { const it = document.querySelector('[data-chart=latency] .u-over');"
        "it.scrollIntoView({block: 'center'}); const box = it.getBoundingClientRect();"
        "return {x: box.x + box.width / 2, y: box.y + 20}; })()"
    )
    one.call("Input.dispatchMouseEvent", type="mouseMoved", **box)
    one.settle()
    key = one.eval("document.querySelector('[data-chart=latency] .key').innerText").split()
    second = round(float(key[0]) * 4)
    expected = format_value(reports.before().timeline.latency[0].y[second], "ns")
    assert " ".join(key[3:5]) == expected


def test_paper_is_light_whatever_the_screen(one: Page) -> None:
    """A reader in the dark prints charts with dark ink, and gets the dark screen back."""
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink')"
    light = one.eval(ink)
    one.prefer("dark")
    dark = one.eval(ink)
    assert light != dark
    one.eval("window.addEventListener('beforeprint', () => { window.printed = " + ink + "; })")
    assert one.print("report-one.pdf").read_bytes().startswith(b"%PDF")
    assert one.eval("window.printed") == light
    assert one.eval(ink) == dark
    assert_quiet(one)


def test_hostile_names_are_text(browser: Browser, tmp_path: Path) -> None:
    """Names that are scripts, tags, addresses or hidden characters are shown and do nothing."""
    page = page_of(browser, tmp_path, render_html([reports.hostile()]))
    page.screenshot("report-hostile.png", whole=False)
    page.click("tr[data-path] td.bars")
    assert page.eval("window.hacked") is None
    assert page.eval("document.querySelectorAll('img, a, iframe, object').length") == 0
    assert page.eval("document.scripts.length") == 2
    shown = page.eval("document.querySelector('#owners').innerText")
    for text in ("</script><script>window.hacked=1</script>", r"main.\u202egpj.exe\u2066",
                 r"esc\x1b]0;owned\x07", r"two\nlines\u2028and", "{{ 7 * 7 }}${7*7}"):  # fmt: skip
        assert text in shown
    assert r"\u202egpj" in page.eval("document.querySelector('[data-chart=heap] .key').innerText")
    assert_quiet(page)


def test_the_policy_holds_against_code_that_got_in(one: Page) -> None:
    """Even a script that stood in the page would neither run nor reach anything."""
    one.eval(
        """(() => {
          const script = document.createElement('script');
          script.textContent = 'window.hacked = 1';
          const image = document.createElement('img');
          image.src = 'http://127.0.0.1:9/leak';
          image.setAttribute('onerror', 'window.hacked = 2');
          document.body.append(script, image);
        })()"""
    )
    one.settle()
    assert one.eval("window.hacked") is None
    refusals = [text for text in one.complaints if "Content Security Policy" in text]
    assert len(refusals) >= 2
    assert one.eval("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"


def test_numbers_in_charts_equal_those_in_tables(browser: Browser) -> None:
    """The script prints every value in every unit exactly as `heapwise.units` does."""
    dice = random.Random(7)  # noqa: S311 - a fixed series of test values
    values = [0, 0.125, 0.375, 2.5, 12.25, 1000.5, 1023.5, 1024, 999.5, 999_500, 1e15, -3.5, -2048]
    values += [dice.choice((1, -1)) * 10 ** dice.uniform(-2, 12) for _ in range(2000)]
    values += [dice.randrange(10**6) / 8 for _ in range(2000)]
    module = base64.b64encode(UNITS_JS.read_bytes()).decode()
    for unit in ("B", "ns", "count", "share", "/s"):
        printed = browser.new_page().eval(
            f"import('data:text/javascript;base64,{module}').then(units =>"
            f"{json.dumps(values)}.map(value => units.formatValue(value, '{unit}')))"
        )
        expected = [format_value(value, unit) for value in values]
        wrong = [each for each in zip(values, printed, expected, strict=True) if each[1] != each[2]]
        assert wrong == []
