"""What ``go tool trace -d=parsed`` says of a trace: the reference for our own reading of it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

_EVENT = re.compile(r"M=\S+ P=\S+ G=\S+ (\w+) Time=(\d+) ?(.*)")
_RANGE = re.compile(r'Name="([^"]+)" Scope=(\S+)')
_METRIC = re.compile(r'Name="([^"]+)" Value=Value\{Uint64\((\d+)\)\}')
_CHANGE = re.compile(r'GoID=(\d+) (\w+)->(\w+) Reason="([^"]*)"')
_MARK = re.compile(r'Type="([^"]*)"|Type=(\S+)')


@dataclass
class Parsed:
    """Counts and sums.

    Attributes:
        began: ranges that began, by name.
        spans: how long ranges were that were seen to begin and end, ns, by name.
        metrics: the last value of each.
        changes: changes of a goroutine's state, by old and new state.
        waits: waits that began and ended, ns, by reason.
        marks: tasks and regions that ended, by kind of event and name.
    """

    began: Counter[str] = field(default_factory=Counter)
    spans: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    metrics: dict[str, int] = field(default_factory=dict)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    waits: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    marks: Counter[tuple[str, str]] = field(default_factory=Counter)


def parse(go: Path, trace: Path) -> Parsed:
    """Run the tool on a trace and read what it prints, line by line."""
    found = Parsed()
    opened: dict[tuple[str, str], int] = {}
    waiting: dict[str, tuple[str, int]] = {}
    command = [str(go), "tool", "trace", "-d=parsed", str(trace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tool:
        assert tool.stdout is not None
        for line in tool.stdout:
            event = _EVENT.match(line)
            if event is None:
                continue
            kind, time, rest = event[1], int(event[2]), event[3]
            if kind.startswith("Range"):
                _take_range(found, opened, kind, time, rest)
            elif kind == "Metric" and (metric := _METRIC.match(rest)):
                found.metrics[metric[1]] = int(metric[2])
            elif kind == "StateTransition" and (change := _CHANGE.match(rest)):
                _take_change(found, waiting, time, change)
            elif kind in {"TaskEnd", "RegionEnd"} and (mark := _MARK.search(rest)):
                found.marks[kind, mark[1] or mark[2]] += 1
    assert tool.returncode == 0
    return found


def _take_range(
    found: Parsed, opened: dict[tuple[str, str], int], kind: str, time: int, rest: str
) -> None:
    named = _RANGE.match(rest)
    assert named is not None, rest
    key = (named[1], named[2])
    if kind == "RangeBegin":
        found.began[named[1]] += 1
        opened[key] = time
    elif kind == "RangeEnd" and key in opened:
        found.spans[named[1]].append(time - opened.pop(key))


def _take_change(
    found: Parsed, waiting: dict[str, tuple[str, int]], time: int, change: re.Match[str]
) -> None:
    goroutine, before, after, reason = change.groups()
    found.changes[before, after] += 1
    if before == "Running" and after == "Waiting":
        waiting[goroutine] = (reason, time)
    elif before == "Waiting" and goroutine in waiting:
        why, since = waiting.pop(goroutine)
        found.waits[why].append(time - since)
