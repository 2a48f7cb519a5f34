"""Counts what a Go's own tool prints of a trace; README.md says how to run it."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.exectrace_counts import LAST_GOAL, counts
from support.exectrace_words import GOAL, HEAP, PROCS, in_gos_words

_OLD_WORDS = {
    "CPUSample": "sample",
    "GCDone": "end GC concurrent mark phase",
    "GCMarkAssistDone": "end GC mark assist",
    "GCMarkAssistStart": "begin GC mark assist",
    "GCStart": "begin GC concurrent mark phase",
    "GCSweepDone": "end GC incremental sweep",
    "GCSweepStart": "begin GC incremental sweep",
    "GoBlock": "go Running->Waiting",
    "GoBlockGC": "go Running->Waiting GC mark assist wait for work",
    "GoBlockNet": "go Running->Waiting network",
    "GoBlockRecv": "go Running->Waiting chan receive",
    "GoBlockSend": "go Running->Waiting chan send",
    "GoBlockSync": "go Running->Waiting sync",
    "GoEnd": "go ->NotExist",
    "GoInSyscall": "go is Syscall",
    "GoPreempt": "go Running->Runnable preempted",
    "GoSched": "go Running->Runnable runtime.Gosched",
    "GoSleep": "go Running->Waiting sleep",
    "GoStart": "go Runnable->Running",
    "GoStartLabel": "go Runnable->Running",
    "GoSysCall": "go Running->Syscall",
    "GoSysExit": "go Syscall->Runnable",
    "GoUnblock": "go Waiting->Runnable",
    "GoWaiting": "go is Waiting",
    "Gomaxprocs": PROCS,
    "HeapAlloc": HEAP,
    "HeapGoal": GOAL,
    "ProcStart": "proc Idle->Running",
    "ProcStop": "proc Running->Idle",
    "UserLog": "log number",
    "UserTaskCreate": "task begin work",
    "UserTaskEnd": "task end",
}
_OLD_STOPS = ("mark termination", "sweep termination")  # until Go 1.20


def old_counts(lines: Iterable[str]) -> dict[str, int]:
    """From ``go tool trace -d`` of Go 1.11 to 1.21."""
    found: Counter[str] = Counter()
    goal, existed, stop = 0, True, ""
    for line in lines:
        _, name, *_ = line.split()
        fields = dict(re.findall(r"(\w+)=(.*?)(?= \w+=|$)", line.rstrip()))
        if name in ("STWStart", "GCSTWStart"):
            stop = ("GC " if fields["kind"] in _OLD_STOPS else "") + fields["kind"]
            found[f"begin stop-the-world ({stop})"] += 1
        elif name in ("STWDone", "GCSTWDone"):
            found[f"end stop-the-world ({stop})"] += 1
        elif name == "GoCreate":
            found["go is Runnable" if existed else "go NotExist->Runnable"] += 1
        elif name == "UserRegion":
            found[f"region {'end' if fields['mode'] == '1' else 'begin'} piece"] += 1
        elif name in _OLD_WORDS:
            found[_OLD_WORDS[name]] += 1
        existed = existed and name != "Gomaxprocs"
        if name == "HeapGoal":
            goal = int(fields["mem"])
    found["go is Runnable"] -= found["go is Waiting"] + found["go is Syscall"]
    return {**found, LAST_GOAL: goal}


if __name__ == "__main__":
    text = list(sys.stdin)
    new = any(line.startswith("M=") for line in text)
    found = counts(in_gos_words(text)) if new else old_counts(text)
    sys.stdout.write(json.dumps(found, indent=1, sort_keys=True) + "\n")
