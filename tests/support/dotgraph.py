"""Drawn call graphs, to be compared where pprof leaves numbers and order to chance.

pprof numbers boxes of one name and score as its hash tables have them, and in a call tree that goes
for whole paths. So boxes are compared by what they say and are connected with, not by number.
"""

from __future__ import annotations

import re
from hashlib import blake2s
from typing import NamedTuple

_BOX = re.compile(r'(N\d+) \[label="(.*)" id="node\d+"(.* tooltip="(.*) \(.*\)" color=.*)\]')
_NODELET = re.compile(r'(N+\d+(?:_\d+)+) \[label = "(.*)" id="N[^"]*"(.*)\]')
_LINE = re.compile(r"(N[\d_N]*) -> (N[\d_N]*) \[(.*)\]")
_WEIGHT = re.compile(r'label=" -?([^"\\]*)')
_ROUNDS = 6  # boxes that differ nowhere within so many calls are taken for equal


class _Graph(NamedTuple):
    rest: list[str]
    said: dict[str, str]
    names: list[str]
    lines: list[tuple[str, str, str]]


def canonical_dot(text: str) -> list[str]:
    """What a graph says: its head, the names and weights in order, then boxes and lines, sorted.

    pprof draws lines to a box N0 that it does not draw, for nodes whose weights cancel out.
    """
    graph = _read(text)
    known = dict(graph.said)
    for _ in range(_ROUNDS):
        around: dict[str, list[str]] = {name: [] for name in known}
        for caller, callee, attributes in graph.lines:
            around[caller].append(f"> {attributes} {known[callee]}")
            around[callee].append(f"< {attributes} {known[caller]}")
        known = {
            name: blake2s("\n".join([known[name], *sorted(near)]).encode()).hexdigest()
            for name, near in around.items()
        }
    weights = [
        _WEIGHT.match(attributes) for _, callee, attributes in graph.lines if "_" not in callee
    ]
    return [
        *graph.rest,
        *graph.names,
        *(found[1] for found in weights if found),
        *sorted(f"{said} #{known[name]}" for name, said in graph.said.items()),
        *sorted(f"{known[a]} -> {known[b]} {attributes}" for a, b, attributes in graph.lines),
    ]


def _read(text: str) -> _Graph:
    graph = _Graph([], {}, [], [])
    for line in text.splitlines():
        if found := _BOX.fullmatch(line):
            graph.said[found[1]] = found[2] + found[3]
            graph.names.append(found[4])
        elif found := _NODELET.fullmatch(line):
            graph.said[found[1]] = found[2] + found[3]
        elif found := _LINE.fullmatch(line):
            graph.lines.append((found[1], found[2], found[3]))
        else:
            graph.rest.append(line)
    return graph._replace(lines=[line for line in graph.lines if line[1] != "N0"])
