"""Millions of spoilt profiles: no crash, no hang, nothing but `ProfileError`.

`make check-native` runs this against extensions built with the sanitizers, which turn every byte
read or written outside its buffer into a crash.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzzed import SECONDS, holds, seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.protowire import field, number_field, varint

INTERESTING = [0, 1, 2, 5, 0x7F, 0x80, 0xFF]
LENGTHS = [0, 1, 127, 128, 1 << 14, 1 << 20, 1 << 31, 1 << 32, 1 << 62, (1 << 64) - 1]


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
    inputs = spoilt(SECONDS / 2)
    accepted = refused = 0
    data = next(inputs, None)
    while data is not None:
        fine = holds(data)
        accepted, refused = accepted + fine, refused + (not fine)
        try:
            data = inputs.send(fine)
        except StopIteration:
            break
    print(f"{accepted:,} accepted, {refused:,} refused")  # noqa: T201 - with -s
    assert accepted > 100
    assert refused > 1000


small = st.integers(0, 4)
numbers = st.one_of(small, st.sampled_from(LENGTHS), st.integers(0, (1 << 64) - 1))
leaves = st.one_of(
    st.builds(number_field, st.integers(1, 10), numbers),
    st.builds(field, st.integers(1, 10), st.lists(small, max_size=6).map(bytes)),
    st.builds(field, st.just(1), st.lists(numbers.map(varint), max_size=4).map(b"".join)),
    st.binary(max_size=6),
)
messages = st.lists(
    st.one_of(
        leaves, st.builds(field, st.integers(3, 4), st.lists(leaves, max_size=3).map(b"".join))
    ),
    max_size=5,
).map(b"".join)
entries = st.one_of(
    st.builds(field, st.integers(1, 16), messages),
    st.builds(field, st.just(6), st.one_of(st.just(b""), st.binary(max_size=8))),
    st.builds(number_field, st.integers(1, 16), numbers),
)
valid = st.builds(
    lambda function, mapping, line, location, value, labels: (
        field(5, number_field(1, function) + number_field(2, 1)),
        field(3, number_field(1, mapping)),
        field(4, number_field(1, location) + number_field(2, mapping)
              + field(4, number_field(1, function) + number_field(2, line))),
        field(2, number_field(1, location) + number_field(2, value) + labels),
    ),
    st.integers(1, 9), st.integers(1, 9), numbers, st.integers(1, 9), numbers,
    st.lists(leaves.map(lambda body: field(3, body)), max_size=3).map(b"".join),
)  # fmt: skip


@st.composite
def made_up(draw: st.DrawFn) -> bytes:
    """Fields in any order: some that fit together, some that do not."""
    head = [field(1, b""), field(6, b""), field(6, b"a"), field(6, b"(b"), field(6, b"c")]
    fitting = [part for group in draw(st.lists(valid, max_size=3)) for part in group]
    parts = draw(st.permutations([*fitting, *draw(st.lists(entries, max_size=4))]))
    return b"".join([*head, *parts])


def test_no_made_up_profile_crashes_hangs_or_raises_anything_else() -> None:
    """Hypothesis builds messages of the right form and hostile content."""
    found = {True: 0, False: 0}

    @settings(max_examples=300, database=None, suppress_health_check=list(HealthCheck))
    @given(made_up())
    def round_of(data: bytes) -> None:
        found[holds(data)] += 1

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        round_of()
    print(f"{found[True]:,} accepted, {found[False]:,} refused")  # noqa: T201 - with -s
    assert min(found.values()) > 100


def test_atheris_finds_no_input_that_crashes_or_hangs(tmp_path: Path) -> None:
    """Guided by what code an input reaches, in a process of its own."""
    pytest.importorskip("atheris", reason="atheris is not installed: it has wheels for x86-64 only")
    target = Path(__file__).with_name("guided.py")
    run = subprocess.run(
        # The fuzzer's limit counts the peak of its process, which begins with ours: a shell forks.
        ["sh", "-c", '"$@"; exit $?', "sh",
         sys.executable, str(target), str(tmp_path), f"-max_total_time={SECONDS:.0f}",
         "-timeout=20", "-rss_limit_mb=1000", "-max_len=4096", f"-artifact_prefix={tmp_path}/"],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=SECONDS + 120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-4000:]
    runs = re.findall(r"Done (\d+) runs", run.stderr)
    print(f"{runs} runs")  # noqa: T201 - with -s
    assert int(runs[-1]) > 100
