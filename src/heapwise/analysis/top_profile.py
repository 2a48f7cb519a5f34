"""What top shows as a profile of its own: a sample a row, without callers."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.granularity import Granularity
from heapwise.analysis.places import Place, places
from heapwise.analysis.trim import Trim, choose, shown_unit
from heapwise.analysis.view import Look
from heapwise.formats.measurement import scale
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


def top_profile(look: Look, trim: Trim) -> Profile:
    """One sample a node, heaviest first, with the values ``cum`` and ``flat`` in the unit shown.

    As pprof's topproto: amounts lose what is behind their point.
    """
    weighed, granularity = look.weighed, look.query.granularity
    nodes = choose(weighed, trim).nodes
    unit = shown_unit(look, nodes)
    strings: dict[str, int] = {"": 0}
    functions: dict[tuple[int, int, int, int], int] = {}
    locations, lines = [], []
    where = places(look.profile, weighed.nodes)
    for node in nodes:
        place = where[node]
        name, file, start, line, address = _told_apart_by(place, granularity)
        key = tuple(strings.setdefault(text, len(strings)) for text in (name, file))
        function = functions.setdefault((key[0], 0, key[1], start), len(functions))
        locations.append((-1, address, False))
        lines.append((function, line, 0))
    weights = [(weighed.cum[node], weighed.flat[node]) for node in nodes]
    values = [
        [int(scale(int(weight), look.sample_type.unit, unit)[0]) for weight in row]
        for row in weights
    ]
    count = len(nodes)
    every = np.arange(count + 1, dtype=np.int64)
    return Profile(
        strings=StringTable.of(text.encode() for text in strings),
        sample_types=(ValueType("cum", unit), ValueType("flat", unit)),
        values=np.array(values, np.int64).reshape(-1, 2),
        stacks=np.arange(count, dtype=np.uint32),
        stack_offsets=every,
        stack_locations=np.arange(count, dtype=np.uint32),
        locations=np.array(locations, LOCATION),
        line_offsets=every,
        lines=np.array(lines, LINE),
        functions=np.array(list(functions), FUNCTION),
        mappings=np.zeros(0, MAPPING),
        label_offsets=np.zeros(count + 1, np.int64),
        labels=np.zeros(0, LABEL),
        period_type=look.profile.period_type,
        period=look.profile.period,
        time_ns=look.profile.time_ns,
        duration_ns=look.profile.duration_ns,
    )


def _told_apart_by(place: Place, granularity: Granularity) -> tuple[str, str, int, int, int]:
    """Function, file, first line, line and address, as far as the granularity looks at them."""
    function = "" if granularity == "files" else place.function
    file = "" if granularity == "functions" else place.filename
    by_line = granularity in {"lines", "addresses"}
    address = place.address if granularity == "addresses" or not place.symbolised else 0
    start = 0 if function else place.start_line
    return function, file, start, place.line if by_line else 0, address
