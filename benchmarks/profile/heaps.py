"""Heap profiles of the documented shape: what a large Go service sends, made from a seed.

The call graph has 3,511 functions and 13,004 call sites, which are the locations; each leads to one
function. Stacks share their way from the root as those of a real program do: all together they are
a tree of about 65,000 nodes, although they have 943,000 frames.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from heapwise.model.profile import (
    FUNCTION,
    LABEL,
    LINE,
    LOCATION,
    MAPPING,
    Profile,
    StringTable,
    ValueType,
)

SAMPLES, LOCATIONS, FUNCTIONS, DEPTH = 41_347, 13_004, 3_511, 22.8

_FRESH = 1_500  # stacks that share nothing on purpose
_NEAR = 4_000  # what was allocated at about the same time came the same way
_PACKAGES = (
    "net/http",
    "encoding/json",
    "github.com/acme/store/v3",
    "google.golang.org/grpc",
    "k8s.io/client-go/tools/cache",
    "go.uber.org/zap",
    "compress/flate",
)
_SIZES = (16, 32, 48, 64, 96, 128, 256, 1024, 8192)


def heap(seed: int, samples: int = SAMPLES) -> Profile:
    """One profile with the sample type ``inuse_space``."""
    source = random.Random(seed)  # noqa: S311 - the same profile every time, not a secret
    stacks = _stacks(source, samples)
    strings, functions = _functions()
    lines = np.zeros(LOCATIONS, LINE)
    lines["function"] = np.arange(LOCATIONS) % FUNCTIONS
    lines["line"] = np.arange(LOCATIONS) // FUNCTIONS * 7 + 20
    locations = np.zeros(LOCATIONS, LOCATION)
    locations["address"] = 0x401000 + 32 * np.arange(LOCATIONS)
    binary = (0x400000, 0x4000000, 0, 1, 0, True, True, True, True)
    values = [source.choice(_SIZES) * source.randrange(1, 5000) for _ in stacks]
    return Profile(
        strings=strings,
        sample_types=(ValueType("inuse_space", "bytes"),),
        values=np.array(values, np.int64).reshape(-1, 1),
        stacks=np.arange(samples, dtype=np.uint32),
        stack_offsets=np.cumsum([0, *map(len, stacks)], dtype=np.int64),
        stack_locations=np.concatenate(stacks).astype(np.uint32),
        locations=locations,
        line_offsets=np.arange(LOCATIONS + 1),
        lines=lines,
        functions=functions,
        mappings=np.array([binary], MAPPING),
        label_offsets=np.zeros(samples + 1, np.int64),
        labels=np.zeros(0, LABEL),
        period_type=ValueType("space", "bytes"),
        period=524_288,
    )


def copied(profile: Profile, times: int) -> Profile:
    """The profile so many times over, each copy labelled with a pod of its own."""
    count, first = len(profile), len(profile.strings)
    pods = [b"pod", *(b"service-7d9f8b-%04d" % number for number in range(times))]
    labels = np.zeros(times * count, LABEL)
    labels["key"] = first
    labels["str"] = first + 1 + np.repeat(np.arange(times), count)
    return replace(
        profile,
        strings=StringTable.of([*profile.strings, *pods]),
        values=np.tile(profile.values, (times, 1)),
        stacks=np.tile(profile.stacks, times),
        label_offsets=np.arange(times * count + 1),
        labels=labels,
    )


def _functions() -> tuple[StringTable, np.ndarray]:
    strings = [b"", b"/usr/bin/service"]
    functions = np.zeros(FUNCTIONS, FUNCTION)
    for number in range(FUNCTIONS):
        package = _PACKAGES[number % len(_PACKAGES)]
        functions[number] = (len(strings), len(strings), len(strings) + 1, 10)
        strings.append(f"{package}.(*Type{number // 5}).method{number}".encode())
        strings.append(f"/go/src/{package}/file{number // 9}.go".encode())
    return StringTable.of(strings), functions


def _stacks(source: random.Random, count: int) -> list[list[int]]:
    """Location indices, leaf first."""
    sites = _call_sites(source)
    stacks: list[list[int]] = []  # root first
    for number in range(count):
        stack: list[int] = []
        depth = max(3, round(source.gauss(DEPTH, 7)))
        if number >= _FRESH:  # returns from some calls of a known stack, and makes as many
            known = source.choice(stacks[-_NEAR:])
            stack = known[: max(1, len(known) - round(source.expovariate(0.9)))]
            depth = len(stack) + round(source.expovariate(0.9))
        function = stack[-1] % FUNCTIONS if stack else source.randrange(FUNCTIONS)
        while len(stack) < depth:
            stack.append(source.choice(sites[function]))
            function = stack[-1] % FUNCTIONS
        stacks.append(stack)
    return [stack[::-1] for stack in stacks]


def _call_sites(source: random.Random) -> list[list[int]]:
    """The call sites in each function; site s calls function ``s % FUNCTIONS``."""
    sites: list[list[int]] = [[] for _ in range(FUNCTIONS)]
    for site in range(LOCATIONS):  # every function has some
        sites[site // 3 if site < 3 * FUNCTIONS else source.randrange(FUNCTIONS)].append(site)
    return sites
