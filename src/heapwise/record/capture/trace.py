"""Takes one execution trace into the recording, as it comes."""

from __future__ import annotations

import msgspec

from heapwise.errors import ServiceError
from heapwise.model.recording import Capture, Problem, Scope
from heapwise.record.sampler import Collector
from heapwise.record.writer import CAPTURE_FAILED
from heapwise.runtimes.download import Download
from heapwise.units import NS_PER_S, format_size

_PATIENCE_S = 30.0
"""For what is not the trace's own time: the service begins it, and flushes it in the end."""

_RECORDER = (
    "have the service hand out its flight recorder there (docs/howto/trace-a-run.md), "
    "or name its path with --flight-recorder"
)


class TraceCapture:
    """One trace; `cancel` may be called from any thread.

    Args:
        collector: whose service and recording.
        path: where it is asked for.
        asked_ns: how long it is to take; 0 where it is in memory already.
        window: name of the stretch of load that it belongs to.
        why: what made us take it, where it was not planned.
    """

    def __init__(
        self, collector: Collector, path: str, *, asked_ns: int, window: str, why: str = ""
    ) -> None:
        seconds = asked_ns / NS_PER_S
        self._collector = collector
        self._asked_ns = asked_ns
        self._window = window
        self._why = why
        self._download = Download(
            collector.endpoint,
            path,
            query=f"seconds={seconds:g}" if asked_ns else "",
            deadline_s=seconds + _PATIENCE_S,
        )

    def cancel(self) -> None:
        """Break it off; what is there is kept."""
        self._download.cancel()

    def take(self, most: int) -> Capture | None:
        """Keep at most so many bytes; None where there are none, and a problem says why.

        The capture is noted when it begins and again when it has ended, so that a recording that
        is killed in between knows what the file is.

        Raises:
            RecordingError: the recording cannot be written.
        """
        writer = self._collector.writer
        file = writer.trace_file(most)
        began = self._collector.now()
        noted = Capture(
            kind="trace",
            file=file.name,
            began_ns=began,
            ended_ns=began + self._asked_ns,
            asked_ns=self._asked_ns,
            window=self._window,
            why=self._why,
        )
        writer.capture(noted)
        cut = ""
        try:
            delivery = self._download.run(file.take)
            cut = delivery.cut
        except ServiceError as error:
            hint = _RECORDER if self._why else error.hint
            self._failed(noted, f"{error.what}: {error.why}".removesuffix(": "), hint)
            return None
        finally:
            kept = file.close()
        if not kept:
            self._failed(noted, cut or "it is empty", _RECORDER if self._why else "")
            return None
        if cut:
            what = f"the execution trace {file.name} ends after {format_size(file.size)}: {cut}"
            writer.problem(Problem(scope=Scope.NONE, what=what))
        whole = msgspec.structs.replace(
            noted,
            began_ns=self._collector.since_zero(delivery.began_ns),
            ended_ns=self._collector.since_zero(delivery.ended_ns),
        )
        writer.capture(whole)
        return whole

    def _failed(self, capture: Capture, what: str, remedy: str) -> None:
        writer = self._collector.writer
        writer.event(self._collector.now(), CAPTURE_FAILED, file=capture.file, error=what)
        after = f" after {capture.why}" if capture.why else ""
        writer.problem(
            Problem(scope=Scope.NONE, what=f"no execution trace{after}: {what}", remedy=remedy)
        )
