"""A job is read by its sampler and for its profiles at once: the readings do not overtake."""

from __future__ import annotations

import threading
import time
from itertools import count
from pathlib import Path

from heapwise.formats.memstats import RING
from heapwise.model.memory import Counters
from heapwise.model.recording import ServiceInfo
from heapwise.record.sampler import Collector
from heapwise.record.store import RecordingWriter, load
from heapwise.runtimes.base import Fenced, Reading
from heapwise.runtimes.fetch import Endpoint
from support.recordings import manifest


class HastyRuntime:
    """Of two readings at once the later is answered first."""

    name = "hasty"
    remembers = RING

    def __init__(self) -> None:
        self.totals = count(1)

    def detect(self, _endpoint: Endpoint) -> ServiceInfo | None:
        return None

    def read(self, _endpoint: Endpoint) -> Reading:
        total = next(self.totals)
        time.sleep(0.02 if total % 2 else 0)
        return Reading(counters=Counters(total_alloc=total, mallocs=total, frees=0))

    def tasks(self, _endpoint: Endpoint) -> int:
        return -1

    def fence(self, _endpoint: Endpoint) -> Fenced:
        return Fenced(data=b"", cycles_forced=0)

    def process(self, _endpoint: Endpoint) -> int | None:
        return None


def test_of_two_readings_at_once_the_older_comes_first(tmp_path: Path) -> None:
    """The other way round a total would seem to fall, which is told as a restart."""
    path = tmp_path / "r.hw"
    with RecordingWriter.create(path, manifest()) as writer:
        collector = Collector(HastyRuntime(), Endpoint.parse(":1"), writer, time.monotonic_ns())
        threads = [threading.Thread(target=collector.read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        writer.finish()
    recording = load(path)
    assert [each.counters.total_alloc for each in recording.memory] == list(range(1, 9))
    assert "service-restarted" not in {event.kind for event in recording.events}
