"""Reports as a run of the chi-compress lab gives them: before, after, interrupted and hostile.

The figures are measured ones: 20 s at 1000 req/s against chi v3.3.4 and v4.0.3. The curves are
drawn from them with a fixed seed.
"""

from __future__ import annotations

import random

from msgspec.structs import replace

from heapwise.model.comparison import Comparison, ComparisonRow, Verdict
from heapwise.model.finding import Confidence, Evidence, Finding, Interval
from heapwise.model.gc import GcSummary
from heapwise.model.generator import Generator, Stock
from heapwise.model.load import LoadReport, LoadResult
from heapwise.model.metrics import CATALOGUE, Exactness, MetricValue
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import LogLoss, Problem, Scope
from heapwise.model.report import Endpoint, RunReport, Series, Timeline
from heapwise.model.tables import OwnerRow, OwnerTable
from heapwise.model.work import PerWork, Work

MS = 1_000_000
MIB = 1 << 20
SECONDS = 20
HITS = 20_000
TARGET = "POST http://127.0.0.1:8080/api/v1/evaluate"
GENERATOR = Generator(
    engine="native", pacing="precise", most_in_flight=61, cpu_share=0.07, connections_opened=58,
    queue_max=3, descriptors=Stock(66, 1_048_576), ports=Stock(58, 28_232),
)  # fmt: skip
CHI = "github.com/go-chi/chi"
MODULE = f"{CHI}@v3.3.4+incompatible"
OWNER = f"{CHI}/middleware.(*maybeCompressResponseWriter).Close"
PLACE = f"{MODULE}/middleware/compress.go:312"
CLOSE_PATH = (
    OWNER, "compress/gzip.(*Writer).Close", "compress/flate.(*Writer).Close",
    "compress/flate.(*compressor).close", "compress/flate.(*fastEncL6).Encode",
    "compress/flate.(*fastGen).addBlock",
)  # fmt: skip
WRITE_PATH = (
    OWNER.replace("Close", "Write"), "compress/gzip.(*Writer).Write", "compress/flate.NewWriter",
    "compress/flate.newFastEnc",
)  # fmt: skip
JSON_PATH = ("main.evaluate", "encoding/json.Unmarshal", "reflect.unsafe_NewArray")

BEFORE = {
    "bytes/work": 1_088_229.0, "allocs/work": 79.4, "gc.cycles": 6243.0,
    "gc.cycles/1k": 312.2, "gc.cpu_share": 0.089, "gc.assist_share": 0.012,
    "gc.pause.p50": 0.042 * MS, "gc.pause.p99": 0.84 * MS, "gc.pause.max": 27.0 * MS,
    "gc.pause.total": 1889.0 * MS, "latency.p50": 5.3 * MS, "latency.p90": 19.7 * MS,
    "latency.p95": 28.4 * MS, "latency.p99": 48.6 * MS, "latency.p99.9": 105.0 * MS,
    "latency.max": 143.0 * MS, "cpu/work": 0.895 * MS, "rss.peak": 41.7e6, "heap.live": 2.3e6,
    "faults.minor/work": 2.31, "rate.achieved": 999.9, "response.bytes/work": 193.0,
    "errors.share": 0.0,
}  # fmt: skip
AFTER = {
    "bytes/work": 4457.0, "allocs/work": 51.2, "gc.cycles": 36.0, "gc.cycles/1k": 1.8,
    "gc.cpu_share": 0.0004, "gc.assist_share": 0.00005,
    "gc.pause.p50": 0.030 * MS, "gc.pause.p99": 0.41 * MS, "gc.pause.max": 0.41 * MS,
    "gc.pause.total": 4.7 * MS, "latency.p50": 0.68 * MS, "latency.p90": 1.4 * MS,
    "latency.p95": 2.0 * MS, "latency.p99": 4.1 * MS, "latency.p99.9": 20.0 * MS,
    "latency.max": 31.0 * MS, "cpu/work": 0.113 * MS, "rss.peak": 15.9e6, "heap.live": 1.4e6,
    "faults.minor/work": 0.04, "rate.achieved": 1000.0, "response.bytes/work": 193.0,
    "errors.share": 0.0,
}  # fmt: skip


def before() -> RunReport:
    """The service with chi v3.3.4: a compressor for every response."""
    return _run("before.hw", BEFORE, owners=_sick_owners(), findings=(compressor(), dependency()))


def after() -> RunReport:
    """The service with chi v4.0.3: compressors are pooled."""
    return _run("after.hw", AFTER, owners=_healthy_owners(), findings=())


def comparison() -> Comparison:
    """The two, with the verdicts that single runs allow."""
    return Comparison(
        before="before.hw",
        after="after.hw",
        work_unit="req",
        rows=tuple(_row(ident) for ident in CATALOGUE if ident in BEFORE),
        gone=(f"HW101 {OWNER}", f"HW102 {MODULE}"),
    )


def interrupted() -> RunReport:
    """Stopped early: no second fence, a damaged log, latencies that cannot be trusted."""
    whole = before()
    return replace(
        whole,
        name="stopped.hw",
        state="interrupted",
        valid=False,
        per_work=None,
        owners=None,
        findings=(),
        endpoints=(Endpoint(TARGET, PerWork(Work("req", 6000), None, None, 0.0, 0.0)),),
        problems=(
            Problem(
                scope=Scope.LATENCY,
                what="generator lag p99 was 12.4 ms, above the limit of 1 ms",
                remedy="run the generator on another machine or lower the rate",
            ),
            Problem(scope=Scope.ALLOCATION, what="the fence after the load is missing"),
            Problem(scope=Scope.NONE, what="service and generator share this machine"),
        ),
        loss=LogLoss(damaged_frames=2, damaged_bytes=4096, lost_records=311),
        metrics=tuple(
            replace(each, value=None)
            if each.metric.endswith("/work")
            else replace(each, invalid="the generator lagged" if "latency" in each.metric else "")
            for each in whole.metrics
        ),
    )


HOSTILE = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror=window.hacked=1>',
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "main.\u202egpj.exe\u2066",
    "esc\x1b]0;owned\x07\x1b[31m",
    "two\nlines\u2028and\u2029more",
    "javascript:window.hacked=1",
    "{{ 7 * 7 }}${7*7}",
    "zero\u200bwidth\x00nul\ud800",
)
"""Names that have broken somebody's report, one trick each."""


def hostile() -> RunReport:
    """A report in which every string that can come from outside is an attack."""
    name = " ".join(HOSTILE)
    finding = replace(
        compressor(),
        title=name,
        where=name,
        module=name,
        why=name,
        remedy=name,
        holds_for=name,
        references=HOSTILE,
        evidence=replace(compressor().evidence, rows=(" > ".join(HOSTILE),)),
    )
    load = replace(_load(BEFORE), target=name, statuses={name: 1}, errors={name: 2})
    return replace(
        before(),
        name=name,
        service=name,
        load=name,
        created=name,
        machine=name,
        next_command=name,
        problems=(Problem(scope=Scope.ALL, what=name, remedy=name),),
        findings=(finding,),
        owners=replace(_sick_owners(), rows=tuple(map(_hostile_owner, HOSTILE)), notes=HOSTILE),
        load_result=LoadResult(load, (load,), generator=GENERATOR),
        endpoints=(Endpoint(name, PerWork(Work("req", 1), 1.0, 1.0, 0.0, 0.0)),),
        metrics=tuple(replace(each, invalid=name) for each in before().metrics),
        timeline=replace(
            before().timeline,
            heap=tuple(replace(each, name=name) for each in before().timeline.heap),
        ),
    )


def _hostile_owner(name: str) -> OwnerRow:
    return replace(_sick_owners().rows[0], owner=name, place=name, module=name, path=HOSTILE)


def compressor() -> Finding:
    """The headline finding."""
    return Finding(
        code="HW101",
        rule="compressor-per-response",
        title="A compressor is created for every response",
        where=f"{OWNER} ({PLACE})",
        module=MODULE,
        evidence=Evidence(
            bytes_per_work=Interval(1_055_582, 1_049_100, 1_061_900),
            allocs_per_work=Interval(27.4, 26.8, 28.0),
            bytes_share=Interval(0.970, 0.964, 0.976),
            allocs_share=Interval(0.345, 0.337, 0.353),
            hits=39_412,
            live_bytes=0,
            rows=(
                f"net/http.(*conn).serve > {CHI}.(*Mux).ServeHTTP > {OWNER} > "
                + " > ".join(CLOSE_PATH[1:]),
                "net/http.(*conn).serve > main.evaluate > encoding/json.(*Encoder).Encode > "
                + " > ".join(WRITE_PATH),
            ),
        ),
        why="gzip.NewWriter allocates its window and hash tables, about 1 MiB, before the first "
        "byte is written. The middleware makes one per response and drops it afterwards, so the "
        "collector throws away a megabyte for an answer of 193 bytes.",
        remedy="Upgrade github.com/go-chi/chi to v4.0.3 or later, which keeps its compressors in "
        "a sync.Pool.\nIn code of your own: take the writer from a sync.Pool and Reset it.",
        gain_bytes_per_work=1_083_772.0,
        gain_allocs_per_work=28.2,
        holds_for="Go 1.6 to 1.27, measured as 1.04 MiB against 2 B per response",
        references=("go-chi/chi#401", "go-chi/chi#306", "flipt-io/flipt#170"),
        confidence=Confidence.HIGH,
    )


def dependency() -> Finding:
    """The same defect, seen from the module's version."""
    return Finding(
        code="HW102",
        rule="dependency-with-known-allocation-bug",
        title="A dependency has a known allocation bug",
        where=MODULE,
        module=MODULE,
        evidence=replace(compressor().evidence, bytes_per_work=None, allocs_per_work=None, rows=()),
        why="go-chi/chi before v4.0.3 creates a compressor per response. v4.0.0 to v4.0.2 still "
        "have the defect.",
        remedy="Require github.com/go-chi/chi v4.0.3+incompatible or later.",
        gain_bytes_per_work=None,
        gain_allocs_per_work=None,
        holds_for="",
        references=("go-chi/chi#401",),
        confidence=Confidence.MEDIUM,
    )


def _run(
    name: str, figures: dict[str, float], owners: OwnerTable, findings: tuple[Finding, ...]
) -> RunReport:
    load = _load(figures)
    return RunReport(
        name=name,
        state="complete",
        service="go1.27.3 at http://127.0.0.1:8080, GOMAXPROCS=2",
        load=f"1000 req/s for 20 s, {TARGET}",
        created="2026-11-21T02:14:07+00:00",
        machine="Linux x86_64, 2 CPUs, 8 GiB",
        runtime_version="go1.27.3",
        valid=True,
        problems=(Problem(scope=Scope.NONE, what="service and generator share this machine"),),
        loss=LogLoss(),
        work_unit="req",
        per_work=PerWork(
            Work("req", HITS), figures["bytes/work"], figures["allocs/work"], 31.0, 0.1
        ),
        endpoints=(),
        metrics=tuple(MetricValue(metric=ident, value=figures.get(ident)) for ident in CATALOGUE),
        load_result=LoadResult(replace(load, target="all"), (load,), generator=GENERATOR),
        gc=_gc(figures),
        owners=owners,
        findings=findings,
        timeline=timeline(figures),
        next_command=f"heapwise compare {name} other.hw",
    )


def _gc(figures: dict[str, float]) -> GcSummary:
    cycles = int(figures["gc.cycles"])
    pause = Percentiles(
        cycles, figures["gc.pause.total"] / cycles, figures["gc.pause.p50"], 0.3 * MS, 0.4 * MS,
        figures["gc.pause.p99"], figures["gc.pause.max"], figures["gc.pause.max"],
    )  # fmt: skip
    return GcSummary(
        cycles=cycles,
        forced=2,
        cpu_share=figures["gc.cpu_share"],
        pause=pause,
        pause_total_ns=int(figures["gc.pause.total"]),
        seen=cycles,
        coverage=1.0,
        source="gctrace",
    )


def _load(figures: dict[str, float]) -> LoadReport:
    latency = Percentiles(
        HITS, figures["latency.p50"] * 1.4, figures["latency.p50"], figures["latency.p90"],
        figures["latency.p95"], figures["latency.p99"], figures["latency.p99.9"],
        figures["latency.max"],
    )  # fmt: skip
    lag = Percentiles(HITS, 41e3, 18e3, 62e3, 90e3, 310e3, 880e3, 1.9 * MS)
    return LoadReport(
        target=TARGET,
        scheduled=HITS,
        sent=HITS,
        succeeded=HITS,
        statuses={"200": HITS},
        errors={},
        generator_errors=0,
        bytes_in=HITS * 193,
        bytes_out=HITS * 131,
        span_ns=SECONDS * 1_000 * MS,
        asked_rate=1000.0,
        achieved_rate=figures["rate.achieved"],
        throughput=figures["rate.achieved"],
        latency=latency,
        service=latency,
        lag=lag,
        slot_wait=lag,
        waited=12,
    )


def timeline(figures: dict[str, float]) -> Timeline:
    """Curves with the shape that the figures imply."""
    dice = random.Random(figures["gc.cycles"])  # noqa: S311 - curves, not secrets
    every = int(figures["gc.cycles"]) // 1500 + 1
    ends = [
        SECONDS * (cycle + dice.uniform(-0.3, 0.3)) / figures["gc.cycles"]
        for cycle in range(1, int(figures["gc.cycles"]), every)
    ]
    return Timeline(
        heap=_sawtooth(ends, figures["heap.live"], dice),
        latency=_latency_over_time(figures, dice),
        rate=(
            _by_second("sent", [1000.0 + dice.choice((-1, 0, 0, 1)) for _ in range(SECONDS)]),
            _by_second("failed", [0.0] * SECONDS),
        ),
        collections=tuple(ends),
        collections_shown=1 / every,
        percentiles=(
            _percentiles("latency", figures, 1.0),
            _percentiles("service time", figures, 0.7),
        ),
    )


def _sawtooth(ends: list[float], live: float, dice: random.Random) -> tuple[Series, ...]:
    """A peak before and a low after every collection drawn."""
    x, use, floor, goal = [], [], [], []
    for end in ends:
        at_end = live * dice.uniform(0.9, 1.15)
        aim = max(4 * MIB, 2.2 * at_end)
        for second, size in ((end - 0.0004, aim * dice.uniform(0.92, 1.04)), (end, at_end)):
            x.append(second)
            use.append(size)
            floor.append(at_end)
            goal.append(aim)
    return (
        Series("heap in use", "B", tuple(x), tuple(use)),
        Series("live heap", "B", tuple(x), tuple(floor)),
        Series("goal", "B", tuple(x), tuple(goal)),
    )


def _latency_over_time(figures: dict[str, float], dice: random.Random) -> tuple[Series, ...]:
    x = tuple(at / 4 for at in range(SECONDS * 4))
    return tuple(
        Series(name, "ns", x, tuple(figures[ident] * dice.lognormvariate(0, spread) for _ in x))
        for name, ident, spread in (
            ("p50", "latency.p50", 0.12),
            ("p99", "latency.p99", 0.3),
            ("max", "latency.p99.9", 0.35),
        )
    )


def _by_second(name: str, counts: list[float]) -> Series:
    return Series(name, "/s", tuple(map(float, range(len(counts)))), tuple(counts))


def _percentiles(name: str, figures: dict[str, float], factor: float) -> Series:
    knots = [
        (0.0, figures["latency.p50"] * 0.5), (50.0, figures["latency.p50"]),
        (90.0, figures["latency.p90"]), (95.0, figures["latency.p95"]),
        (99.0, figures["latency.p99"]), (99.5, figures["latency.p99"] * 1.3),
        (99.9, figures["latency.p99.9"]), (99.99, figures["latency.max"] * 0.9),
        (100.0, figures["latency.max"]),
    ]  # fmt: skip
    return Series(name, "ns", tuple(x for x, _ in knots), tuple(factor * y for _, y in knots))


def _sick_owners() -> OwnerTable:
    regexp = (f"{CHI}/middleware.selectEncoder", "regexp.(*bitState).reset")
    total = BEFORE["bytes/work"]
    return OwnerTable(
        unit="req",
        rows=(
            _owner(WRITE_PATH, (716_000, 0.006), 14.1, 26_700, place=PLACE, total=total),
            _owner(CLOSE_PATH, (339_600, 0.009), 13.3, 12_712, place=PLACE, total=total),
            _owner(regexp, (5_600, 0.07), 4.2, 209, place=PLACE, total=total),
            _owner(JSON_PATH, (2_450, 0.11), 21.0, 91, place="main.go:88", total=total),
            replace(
                _owner(("main.(*store).flag",), (96, 1.0), 0.4, 3, place="s.go:4", total=total),
                live_bytes=MIB,
            ),
        ),
        rest_bytes_share=0.0013,
        dies_young=0.9999,
        notes=("objects are sampled; small ones share a block and are counted low",),
    )


def _healthy_owners() -> OwnerTable:
    place = f"{CHI}@v4.0.3+incompatible/middleware/compress.go:203"
    pooled = (f"{CHI}/middleware.(*Compressor).Handler.func1", "sync.(*Pool).Get")
    serve = ("net/http.(*conn).serve", "net/textproto.(*Reader).ReadMIMEHeader")
    total = AFTER["bytes/work"]
    return OwnerTable(
        unit="req",
        rows=(
            _owner(JSON_PATH, (2_390, 0.11), 20.8, 96, place="main.go:88", total=total),
            _owner(serve, (1_720, 0.14), 26.1, 64, place="net/http/server.go:2042", total=total),
            _owner(pooled, (66, 1.2), 0.9, 2, place=place, total=total),
        ),
        rest_bytes_share=0.06,
        dies_young=0.98,
    )


def _owner(
    path: tuple[str, ...],
    size: tuple[float, float],
    allocs: float,
    hits: int,
    *,
    place: str,
    total: float,
) -> OwnerRow:
    """A row; ``size`` is bytes per request and the half-width of its interval, relative."""
    value, spread = size
    return OwnerRow(
        owner=path[0],
        place=place,
        module=place.partition("/middleware")[0] if "@" in place else "",
        bytes_per_work=Interval(value, value * max(0.0, 1 - spread), value * (1 + spread)),
        allocs_per_work=Interval(allocs, allocs * 0.9, allocs * 1.1),
        bytes_share=value / total,
        allocs_share=allocs / BEFORE["allocs/work"],
        live_bytes=0,
        hits=hits,
        path=path,
    )


def _row(ident: str) -> ComparisonRow:
    """A verdict as one run of each allows: exact counters decide, clocks only far apart."""
    metric, old, new = CATALOGUE[ident], BEFORE[ident], AFTER[ident]
    delta = (new - old) / old if old else None
    if old == new:
        verdict, why = Verdict.SAME, ""
    elif metric.exactness is Exactness.EXACT or abs(delta or 0) > metric.resolution:
        verdict = Verdict.BETTER if new < old or ident == "rate.achieved" else Verdict.WORSE
        why = ""
    else:
        verdict, why = Verdict.UNDECIDED, "within what two runs of one binary differ by"
    return ComparisonRow(
        metric=ident,
        name=metric.name("req"),
        unit=metric.unit,
        before=old,
        after=new,
        delta=delta,
        verdict=verdict,
        why=why,
    )
