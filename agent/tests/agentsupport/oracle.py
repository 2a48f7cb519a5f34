"""Other readers of what the agent writes: protobuf's own parser, heapwise, and Go's pprof."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[3] / "tests"))

from support import goheap, profile_proto

__all__ = ["goheap", "message", "profile_proto", "rows"]


def message(data: bytes) -> Any:
    """The parsed message; its tables are bytes still."""
    return profile_proto.Profile.FromString(gzip.decompress(data))


def rows(data: bytes) -> list[tuple[Any, ...]]:
    """Stacks of (name, system name, file, line, start line), values and labels of each sample."""
    whole = message(data)
    texts = [text.decode() for text in whole.string_table]
    functions = {each.id: each for each in map(profile_proto.Function.FromString, whole.function)}
    frames = {}
    for raw in whole.location:
        location = profile_proto.Location.FromString(raw)
        (line,) = location.line
        function = functions[line.function_id]
        frames[location.id] = (
            texts[function.name], texts[function.system_name], texts[function.filename],
            line.line, function.start_line,
        )  # fmt: skip
    samples = [profile_proto.Sample.FromString(raw) for raw in whole.sample]
    return [
        (
            tuple(frames[number] for number in sample.location_id),
            tuple(sample.value),
            tuple(
                (texts[label.key], texts[label.str] if label.str else label.num)
                for label in sample.label
            ),
        )
        for sample in samples
    ]
