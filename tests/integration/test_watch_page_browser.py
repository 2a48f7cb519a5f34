"""The page of a watcher in a real browser: what is drawn, what arrives, and what stays inert."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from heapwise.model.watch import Alert, Deploy, Health, PathGrowth, Severity
from heapwise.units import NS_PER_S
from support import goheap
from support.browser import Browser, Page, chromium, find_chromium
from support.profiles import Sample, profile_bytes
from support.watch_page import HOSTILE, MIB, NOW_NS, Imagined, Served, served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium found: the page was not opened"
    ),
]

HEAP = profile_bytes(
    [Sample(("leaf (src/leaf.go:7)", "main (src/main.go:3)"), (1, 80, 1, 80))], sizes=False
)

# Of every chart that is shown: its kind, how much is painted, and how much of it is an alert.
INK = """[...document.querySelectorAll('[data-chart]:not([hidden])')].map(place => {
  const canvas = place.querySelector('canvas');
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const hex = getComputedStyle(document.documentElement).getPropertyValue('--bad').trim();
  const bad = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
  let painted = 0, shaded = 0;
  for (let at = 0; at < data.length; at += 4) {
    painted += data[at + 3] > 0;
    shaded += data[at + 3] > 0 && data[at + 3] < 90
      && bad.every((part, i) => Math.abs(data[at + i] - part) < 24);
  }
  return { kind: place.dataset.chart, painted, shaded };
})"""
ROWS = """[...document.querySelectorAll('#services tbody tr')]
  .filter(row => !row.hidden).map(row => row.dataset.name)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as started:
        yield started


@pytest.fixture
def watched() -> Imagined:
    """Some services; one instance of the first leaks, another is down."""
    made = Imagined()
    made.runs("checkout", "10.0.0.7:6060", live_mib=90, grows=5)
    made.runs("checkout", "10.0.0.8:6060", live_mib=110)
    made.runs("checkout", "10.0.0.9:6060", health=Health.DOWN, problem="no answer within 5 s")
    for number in range(8):
        made.runs(f"service-{number}", f"10.1.0.{number}:6060", live_mib=20 + 9 * number)
    made.deployed.append(
        Deploy(service="checkout", build="v1.4.2", before="v1.4.1", at_ns=_hours_ago(4))
    )
    return made


@pytest.fixture
def page(watched: Imagined) -> Iterator[Served]:
    """The real server on loopback."""
    with served(watched) as it:
        yield it


def _hours_ago(hours: float) -> int:
    return NOW_NS - round(hours * 3600) * NS_PER_S


def leak(watched: Imagined) -> Alert:
    """The alert of the first instance of checkout, with its evidence."""
    target = watched.targets["checkout/10.0.0.7:6060"].target
    path = "main.serve > cart.add > cart.remember"
    return watched.raises(
        target,
        grows=(PathGrowth(path=path, growth=60.0 * MIB, share=0.93, confirmed=4),),
        captures=(watched.took(target, 1, HEAP), watched.took(target, 2, HEAP)),
        commands=("heapwise diff 'first.pb.gz' \"second.pb.gz\"",),
    )


def until(page: Page, expression: str) -> None:
    """Wait until something holds in the page."""
    deadline = time.monotonic() + 30
    while not page.eval(f"!!({expression})"):
        assert time.monotonic() < deadline, page.eval("document.body.innerText")[:2000]
        time.sleep(0.05)
    page.settle()


def shown(browser: Browser, page: Served, path: str) -> Page:
    """A tab with one of the pages."""
    tab = browser.new_page()
    tab.open(page.address.rstrip("/") + path)
    return tab


def follow(tab: Page, selector: str) -> None:
    """Click what leads to another page, and wait until that is there."""
    tab.loaded = False
    tab.eval(f"void setTimeout(() => document.querySelector({json.dumps(selector)}).click())")
    tab.browser.pump_until(lambda: tab.loaded)
    tab.settle()


def assert_quiet(tab: Page, page: Served) -> None:
    """No console output, no exception, no violation, no request to anybody else."""
    assert tab.complaints == []
    assert {urlsplit(url).netloc for url in tab.requests} == {f"127.0.0.1:{page.port}"}
    assert not tab.eval("'pwned' in window")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_needs_somebody_stands_first(
    browser: Browser, watched: Imagined, page: Served, scheme: str
) -> None:
    """Alerts, then what is down, then the rest by name, on either ground."""
    leak(watched)
    watched.raises(watched.targets["service-5/10.1.0.5:6060"].target, "growing", Severity.CAPTURE)
    tab = shown(browser, page, "/")
    tab.prefer(scheme)
    until(tab, "document.getElementById('live').textContent === 'live'")
    rows = tab.eval(ROWS)
    assert rows[:3] == ["checkout", "service-5", "service-0"]
    assert len(rows) == 9
    assert tab.eval("document.querySelectorAll('.spark path').length") == 9
    assert tab.screenshot(f"watch-services-{scheme}.png").stat().st_size > 50_000
    assert_quiet(tab, page)


def test_an_alert_arrives_while_the_page_is_open(
    browser: Browser, watched: Imagined, page: Served
) -> None:
    """The row moves to the top and the alert stands above the table; what is over leaves again."""
    tab = shown(browser, page, "/")
    assert tab.eval(ROWS)[0] == "checkout"  # one instance is down
    target = watched.targets["service-6/10.1.0.6:6060"].target
    alert = watched.raises(target, summary="rises by the hour")
    until(tab, "document.querySelector('#open').textContent.includes('rises by the hour')")
    assert tab.eval(ROWS)[:2] == ["service-6", "checkout"]
    assert tab.eval("document.querySelector('#counts').textContent").endswith("1 open alert")
    del watched.raised[alert.id]
    until(tab, "!document.querySelector('#open').textContent.includes('rises')")
    assert tab.eval(ROWS)[:2] == ["checkout", "service-0"]
    watched.targets.pop("service-7/10.1.0.7:6060")
    until(tab, f"!{ROWS}.includes('service-7')")
    assert_quiet(tab, page)


def test_a_page_survives_its_server(browser: Browser, watched: Imagined) -> None:
    """It says so while there is none, and shows what the next one has, and nothing else."""
    with served(watched) as first:
        tab = shown(browser, first, "/")
        until(tab, "document.getElementById('live').textContent === 'live'")
        assert len(tab.eval(ROWS)) == 9
    until(tab, "document.getElementById('live').textContent === 'not connected'")
    later = Imagined()
    later.runs("another", "a:1")
    later.runs("checkout", "10.0.0.7:6060")
    with served(later, port=first.port):
        until(tab, f"{ROWS}.includes('another')")
        assert tab.eval(ROWS) == ["another", "checkout"]
        assert tab.eval("document.getElementById('live').textContent") == "live"


def test_the_search_narrows_and_goes_on_doing_so(
    browser: Browser, watched: Imagined, page: Served
) -> None:
    """By name, state and problem, also for rows that arrive later; Escape shows all again."""
    tab = shown(browser, page, "/")
    tab.eval("(box => { box.value = 'no answer'; box.dispatchEvent(new Event('input')); })"
             "(document.getElementById('find'))")  # fmt: skip
    assert tab.eval(ROWS) == ["checkout"]
    watched.runs("search", "a:1", health=Health.DOWN, problem="no answer either")
    watched.runs("other", "a:2")
    until(tab, f"{ROWS}.length === 2")
    until(tab, "document.querySelector('[data-name=other]')")
    assert tab.eval(ROWS) == ["checkout", "search"]
    tab.eval("document.getElementById('find').focus()")
    tab.call("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    assert len(tab.eval(ROWS)) == 11
    assert_quiet(tab, page)


def test_a_service_is_drawn_over_time(browser: Browser, watched: Imagined, page: Served) -> None:
    """Six charts with alerts as shading; a click goes further back, a choice leaves one line."""
    leak(watched)
    tab = shown(browser, page, "/service?name=checkout")
    until(tab, "document.querySelectorAll('[data-chart] canvas').length === 6")
    ink = tab.eval(INK)
    assert [each["kind"] for each in ink] == [
        "live", "gc", "pauses", "work", "allocated", "tasks",
    ]  # fmt: skip
    assert all(each["painted"] > 1000 for each in ink)
    assert all(each["shaded"] > 500 for each in ink)
    assert tab.eval("document.querySelectorAll('[data-chart=live] .key span').length") == 4
    assert "62 % of them were seen" in tab.eval("document.body.textContent")
    assert tab.screenshot("watch-service.png").stat().st_size > 80_000

    asked = len(tab.requests)
    tab.click("[data-range='1d']")
    until(tab, "document.querySelector('[data-range=\"1d\"]').ariaPressed === 'true'")
    assert tab.requests[asked:] == [
        f"{page.address}api/timeline?service=checkout&instance=&range=1d"
    ]
    tab.eval("(it => { it.value = it.options[2].value; it.dispatchEvent(new Event('change')); })"
             "(document.querySelector('select[name=instance]'))")  # fmt: skip
    until(tab, "document.querySelector('[data-chart=pauses] .key').textContent.includes('longest')")
    tab.resize(700)
    assert tab.eval("document.documentElement.scrollWidth") <= 700
    assert_quiet(tab, page)


def test_times_are_those_of_the_reader(browser: Browser, watched: Imagined, page: Served) -> None:
    """The server says UTC, the page shows where the reader is."""
    alert = leak(watched)
    assert b"UTC</time>" in page.send(f"/alert?id={alert.id}").body
    tab = browser.new_page()
    tab.call("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    tab.open(f"{page.address}alert?id={alert.id}")
    first = "document.querySelector('time')"
    shown_time, exact = tab.eval(f"[{first}.textContent, {first}.dateTime]")
    assert "UTC" not in shown_time
    hour = (int(exact[11:13]) + 9 - 1) % 12 + 1
    assert f"{hour:02}:{exact[14:16]}" in shown_time


def test_an_alert_shows_its_evidence(browser: Browser, watched: Imagined, page: Served) -> None:
    """Figures, the rising floor, the path that grows, the profiles, and a command to take along."""
    alert = leak(watched)
    tab = shown(browser, page, f"/alert?id={alert.id}")
    until(tab, "document.querySelector('[data-chart=live] canvas')")
    text = tab.eval("document.body.innerText")
    for part in ("42.0 %", "12 h", "cart.remember", "93.0 %", "60.0 MiB", "as received"):
        assert part in text
    (live,) = tab.eval(INK)
    assert live["shaded"] > 500
    tab.click(".copy")
    until(tab, "document.querySelector('.copy').textContent !== 'copy'")
    assert tab.screenshot("watch-alert.png").stat().st_size > 50_000
    assert_quiet(tab, page)


def test_a_silence_is_made_by_the_form(browser: Browser, watched: Imagined, page: Served) -> None:
    """The browser says by itself that the form is ours, and shows the alert again."""
    alert = leak(watched)
    tab = shown(browser, page, f"/alert?id={alert.id}")
    tab.eval("document.querySelector('[name=comment]').value = 'known & <fixed>'")
    follow(tab, "form button")
    assert watched.silenced == [(alert.id, 3600 * NS_PER_S, "known & <fixed>")]
    assert tab.eval("location.search") == f"?id={alert.id}"
    assert_quiet(tab, page)


@pytest.mark.go
def test_a_captured_heap_opens_as_a_flame_graph(
    browser: Browser, watched: Imagined, page: Served
) -> None:
    """A real one, from the link of its alert, with what is live in it shown first."""
    target = watched.targets["checkout/10.0.0.7:6060"].target
    captured = watched.took(target, 3, goheap.heap("json"))
    alert = watched.raises(target, captures=(captured,))
    tab = shown(browser, page, f"/alert?id={alert.id}")
    follow(tab, "a[href='/profile/3/']")
    until(tab, "window.heapwise")
    assert tab.eval("location.pathname") == "/profile/3/"
    assert "heap 3 of checkout/10.0.0.7:6060" in tab.eval("document.body.innerText")
    assert tab.eval("window.heapwise.app.state.type") == "inuse_space"
    assert tab.eval("document.querySelector('#stage canvas').width") > 100
    assert_quiet(tab, page)


def test_growth_opens_as_a_comparison(browser: Browser, watched: Imagined, page: Served) -> None:
    """What is live beyond the first profile of an alert, in the colours of more and less."""
    target = watched.targets["checkout/10.0.0.7:6060"].target
    first, later = (
        profile_bytes(
            [
                Sample(("cart.remember", "main"), (1, size, 1, size)),
                Sample(("cache.fill", "main"), (1, 64, 1, 64)),
            ],
            sizes=False,
        )
        for size in (1000, 5000)
    )
    captures = (watched.took(target, 1, first), watched.took(target, 2, later))
    tab = shown(browser, page, f"/alert?id={watched.raises(target, captures=captures).id}")
    assert tab.eval("document.querySelectorAll('a[href^=\"/growth/\"]').length") == 1
    follow(tab, "a[href='/growth/1/2/']")
    until(tab, "window.heapwise")
    rows = dict(
        tab.eval(
            "(app => [...app.rows().values()].map(row => [app.name(row.key), row.flatNet]))"
            "(window.heapwise.app)"
        )
    )
    assert rows["cart.remember"] == 4000
    assert rows["cache.fill"] == 0
    assert_quiet(tab, page)


def test_hostile_names_do_nothing(browser: Browser, watched: Imagined, page: Served) -> None:
    """Wherever one can stand, also in what arrives later, and in links that lead to it."""
    target = watched.runs(HOSTILE, HOSTILE, health=Health.DOWN, problem=HOSTILE)
    watched.took(target, 9, HEAP, kind=HOSTILE)
    tab = shown(browser, page, "/")
    watched.raises(target, HOSTILE, id=HOSTILE, summary=HOSTILE, commands=(HOSTILE,))
    watched.deployed.append(
        Deploy(service=HOSTILE, build=HOSTILE, before=HOSTILE, at_ns=_hours_ago(1))
    )
    until(tab, "document.querySelector('#open tbody tr')")
    assert tab.eval(f"{ROWS}.filter(name => name.startsWith('<img')).length") == 1
    for link in ("#open a[href^='/alert']", "header a[href='/']", "#services a[href^='/service']"):
        follow(tab, link)
    until(tab, "document.querySelector('[data-chart=live] canvas')")
    assert "<img src=x" in tab.eval("document.body.innerText")
    assert_quiet(tab, page)
