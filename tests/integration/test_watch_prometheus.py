"""A real Prometheus reads what we expose, and understands our rules and our dashboard."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heapwise.model.watch import (
    Alert,
    Health,
    Severity,
    SinkHealth,
    Source,
    Stretch,
    TargetState,
    Vitals,
)
from heapwise.runtimes.go.toolchain import find_go
from heapwise.units import NS_PER_S
from heapwise.watch.export.own import Own, ScrapeTimes
from heapwise.watch.export.prometheus import FIGURES, PREFIX, label_value, render
from heapwise.watch.rules import grafana_dashboard, prometheus_rules
from support.alerting import START, alert, target
from support.alertmanager import until
from support.prometheus import RealPrometheus, prometheus, promtool

GO_SERVICE = Path(__file__).parents[1] / "data" / "goexposed"
HOSTILE = 'a"b\\c\n<script>\x1b]0;x\x07\u202e' + "é" * 300


def state(instance: str = "a", service: str = "checkout", scrapes: int = 1) -> TargetState:
    """A target that tells everything, and worked since the last scrape."""
    vitals = Vitals(
        at_ns=START,
        source=Source.PROMETHEUS,
        runtime="go",
        version="go1.27.3",
        build="1.4.2",
        live=3e6,
        heap=5e6,
        goal=6e6,
        limit=1e9,
        rss=9e6,
        allocated=1e6 * scrapes,
        mallocs=1e3 * scrapes,
        cycles=scrapes,
        pause_total_ns=1e6 * scrapes,
        tasks=12,
        threads=5,
        work=100.0 * scrapes,
    )
    stretch = Stretch(begin_ns=0, end_ns=15 * NS_PER_S, gc_share=0.12, assist_share=0.01)
    return TargetState(
        target=target(instance, service),
        health=Health.UP,
        asked=scrapes,
        failed=scrapes // 2,
        restarts=1,
        took_ns=2_000_000,
        vitals=vitals,
        stretch=stretch,
    )


def own() -> Own:
    """How a watcher with a sink does, whose scrapes took 2 ms, 0.3 s and a minute."""
    times = ScrapeTimes()
    for took_ns in (2_000_000, 300_000_000, 60 * NS_PER_S):
        times.add(took_ns)
    counts, seconds = times.read()
    return Own(
        scrapes=counts,
        scrapes_s=seconds,
        skipped=5,
        store_bytes=4096,
        store_fails=True,
        dropped_rows=3,
        queues={"captures": 2},
        sinks=(SinkHealth(name="slack", sent=7, failed=2, waiting=1, dropped=4),),
    )


@contextmanager
def exporter(*alerts: Alert) -> Iterator[str]:
    """Serves what `render` makes of targets, one of them hostile, one down; ``host:port``."""
    scrapes = iter(range(1, 1_000_000))
    down = msgspec.structs.replace(state("down"), health=Health.DOWN)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            count = next(scrapes)
            states = [state(scrapes=count), state(HOSTILE, HOSTILE, count), down]
            body, content_type = render(states, alerts, own())
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def go_service(folder: Path) -> Iterator[str]:
    """A Go program that exposes what client_golang knows; ``host:port``."""
    find_go().build(GO_SERVICE, folder / "goexposed")
    env = {**os.environ, "GOMEMLIMIT": "1GiB"}
    with subprocess.Popen(
        [folder / "goexposed"], stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[1]
        finally:
            process.kill()


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    """A Prometheus that scrapes both; it takes five seconds before it begins to."""
    folder = tmp_path_factory.mktemp("prometheus")
    silenced = msgspec.structs.replace(alert("b"), silenced=True)
    ended = msgspec.structs.replace(alert("c"), ended_ns=START)
    with (
        exporter(alert("a"), silenced, ended) as us,
        go_service(folder) as service,
        prometheus(folder, {"heapwise": us, "checkout": service}) as running,
    ):
        until(lambda: running.query("increase(heapwise_watch_scrapes_total[5m]) > 0"))
        until(lambda: running.query("increase(go_sched_pauses_total_gc_seconds_count[5m]) > 0"))
        yield running


def value(there: RealPrometheus, expression: str) -> float:
    """The only sample of an expression."""
    (found,) = until(lambda: there.query(expression))
    return float(found["value"][1])


@pytest.mark.go
def test_prometheus_scrapes_what_we_expose(there: RealPrometheus) -> None:
    """Every figure of every target, alerts, and how the watcher does; hostile names are values."""
    for figure in FIGURES:
        name = PREFIX + figure.name + ("_total" if figure.counts else "")
        found = {each["metric"]["instance"] for each in there.query(name)}
        assert found >= {"a", label_value(HOSTILE)}, name
    expected = {
        'target_up{instance="down"}': 0,
        'live_heap_bytes{instance="a"}': 3e6,
        'gc_cpu_share{instance="a"}': 0.12,
        'target_info{instance="a",build="1.4.2"}': 1,
        'alert_began_timestamp_seconds{instance="a"}': START / NS_PER_S,
        "scrape_seconds_count": 3,
        "scrapes_skipped_total": 5,
        'scrape_seconds_bucket{le="0.5"}': 2,
        'alerts_untold{sink="slack"}': 1,
        'notice_failures_total{sink="slack"}': 2,
        'queue_length{queue="captures"}': 2,
        "store_bytes": 4096,
        "store_fails": 1,
    }
    assert {name: value(there, PREFIX + name) for name in expected} == expected
    assert math.isclose(value(there, "heapwise_watch_scrape_seconds_sum"), 60.302)
    assert there.query('heapwise_watch_live_heap_bytes{instance="down"}') == []
    lasting = {
        (each["metric"]["instance"], each["metric"]["silenced"])
        for each in there.query('heapwise_watch_alert{code="leak",severity="page"}')
    }
    assert lasting == {("a", "false"), ("b", "true")}
    rate = 'irate(heapwise_watch_allocated_bytes_total{instance="a"}[1m])'
    assert math.isclose(value(there, rate), 4e6, rel_tol=0.5)
    of_us = '{job="heapwise"}'
    assert value(there, f"up{of_us}") == 1
    kept = value(there, f"scrape_samples_post_metric_relabeling{of_us}")
    assert value(there, f"scrape_samples_scraped{of_us}") == kept


def test_names_are_values_that_stay_apart() -> None:
    """Visible, bounded, and two long names that begin alike are two series."""
    values = [label_value("x" * 300 + end) for end in ("a", "b")]
    assert len(set(values)) == 2
    assert max(map(len, (*values, label_value(HOSTILE)))) <= 200
    assert label_value(HOSTILE).isprintable()


def test_five_hundred_targets_are_rendered_in_no_time() -> None:
    """Some 10,000 series; Prometheus asks every 15 seconds."""
    states = [state(f"10.0.{n // 250}.{n % 250}:6060") for n in range(500)]
    body, _ = render(states, [alert(str(n)) for n in range(100)], own())
    assert body.count(b"\n") > 10_000
    assert len(body) < 2 << 20


@pytest.mark.go
def test_every_expression_returns_data(there: RealPrometheus) -> None:
    """Of the dashboard, from our exporter and from a Go service with client_golang."""
    expressions = list(_expressions(json.loads(grafana_dashboard())))
    assert len(expressions) > 15
    assert [text for text in expressions if not _settled(there, text)] == []
    for rule in _rules():
        there.query(rule["expr"])
    longer = 'count(go_sched_pauses_total_gc_seconds_bucket{le=~"0\\\\.01(0.*)?"})'
    assert value(there, longer) == 1, "the bucket that ends at about 10 ms has another name now"


def _settled(there: RealPrometheus, expression: str) -> bool:
    try:
        return bool(until(lambda: there.query(expression), 8))
    except AssertionError:
        return False


def _expressions(dashboard: dict[str, Any]) -> Iterator[str]:
    """What the panels ask, with everything chosen."""
    for panel in dashboard["panels"]:
        for asked in panel["targets"]:
            yield re.sub(r"\$\w+", ".*", asked["expr"])


def _rules() -> list[dict[str, Any]]:
    """The rules, read by the only YAML there is: lines of ours."""
    rules: list[dict[str, Any]] = []
    for line in prometheus_rules().decode().splitlines():
        found = re.fullmatch(r"\s+(?:- )?(alert|expr|for|summary|description|severity): (.+)", line)
        if found and found[1] == "alert":
            rules.append({"alert": found[2]})
        elif found:
            text = found[2]
            rules[-1][found[1]] = json.loads(text) if text.startswith('"') else text
    return rules


def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    """And they have names of their own, a reason, and a severity or the series' own."""
    (tmp_path / "rules.yml").write_bytes(prometheus_rules())
    assert f"{len(_rules())} rules found" in promtool("check", "rules", tmp_path / "rules.yml")
    names = [rule["alert"] for rule in _rules()]
    assert len(names) == len(set(names)) > 10
    for rule in _rules():
        assert rule["summary"]
        assert len(rule["description"]) > 20
        assert rule.get("severity", "warn") in set(Severity)


def _alert(code: str, severity: str = "page", silenced: str = "false") -> str:
    labels = f'code="{code}",severity="{severity}",silenced="{silenced}"'
    return f'heapwise_watch_alert{{{labels},service="s",instance="i"}}'


PAUSES = "go_sched_pauses_total_gc_seconds"
SHORT = f'{PAUSES}_bucket{{le="0.010485759999999998"}}'
GC, IDLE, ASSIST, CPU = (
    f"go_cpu_classes_{name}_cpu_seconds_total"
    for name in ("gc_total", "gc_mark_idle", "gc_mark_assist", "total")
)
LIVE, LIMIT = "go_gc_heap_live_bytes", "go_gc_gomemlimit_bytes"
US = '{service="s",instance="i"}'
SKIPPED = "heapwise_watch_scrapes_skipped_total"
SCRAPED = "heapwise_watch_scrape_seconds_count"

CASES: dict[str, tuple[dict[str, str], list[dict[str, str]]]] = {
    "HeapwiseLeak": (
        {_alert("leak"): "1x40"},
        [{_alert("leak", silenced="true"): "1x40"}, {_alert("leak", "capture"): "1x40"}, {}],
    ),
    "HeapwiseGrowing": ({_alert("growing"): "1x40"}, [{_alert("growing", "capture"): "1x40"}]),
    "HeapwiseLimit": ({_alert("limit", "warn"): "1x40"}, [{_alert("leak"): "1x40"}]),
    "HeapwiseDetected": (
        {_alert("tasks"): "1x40"},
        [{_alert("tasks", "capture"): "1x40"}, {_alert("leak"): "1x40"}],
    ),
    "HeapwisePauses": ({_alert("pauses", "warn"): "1x40"}, [{_alert("assist"): "1x40"}]),
    "GoLiveHeapNearLimit": (
        {LIVE: "95x40", LIMIT: "100x40"},
        [{LIVE: "95x40", LIMIT: "9.2e18x40"}, {LIVE: "95x12 80x2 95x30", LIMIT: "100x40"}],
    ),
    "HeapwiseGcShareHigh": (
        {f"heapwise_watch_gc_cpu_share{US}": "0.12x40"},
        [{f"heapwise_watch_gc_cpu_share{US}": "0.05x20 0.3x1 0.05x20"}],
    ),
    "HeapwiseGcShareVeryHigh": (
        {f"heapwise_watch_gc_cpu_share{US}": "0.3x40"},
        [{f"heapwise_watch_gc_cpu_share{US}": "0.2x40"}],
    ),
    "GoGcShareHigh": (
        {GC: "0+10x40", IDLE: "0+2x40", CPU: "0+60x40"},
        [{GC: "0+10x40", IDLE: "0+8x40", CPU: "0+60x40"}],
    ),
    "GoGcShareVeryHigh": (
        {GC: "0+20x40", IDLE: "0+1x40", CPU: "0+60x40"},
        [{GC: "0+10x40", IDLE: "0+2x40", CPU: "0+60x40"}],
    ),
    "HeapwiseAssist": (
        {f"heapwise_watch_assist_cpu_share{US}": "0.06x40"},
        [{f"heapwise_watch_assist_cpu_share{US}": "0.04x40"}],
    ),
    "GoGcAssist": ({ASSIST: "0+4x40", CPU: "0+60x40"}, [{ASSIST: "0+2x40", CPU: "0+60x40"}]),
    "GoGcPauses": (
        {f"{PAUSES}_count": "0+100x40", SHORT: "0+90x40"},
        [
            {f"{PAUSES}_count": "0+1000x40", SHORT: "0+995x40"},  # one in 200
            {f"{PAUSES}_count": "0+2x40", SHORT: "0+1.5x40"},  # three in a window
            {f"{PAUSES}_count": "0+100x40", SHORT: "0+100x26 2610+100x13"},  # one window only
        ],
    ),
    "HeapwiseTargetDown": (
        {f"heapwise_watch_target_up{US}": "0x40"},
        [{f"heapwise_watch_target_up{US}": "1x25 0x5"}],
    ),
    "HeapwiseAbsent": ({}, [{"heapwise_watch_scrape_seconds_count": "7x40"}]),
    "HeapwiseLate": (
        {
            f"{SKIPPED}{US}": "0+2x40",
            f"{SCRAPED}{US}": "0+10x40",
            f'{SKIPPED}{{instance="another"}}': "0x40",
            f'{SCRAPED}{{instance="another"}}': "0+99x40",
        },
        [{f"{SKIPPED}{US}": "0+1x40", f"{SCRAPED}{US}": "0+20x40"}],
    ),
    "HeapwiseUntold": (
        {'heapwise_watch_alerts_untold{sink="x"}': "3x40"},
        [{'heapwise_watch_alerts_untold{sink="x"}': "3x20 0x1 3x10"}],
    ),
    "HeapwiseStoreFull": (
        {"heapwise_watch_store_fails": "1x40", "heapwise_watch_store_dropped_rows_total": "0x40"},
        [{"heapwise_watch_store_fails": "0x40", "heapwise_watch_store_dropped_rows_total": "7x40"}],
    ),
}
"""For each rule, series of an hour that it must fire on after half of it, and some it must not."""


def _case(name: str, series: dict[str, str], firing: int) -> dict[str, Any]:
    fires = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)'
    return {
        "interval": "1m",
        "name": name,
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {"expr": fires, "eval_time": "30m", "exp_samples": [{"labels": "{}", "value": firing}]}
        ],
    }


def test_each_rule_fires_on_what_it_is_for_and_on_nothing_else(tmp_path: Path) -> None:
    """As promtool evaluates them, minute by minute."""
    (tmp_path / "rules.yml").write_bytes(prometheus_rules())
    assert set(CASES) == {rule["alert"] for rule in _rules()}
    tests = [
        case
        for name, (firing, quiet) in CASES.items()
        for case in (_case(name, firing, 1), *(_case(name, series, 0) for series in quiet))
    ]
    content = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yml").write_text(json.dumps(content))
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "tests.yml")


def test_only_a_build_that_began_to_run_is_marked(tmp_path: Path) -> None:
    """Not those of services that nobody watched a minute before, as after a gap of the watcher."""
    (annotation,) = json.loads(grafana_dashboard())["annotations"]["list"][-1:]
    expression = f"count({re.sub(r'[$][a-z]+', '.*', annotation['expr'])}) or vector(0)"
    runs = 'heapwise_watch_target_info{{service="s",instance="{}",build="{}"}}'
    series = {
        runs.format("i", "v1"): "1x10 _x10 1x30",
        runs.format("j", "v1"): "1x30 _x30",
        runs.format("j", "v2"): "_x30 1x30",
    }
    gap = {runs.format("i", "v1"): "1x10 _x10 1x30"}
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": one, "values": of[one]} for one in of],
            "promql_expr_test": [
                {"expr": expression, "eval_time": at,
                 "exp_samples": [{"labels": "{}", "value": marks}]}
            ],
        }
        for of, at, marks in ((gap, "21m", 0), (series, "30m", 1), (series, "32m", 0))
    ]  # fmt: skip
    (tmp_path / "tests.yml").write_text(json.dumps({"evaluation_interval": "1m", "tests": tests}))
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "tests.yml")


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    """Panels with numbers of their own that do not overlap, of the data source that is chosen."""
    dashboard = json.loads(grafana_dashboard())
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= set(dashboard)
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(set(places)) == len(places)
    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in panels)
    names = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard["panels"])))
    assert used == names
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        letters = [each["refId"] for each in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0
        for each in (panel, *panel["targets"]):
            assert each["datasource"]["uid"] == "${datasource}"
