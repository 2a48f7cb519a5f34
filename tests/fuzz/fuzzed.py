"""What any bytes must be to `heapwise`: a sound profile that can be shown, or a `ProfileError`."""

from __future__ import annotations

import os
import time

import numpy as np

from heapwise.analysis.graph import call_graph
from heapwise.analysis.labels import tags
from heapwise.analysis.merge import merge
from heapwise.analysis.trim import Trim
from heapwise.analysis.view import Query, look
from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.formats.pprof_encode import encode_message
from heapwise.model.profile import Profile
from support.profiles import Sample, profile
from support.protowire import field, number_field, varint

SECONDS = 120.0 if os.environ.get("HEAPWISE_FULL") == "1" else 10.0
SLOWEST = 1.0  # CPU seconds for one input of a few kilobytes


def seeds() -> list[bytes]:
    """Valid profiles that between them have everything a profile can have."""
    ordinary = encode_message(profile([
        Sample(("a (a.go:1) inlined into b (b.go:2)", "main"), (1, 8, 1, 8), {"k": "v", "n": -3}),
        Sample(("0x2a", "main"), (1 << 60, -8), {"n": 1 << 62}),
        Sample((), (0,)),
    ], comments=["c", ""], drop_frames="x|y", time_ns=1, duration_ns=2))  # fmt: skip
    deep = encode_message(profile({tuple(f"f{i % 300}" for i in range(900)): (1, 2)}))
    odd = b"".join([
        field(2, number_field(1, 1 << 62) + number_field(1, 9) + field(1, varint(9) * 3)
              + number_field(2, 5) + field(3, number_field(3, 1))),
        field(4, number_field(1, 9)), field(4, number_field(1, 1 << 62) + field(4, b"\x08\x05")),
        field(5, number_field(1, 5)), field(1, b""), field(13, b"\x00\x00"), number_field(13, 0),
        field(11, b"\x08\x00"), field(6, b""), b"\xa5\x06abcd", b"\xa1\x06abcdefgh",
    ])  # fmt: skip
    return [ordinary, deep, odd]


def holds(data: bytes) -> bool:
    """True for a sound profile, False for a `ProfileError`.

    Raises:
        AssertionError: neither, or it took too long.
    """
    start = time.thread_time()
    try:
        read = pprof.decode(data)
    except ProfileError:
        return False
    finally:
        assert time.thread_time() - start < SLOWEST, data.hex()
    assert_sound(read)
    assert_sound(pprof.decode(pprof.encode(read, compress=False)))
    assert_shown(read)
    assert time.thread_time() - start < 2 * SLOWEST, data.hex()
    return True


def assert_sound(read: Profile) -> None:
    """Every index of an accepted profile leads somewhere, so that nothing later can fail."""

    def grouped(offsets: np.ndarray, rows: int, entries: int) -> None:
        assert len(offsets) == rows + 1
        assert offsets[0] == 0
        assert offsets[-1] == entries
        assert (np.diff(offsets) >= 0).all()

    def below(indices: np.ndarray, limit: int) -> None:
        assert not len(indices) or int(indices.max()) < limit

    grouped(read.stack_offsets, len(read.stack_offsets) - 1, len(read.stack_locations))
    grouped(read.line_offsets, len(read.locations), len(read.lines))
    grouped(read.label_offsets, len(read), len(read.labels))
    grouped(read.strings.offsets, len(read.strings), len(read.strings.buffer))
    below(read.stacks, len(read.stack_offsets) - 1)
    below(read.stack_locations, len(read.locations))
    below(read.locations["mapping"], len(read.mappings))
    below(read.lines["function"], len(read.functions))
    for table, names in ((read.functions, ("name", "system_name", "filename")),
                         (read.mappings, ("filename", "build_id")),
                         (read.labels, ("key", "str", "num_unit"))):  # fmt: skip
        for name in names:
            below(table[name], len(read.strings))
    assert read.values.shape == (len(read), len(read.sample_types))


def assert_shown(read: Profile) -> None:
    """It can be looked at, its parts add up to the whole, and twice itself is still sound."""
    try:
        seen = look(read, Query(granularity="addresses"), source="fuzz")
        graph = call_graph(seen, Trim())
        merged = merge([read, read])
    except ProfileError:  # a pattern of its own that cannot be read, or sums beyond 64 bits
        return
    tags(seen)
    assert_sound(merged)
    assert sum(seen.weighed.flat.tolist()) == int(
        seen.weighed.stacks[np.diff(seen.profile.stack_offsets) > 0].sum()
    )
    assert len(graph.rows) + graph.dropped <= len(seen.nodes.names)
