"""What bounds a run: the class, its evidence, and Amdahl's bounds."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from heapwise.analysis.bottleneck import bottleneck, measure
from heapwise.analysis.bottleneck.activities import activity
from heapwise.analysis.frames import Frame
from heapwise.analysis.windows import settled
from heapwise.load.metrics import summarise
from heapwise.model.gc import GcSummary
from heapwise.model.generator import ENGINE_EVENT, EngineUsage
from heapwise.model.memory import HostSample
from heapwise.model.profile import Profile
from heapwise.model.recording import Capture, Event, Recording, ServiceInfo
from heapwise.model.tail import Bottleneck, BottleneckClass
from support import runs
from support.profiles import profile

SECONDS = 10
MAIN = "main.work (/srv/main.go:10)"


def cpu_profile(**percent: int) -> Profile:
    """A CPU profile whose samples are busy with these activities."""
    stacks = {
        "gc": ("runtime.scanObject (runtime/mgcmark.go:1)", "runtime.gcDrain (runtime/a.go:1)"),
        "assist": (
            "runtime.gcAssistAlloc1 (runtime/mgcmark.go:2)",
            "runtime.mallocgcSmallNoscan (runtime/malloc.go:1)",
            MAIN,
        ),
        "allocate": ("runtime.mallocgc (runtime/malloc.go:2)", MAIN),
        "lock": ("runtime.futex (runtime/sys.s:1)", "sync.(*Mutex).lockSlow (sync/m.go:1)", MAIN),
        "system": ("syscall.Syscall (syscall/s.go:1)", MAIN),
        "user": (MAIN,),
    }
    return profile(
        {stacks[name]: (value, value * 10_000_000) for name, value in percent.items()},
        sample_types=("samples/count", "cpu/nanoseconds"),
        period_type="cpu/nanoseconds",
    )


def contention(delay_ns: int) -> Profile:
    """A mutex profile."""
    return profile(
        {("sync.(*Mutex).Unlock (sync/mutex.go:1)", MAIN): (5, delay_ns)},
        sample_types=("contentions/count", "delay/nanoseconds"),
    )


def capture(kind: str, file: str, at_s: int = 0) -> Capture:
    at = at_s * runs.S
    return Capture(kind=kind, file=file, began_ns=at, ended_ns=at + runs.S, asked_ns=0)


def run(cpu_s: float = 2.0, latency_ms: float = 1.0, rate: int = 100, **others: Any) -> Recording:
    """Ten seconds of load on two processors."""
    settings: dict[str, Any] = {
        "hits": runs.steady(0.0, SECONDS, rate, latency_ms),
        "manifest": runs.manifest(plan=runs.plan(rate, SECONDS)),
        "process": (runs.process(0.0), runs.process(SECONDS, cpu_s)),
    }
    window = runs.window(runs.fence(0.0), runs.fence(SECONDS))
    return runs.recording(window, **(settings | others))


def profiled(taken: Profile, **others: Any) -> Recording:
    files = {"captures": (capture("cpu", "cpu.pb.gz"),), "profiles": {"cpu.pb.gz": taken}}
    return run(**(files | others))


def found(recording: Recording, gc: GcSummary | None = None) -> Bottleneck:
    plan = recording.manifest.plan
    load = summarise(recording.hits, plan) if plan is not None else None
    return bottleneck(measure(recording, settled(recording), load, gc))


def collector(cpu_share: float) -> GcSummary:
    return GcSummary(
        cycles=10,
        forced=0,
        cpu_share=cpu_share,
        pause=None,
        pause_total_ns=0,
        seen=10,
        coverage=1.0,
        source="gctrace",
    )


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (["runtime.gcDrain", "runtime.gcBgMarkWorker.func2"], "GC"),
        (["runtime.tryDeferToSpanScan", "runtime.scanObjectsSmall", "runtime.gcDrain"], "GC"),
        (["runtime.(*gcWork).tryGet", "runtime.gcDrainN"], "GC"),
        (["runtime.(*sweepLocked).sweep", "runtime.(*mcentral).cacheSpan", "runtime.mallocgc"],
         "GC"),
        (["internal/runtime/gc/scan.ScanSpanPackedAVX512", "runtime.scanSpan"], "GC"),
        (["runtime.gcAssistAlloc", "runtime.mallocgc", "main.f"], "GC"),
        (["runtime.sweepone", "runtime.bgsweep"], "GC"),
        (["runtime.mallocgcSmallScanNoHeaderSC4", "main.f"], "allocation"),
        (["runtime.memclrNoHeapPointers", "runtime.mallocgcLarge", "runtime.makeslice"],
         "allocation"),
        (["runtime.(*mcache).refill", "runtime.newobject", "main.f"], "allocation"),
        (["runtime.futex", "runtime.lock2", "main.f"], "locks"),
        (["runtime.semasleep", "internal/sync.(*Mutex).lockSlow", "main.f"], "locks"),
        (["internal/runtime/syscall.Syscall6", "syscall.write", "net.(*conn).Write"], "syscalls"),
        (["internal/runtime/syscall/linux.Syscall6", "os.(*File).Read"], "syscalls"),
        (["runtime.futex", "runtime.stopm", "runtime.findRunnable", "runtime.schedule"],
         "scheduler"),
        (["main.gcScore"], "user"),
        (["encoding/json.Marshal", "main.f"], "user"),
    ],
)  # fmt: skip
def test_stacks_are_told_by_families_of_symbols(stack: list[str], expected: str) -> None:
    """Names change with every release of Go; families and their order do not."""
    assert activity(tuple(Frame(name, "", 0) for name in stack)) == expected


def test_a_service_that_has_processors_left_is_not_saturated() -> None:
    """A tenth of the CPU, every request answered in a millisecond: nothing bounds it."""
    result = found(run())
    assert result.kind is BottleneckClass.NONE
    assert result.cpu_share == pytest.approx(0.1)
    assert result.why[0] == "it used 10.0 % of 2 processors"


def test_a_service_that_uses_its_processors_is_bound_by_cpu() -> None:
    """Most of the CPU goes into the service's own code."""
    result = found(profiled(cpu_profile(user=80, allocate=10, gc=10), cpu_s=19.0))
    assert result.kind is BottleneckClass.CPU
    assert result.shares == pytest.approx({"user": 0.8, "allocation": 0.1, "GC": 0.1})


def test_garbage_that_takes_the_processors_is_named() -> None:
    """Allocating, assisting and collecting count together."""
    result = found(profiled(cpu_profile(user=50, allocate=15, assist=15, gc=20), cpu_s=19.0))
    assert result.kind is BottleneckClass.GC
    assert (
        result.why[1] == "35.0 % of its CPU goes into collecting garbage and 15.0 % into allocating"
    )


def test_without_a_cpu_profile_the_collectors_own_share_must_do() -> None:
    """A gctrace tells what collecting costs, and nothing of allocating."""
    result = found(run(cpu_s=19.0), collector(0.4))
    assert result.kind is BottleneckClass.GC
    assert found(run(cpu_s=19.0), collector(0.1)).kind is BottleneckClass.CPU
    assert [bound.name for bound in result.bounds] == ["collecting garbage"]


def test_processors_that_spin_on_locks_are_named() -> None:
    """A quarter of the CPU in locks is the locks' fault."""
    result = found(profiled(cpu_profile(user=70, lock=30), cpu_s=19.0))
    assert result.kind is BottleneckClass.LOCKS


def test_requests_that_wait_for_a_lock_are_named_without_cpu() -> None:
    """The mutex profile's delay, per time, is how many wait; half of those under way is much."""
    files = {"mutex-0": contention(7 * runs.S), "mutex-1": contention(27 * runs.S)}
    captures = (capture("mutex", "mutex-0"), capture("mutex", "mutex-1", SECONDS))
    slow = run(latency_ms=30.0, captures=captures, profiles=files)
    result = found(slow)
    assert result.kind is BottleneckClass.LOCKS
    assert result.why == ("of 3 requests under way on average, 2 wait for a lock (mutex profile)",)


def test_requests_that_wait_with_idle_processors_are_named() -> None:
    """50 ms of which the service computes for one: it waits for somebody else."""
    result = found(run(cpu_s=1.0, latency_ms=50.0))
    assert result.kind is BottleneckClass.WAITING
    assert "50.0 ms (p50), and for 98.0 % of their time" in result.why[0]


def test_a_full_generator_is_no_fault_of_the_service() -> None:
    """Whatever the service did, the load was not what was asked for."""
    usage = EngineUsage(cpu_ns=95, elapsed_ns=100, connections_opened=1, queue_max=0)
    engine = Event(0, ENGINE_EVENT, msgspec.to_builtins(usage))
    result = found(run(cpu_s=19.0, events=(engine,)))
    assert result.kind is BottleneckClass.GENERATOR
    assert result.why == ("the load generator used 95.0 % of its processor",)


def test_hits_that_are_sent_late_are_the_generators_fault() -> None:
    """Half of the latency of half of the hits is lag."""
    made = runs.steady(0.0, SECONDS, 100, 10.0)
    late = made.intended + 6_000_000
    hits = type(made)(**{name: getattr(made, name) for name in made.columns()} | {"sent": late})
    assert found(run(hits=hits)).kind is BottleneckClass.GENERATOR


def test_a_throttled_cgroup_is_out_of_cpu() -> None:
    """A quota that is used up bounds a service however many processors there are."""
    host = tuple(
        HostSample(at_ns=at * runs.S, busy_ns=at, idle_ns=at, throttled_ns=at * runs.S // 4)
        for at in range(SECONDS + 1)
    )
    result = found(run(host=host))
    assert result.kind is BottleneckClass.CPU
    assert result.why == ("its cgroup was out of CPU for 25.0 % of the time",)


def test_throttling_of_several_processors_is_at_most_all_of_the_time() -> None:
    """The kernel adds up what each of them waited."""
    host = tuple(
        HostSample(at_ns=at * runs.S, busy_ns=at, idle_ns=at, throttled_ns=at * runs.S * 3)
        for at in range(SECONDS + 1)
    )
    assert found(run(host=host)).why == ("its cgroup was out of CPU for 100.0 % of the time",)


def test_a_full_machine_bounds_a_service_that_uses_much_of_it() -> None:
    """Both processors are busy, the service has more than half of them."""
    host = tuple(
        HostSample(at_ns=at * runs.S, busy_ns=2 * at * runs.S, idle_ns=0)
        for at in range(SECONDS + 1)
    )
    assert found(run(cpu_s=12.0, host=host)).kind is BottleneckClass.CPU
    starved = found(run(cpu_s=1.0, latency_ms=50.0, host=host))
    assert starved.kind is BottleneckClass.NONE
    assert starved.why[-1] == "the machine had no processor to spare, but others used them"


def test_a_service_elsewhere_is_unknown() -> None:
    """Without its CPU time nothing tells whether it is saturated."""
    service = ServiceInfo(url="http://10.0.0.7:80", runtime="go", same_host=False)
    manifest = runs.manifest(plan=runs.plan(100, SECONDS), service=service)
    result = found(run(process=(), manifest=manifest))
    assert result.kind is BottleneckClass.UNKNOWN
    assert result.cpu_share is None
    assert result.bounds == ()


def test_bounds_are_amdahls() -> None:
    """A path of 60 % removed leaves 40 %: at most 2.5 times less CPU per request."""
    result = found(profiled(cpu_profile(user=30, allocate=30, gc=40)))
    bounds = {bound.name: (bound.share, bound.at_most) for bound in result.bounds}
    assert bounds == {
        "main.work (/srv/main.go:10)": pytest.approx((0.6, 2.5)),
        "all garbage: allocating and collecting it": pytest.approx((0.7, 1 / 0.3)),
    }
    assert result.bounds[0].share >= result.bounds[-1].share


def test_what_measuring_costs_is_in_no_share() -> None:
    """The handler that answers with the profile is left out."""
    handler = ("compress/flate.x (a.go:1)", "net/http/pprof.Profile (b.go:1)",
               "net/http.(*conn).serve (c.go:1)")  # fmt: skip
    taken = profile(
        {handler: (100, 10**9), (MAIN,): (1, 10**7)},
        sample_types=("samples/count", "cpu/nanoseconds"),
    )
    assert found(profiled(taken)).shares == {"user": 1.0}


def test_a_collector_slower_than_its_cpu_tells_nothing_of_cpu() -> None:
    """Pauses stretched by a full machine can be longer than all CPU the service got."""
    assert found(run(cpu_s=2.0), collector(0.3)).bounds == ()


def test_python_has_one_processor_and_collects_below_any_frame() -> None:
    """The GIL bounds an interpreter; the collector's share comes from its pauses."""
    service = ServiceInfo(url="http://127.0.0.1:1", runtime="python")
    manifest = runs.manifest(plan=runs.plan(100, SECONDS), service=service)
    taken = profile({("app.work (/srv/app.py:3)",): (10, 10**8)},
                    sample_types=("samples/count", "cpu/nanoseconds"))  # fmt: skip
    result = found(profiled(taken, cpu_s=9.5, manifest=manifest), collector(0.3))
    assert result.kind is BottleneckClass.GC
    assert result.cpu_share == pytest.approx(0.95)
    assert result.shares == pytest.approx({"GC": 0.3 / 0.95, "user": 1 - 0.3 / 0.95})


def test_an_empty_recording_is_unknown() -> None:
    """Nothing was measured, and nothing is claimed."""
    empty = runs.recording(manifest=msgspec.structs.replace(runs.manifest(), plan=None))
    result = found(empty)
    assert result.kind is BottleneckClass.UNKNOWN
    assert np.isfinite([bound.at_most for bound in result.bounds]).all()
