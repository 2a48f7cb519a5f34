"""Makes the rounds: each side in turn, spoiled runs again, until all is decided or made."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec

from heapwise.errors import HeapwiseError, Interrupted, ServiceError
from heapwise.model.comparison import Comparison
from heapwise.model.load import Plan
from heapwise.model.recording import State
from heapwise.model.verify import BASE, NEW, Attempt, Look, Settings, VerifyState
from heapwise.record.job import record_job
from heapwise.record.session import Progress, RunRequest, record_run
from heapwise.record.store import load
from heapwise.units import NS_PER_S
from heapwise.verify.journal import Journal
from heapwise.verify.order import BLOCK, turns
from heapwise.verify.round_validity import counted, examined, judge, worth_repeating
from heapwise.verify.sides import Bench
from heapwise.verify.stopping import alpha_at, undecided
from heapwise.verify.verdict import compare_sides

OVERHEAD_NS = 2 * NS_PER_S
"""Of a run beside its load: starting the service, two fences, reading what was recorded."""

DECIDED, ALL_ROUNDS, OUT_OF_TIME = "decided", "all rounds made", "out of time"
"""Why no more rounds are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a verification stands, for whoever wants to show it.

    Attributes:
        round: being made, from 1.
        rounds: there may be at most.
        side: that runs.
        attempt: of this round and side, from 1.
        left_ns: until all rounds are made, about.
        run: where the run stands; None before it starts.
        repeated: why the last run is made again; empty if it is not.
    """

    round: int
    rounds: int
    side: str
    attempt: int
    left_ns: int
    run: Progress | None = None
    repeated: str = ""


Notify = Callable[[Standing], None]


UNKNOWN_JOB_NS = 30 * NS_PER_S
"""What a job is reckoned to take until the first has run."""


def run_ns(plan: Plan | None, settings: Settings) -> int:
    """How long one run of one side takes, about, with the cool-down behind it."""
    if plan is None:
        return UNKNOWN_JOB_NS + settings.cooldown_ns
    windows = len(plan.targets) if plan.apart else 1
    load = plan.warmup_ns + windows * plan.schedule.duration_ns
    return load + settings.cooldown_ns + OVERHEAD_NS


def make_rounds(journal: Journal, benches: Mapping[str, Bench], *, notify: Notify) -> None:
    """Make the rounds that are still missing, and note each in the journal.

    Args:
        journal: new or resumed.
        benches: by side.
        notify: told of every step.

    Raises:
        ServiceError: a side cannot be started or measured; what was made is kept.
        RecordingError: the disk is full; likewise.
        Interrupted: stopped by the user; likewise.
    """
    again = f"go on with `heapwise verify --resume {shlex.quote(str(journal.directory))}`"
    try:
        _Maker(journal, benches, notify).make()
    except KeyboardInterrupt:
        raise Interrupted("interrupted", f"{_made(journal.state)} kept", again) from None
    except HeapwiseError as error:
        hint = error.hint or (again if journal.state.attempts else "")
        raise type(error)(error.what, error.why, hint) from error


def _made(state: VerifyState) -> str:
    runs = sum(not attempt.interrupted for attempt in state.attempts)
    return f"{runs} run{'s are' if runs != 1 else ' is'}"


class _Maker:
    def __init__(self, journal: Journal, benches: Mapping[str, Bench], notify: Notify) -> None:
        self.journal = journal
        self.benches = benches
        self.notify = notify
        self.settings = journal.state.settings

    def make(self) -> None:
        """Make rounds until one of the reasons to stop holds."""
        names = [side.name for side in self.journal.state.sides]
        for number in count(1):
            if why := self._reason_to_stop(number):
                self.journal.stop(why)
                return
            for side in turns(names, number):
                self._fill(number, side)
            self._look(number)

    def _reason_to_stop(self, number: int) -> str:
        """Why a round is not made; empty to make it."""
        state, settings = self.journal.state, self.settings
        if state.looks and settings.until_decided and not state.looks[-1].undecided:
            return DECIDED
        if number > settings.rounds:
            return ALL_ROUNDS
        if settings.until_decided and settings.budget_ns and number % BLOCK:
            spent = sum(attempt.seconds for attempt in state.attempts) * NS_PER_S
            missing = not any(attempt.round == number for attempt in state.attempts)
            block = BLOCK * len(state.sides) * self._mean_run_ns()
            if missing and spent + block > settings.budget_ns:
                return OUT_OF_TIME
        return ""

    def _look(self, number: int) -> None:
        looks = self.settings.looks
        taken = {look.rounds for look in self.journal.state.looks}
        if number in looks and number not in taken:
            alpha = alpha_at(number, looks, self.settings.alpha)
            open_ = undecided(self._compared(alpha))
            look = Look(number=len(taken) + 1, rounds=number, alpha=alpha, undecided=open_)
            self.journal.looked(look)

    def _compared(self, alpha: float) -> Comparison:
        kept = counted(self.journal.state.attempts)
        base, new = (
            self.journal.reports([attempt for attempt in kept if attempt.side == name])
            for name in (BASE, NEW)
        )
        return compare_sides(base, new, alpha=alpha, settings=self.settings)

    def _fill(self, number: int, side: str) -> None:
        """Run a side for a round, and again as long as that is worth while."""
        while True:
            attempts = self.journal.state.attempts
            own = [each for each in attempts if (each.round, each.side) == (number, side)]
            finished = [attempt for attempt in own if not attempt.interrupted]
            why = ""
            if finished:
                # Only the run made last of all is made again; on resuming it may be a later one.
                last = [attempt for attempt in attempts if not attempt.interrupted][-1]
                again = worth_repeating(attempts, self.settings.max_repeats)
                if last is not finished[-1] or not again:
                    return
                why = "; ".join(finished[-1].spoiled)
            self._run(number, side, len(own) + 1, why)

    def _run(self, number: int, side: str, attempt: int, repeated: str) -> None:
        def standing(run: Progress | None = None) -> Standing:
            return Standing(
                round=number, rounds=self.settings.rounds, side=side, attempt=attempt,
                left_ns=self._left_ns(), run=run, repeated=repeated,
            )  # fmt: skip

        began = time.monotonic()
        if self.journal.state.attempts:
            time.sleep(self.settings.cooldown_ns / NS_PER_S)
        self.notify(standing())
        bench = self.benches[side]
        path = self.journal.free_path(number, side)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        load1 = os.getloadavg()[0]
        self._record(bench, path, lambda run: self.notify(standing(run)))
        made = Attempt(
            round=number, side=side, number=attempt, recording=path.name, created=created,
            seconds=0.0, load1=load1,
        )  # fmt: skip
        self._note(made, path, began)

    def _record(self, bench: Bench, path: Path, notify: Callable[[Progress], None]) -> None:
        request = RunRequest(
            plan=bench.plan, output=path, service=bench.service, access=bench.access,
            exec_command=bench.command, interval_ns=self.settings.interval_ns,
            argv=self.journal.state.argv, keep_secrets=bench.keep_secrets, job=bench.plan is None,
        )  # fmt: skip
        if not request.job:
            record_run(request, notify=notify)
            return
        ended = record_job(request, notify=notify)
        if ended.exit_code and load(path).state is not State.INTERRUPTED:
            raise ServiceError(
                f"the job of {bench.side.name} failed: {bench.command}",
                f"it ended with code {ended.exit_code}",
                f"what it printed is in {path}",
            )

    def _note(self, made: Attempt, path: Path, began: float) -> None:
        """Judge a run that is over, and enter it in the journal."""
        recording = load(path)
        if recording.state is State.INTERRUPTED:
            self.journal.add(msgspec.structs.replace(made, interrupted=True), None)
            raise KeyboardInterrupt
        report = examined(recording, str(path))
        judgement = judge(report)
        made = msgspec.structs.replace(
            made,
            seconds=round(time.monotonic() - began, 3),
            scope=judgement.scope,
            spoiled=judgement.reasons,
        )
        self.journal.add(made, report)

    def _mean_run_ns(self) -> int:
        """Measured where there is something to measure, else reckoned."""
        seconds = [each.seconds for each in self.journal.state.attempts if not each.interrupted]
        if seconds:
            return round(sum(seconds) / len(seconds) * NS_PER_S)
        return run_ns(next(iter(self.benches.values())).plan, self.settings)

    def _left_ns(self) -> int:
        state = self.journal.state
        made = len(counted(state.attempts))
        return max(0, self.settings.rounds * len(state.sides) - made) * self._mean_run_ns()
