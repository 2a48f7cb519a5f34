"""What a runtime counts about its own memory, read at one moment."""

from __future__ import annotations

import msgspec


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Exact counters of a runtime since its process started, and its gauges at the moment.

    Gauges a runtime does not have are -1, so that every field fits an int64 column.

    Attributes:
        total_alloc: bytes allocated, ever.
        mallocs: objects allocated, ever.
        frees: objects freed, ever.
        heap_alloc: bytes of reachable and not yet swept objects.
        heap_sys: bytes of heap obtained from the system.
        heap_idle: bytes in unused spans.
        heap_inuse: bytes in used spans.
        heap_released: bytes returned to the system.
        heap_objects: objects reachable or not yet swept.
        stack_inuse: bytes of goroutine stacks.
        next_gc: the heap goal of the next cycle, bytes.
        last_gc_ns: wall clock at the end of the last cycle, unix ns.
        num_gc: completed cycles.
        num_forced_gc: of these, forced by the program or by us.
        gc_cpu_ppb: share of the CPU available since the start that went to the collector, in
            parts per billion.
        max_rss: peak resident bytes.
        process: a number that stands for the process, or for the set of workers, that counted.
    """

    total_alloc: int
    mallocs: int
    frees: int
    heap_alloc: int = -1
    heap_sys: int = -1
    heap_idle: int = -1
    heap_inuse: int = -1
    heap_released: int = -1
    heap_objects: int = -1
    stack_inuse: int = -1
    next_gc: int = -1
    last_gc_ns: int = -1
    num_gc: int = -1
    num_forced_gc: int = -1
    gc_cpu_ppb: int = -1
    max_rss: int = -1
    process: int = -1

    def went_back(self, earlier: Counters) -> bool:
        """True where the process was restarted: another one counts, or counts less than before."""
        return (
            self.total_alloc < earlier.total_alloc
            or self.mallocs < earlier.mallocs
            or self.num_gc < earlier.num_gc
            or (self.process != earlier.process and min(self.process, earlier.process) >= 0)
        )


class MemorySample(msgspec.Struct, frozen=True, kw_only=True):
    """One reading during a run.

    Attributes:
        at_ns: when the counters were asked for, ns since the run's zero, monotonic.
        took_ns: how long the fetch took.
        counters: what was read.
        tasks: goroutines, or their like; -1 if not read.
        work: units of work done since the program began, by its own count; -1 where it has none.
    """

    at_ns: int
    took_ns: int
    counters: Counters
    tasks: int = -1
    work: int = -1


class ProcessSample(msgspec.Struct, frozen=True, kw_only=True):
    """What the operating system says of the service's process.

    Attributes:
        at_ns: ns since the run's zero.
        cpu_user_ns: CPU time in user mode since its start.
        cpu_system_ns: CPU time in the kernel since its start.
        rss: resident bytes.
        rss_peak: the most there ever were.
        minor_faults: page faults without I/O.
        major_faults: page faults with I/O.
        throttled_ns: time its cgroup was held back; -1 if unknown.
    """

    at_ns: int
    cpu_user_ns: int
    cpu_system_ns: int
    rss: int
    rss_peak: int
    minor_faults: int
    major_faults: int
    throttled_ns: int = -1

    @property
    def cpu_ns(self) -> int:
        """CPU time altogether."""
        return self.cpu_user_ns + self.cpu_system_ns


class HostSample(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine, and the service's cgroup on it, had done when it was asked.

    Every field but `at_ns` counts up since the machine or the cgroup began; -1 where the system
    does not tell. Of a service that runs elsewhere (`ServiceInfo.same_host`) nothing is known: then
    it is the load generator's machine that is told of, and the fields of the cgroup are -1.

    Attributes:
        at_ns: ns since the run's zero.
        busy_ns: CPU time of all processors that did something, without what was stolen.
        idle_ns: that had nothing to do, waiting for the disk included.
        steal_ns: that a hypervisor gave to somebody else.
        periods: periods of the cgroup's CPU quota that began.
        throttled_periods: of these, in which it was used up.
        throttled_ns: time that the cgroup was held back for it.
        pressure_cpu_ns: time in which something waited for a processor (PSI, some): in the cgroup
            where that is told, else on the whole machine.
        pressure_memory_ns: the same for memory.
        pressure_io_ns: the same for the disk.
    """

    at_ns: int
    busy_ns: int
    idle_ns: int
    steal_ns: int = -1
    periods: int = -1
    throttled_periods: int = -1
    throttled_ns: int = -1
    pressure_cpu_ns: int = -1
    pressure_memory_ns: int = -1
    pressure_io_ns: int = -1
