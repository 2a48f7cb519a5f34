"""Millions of spoilt profiles: no crash, no hang, nothing but `ProfileError`.

`make check-native` runs this against the codec built with the sanitizers, which turn every byte
read or written outside its buffer into a crash.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import numpy as np

from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.formats.pprof_encode import encode_message
from heapwise.model.profile import Profile
from support.profiles import Sample, profile
from support.protowire import field, number_field, varint

SECONDS = 120.0 if os.environ.get("HEAPWISE_FULL") == "1" else 20.0
SLOWEST = 1.0  # CPU seconds for one input of a few kilobytes

INTERESTING = [0, 1, 2, 5, 0x7F, 0x80, 0xFF]
LENGTHS = [0, 1, 127, 128, 1 << 14, 1 << 20, 1 << 31, 1 << 32, 1 << 62, (1 << 64) - 1]


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


def spoil(source: random.Random, data: bytes, other: bytes) -> bytes:
    """One to eight changes of the kinds that break parsers."""
    body = bytearray(data)
    for _ in range(1 << source.randrange(4)):
        at = source.randrange(len(body) + 1)
        match source.randrange(6):
            case 0:
                body[at : at + 1] = bytes([source.choice(INTERESTING)])
            case 1:
                body[at : at + 1] = varint(source.choice(LENGTHS) + source.randrange(-1, 2))
            case 2:
                del body[at : at + source.randrange(1, 40)]
            case 3:
                body[at:at] = body[at : at + source.randrange(1, 40)] * source.randrange(1, 9)
            case 4:
                cut = source.randrange(len(other))
                body[at:at] = other[cut : cut + source.randrange(1, 80)]
            case _:
                body[at:] = b""
    return bytes(body)


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


def spoilt(seconds: float) -> Iterator[bytes]:
    """Spoilt profiles until the time is up; some of those accepted are spoilt again."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it for a failure
    source = random.Random(seed)  # noqa: S311 - to be repeated, not secret
    corpus, end = seeds(), time.monotonic() + seconds
    while time.monotonic() < end:
        data = spoil(source, source.choice(corpus), source.choice(corpus))
        if (yield data) and len(data) < 8192:
            corpus[3:] = [*corpus[-200:][3:], data]


def test_no_spoilt_profile_crashes_hangs_or_raises_anything_else() -> None:
    """For as long as the time lasts, bytes are a sound profile or a `ProfileError`."""
    inputs = spoilt(SECONDS)
    accepted = refused = 0
    data = next(inputs, None)
    while data is not None:
        start = time.thread_time()
        try:
            read = pprof.decode(data)
        except ProfileError:
            refused, fine = refused + 1, False
        else:
            assert_sound(read)
            assert_sound(pprof.decode(pprof.encode(read, compress=False)))
            accepted, fine = accepted + 1, True
        assert time.thread_time() - start < SLOWEST, data.hex()
        try:
            data = inputs.send(fine)
        except StopIteration:
            break
    print(f"{accepted:,} accepted, {refused:,} refused")  # noqa: T201 - with -s
    assert accepted > 100
    assert refused > 1000
