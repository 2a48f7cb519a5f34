"""Every way of the Python lab to compress gives what any client can read, and counts right."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.lab.library import find_case

DIRECTORY = find_case("py-compress").directory


def module(name: str) -> ModuleType:
    """A module of the lab, which is no package."""
    spec = spec_from_file_location(f"py_compress_{name}", DIRECTORY / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = module_from_spec(spec)
    sys.modules[spec.name] = loaded  # dataclasses look themselves up there
    spec.loader.exec_module(loaded)
    return loaded


COMPRESSORS, COUNTING, CATALOGUE = map(module, ("compressors", "counting", "catalogue"))
WAYS = sorted(COMPRESSORS.CHOICES)
BODIES = st.one_of(
    st.binary(max_size=3000),
    st.builds(lambda unit, times: unit * times, st.binary(min_size=1, max_size=40),
              st.integers(1, 4000)),
)  # fmt: skip


def noise(size: int) -> bytes:
    """Bytes that cannot be compressed."""
    return random.Random(size).randbytes(size)  # noqa: S311 - data, not secrets


SIZES = (0, 1, 511, 512, 513, 32767, 32768, 32769, 65536, 300_000)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", [noise, bytes])
def test_gzip_reads_every_answer(way: str, make: Callable[[int], bytes]) -> None:
    """The program that everybody has unpacks each of them to what went in."""
    program = shutil.which("gzip")
    assert program is not None
    compress = COMPRESSORS.CHOICES[way]()
    bodies = [make(size) for size in SIZES]
    packed = b"".join(compress(body) for body in bodies)  # members of one file
    done = subprocess.run([program, "-dc"], input=packed, capture_output=True, check=True)
    assert done.stdout == b"".join(bodies)


@given(st.lists(BODIES, min_size=1, max_size=6))
def test_answers_of_a_pool_have_no_past(bodies: list[bytes]) -> None:
    """What went through a compressor before changes no byte of an answer, nor is any of it left."""
    used = COMPRESSORS.Pool()
    for body in bodies:
        packed = used.compress(body)
        reader = zlib.decompressobj(31)
        assert reader.decompress(packed) == body
        assert reader.eof
        assert not reader.unused_data
        assert packed == COMPRESSORS.Pool().compress(body) or not body


@given(BODIES)
def test_a_pool_costs_seven_bytes_an_answer(body: bytes) -> None:
    """A full flush and an empty last block are all that comes on top."""
    assert len(COMPRESSORS.Pool().compress(body)) <= len(gzip.compress(body, 9)) + 7


@given(BODIES)
def test_a_right_sized_window_finds_what_the_largest_finds(body: bytes) -> None:
    """An answer that fits into it is as small as any; smaller tables cost the head of a block."""
    assert len(COMPRESSORS.right_sized(body)) <= 1.02 * len(gzip.compress(body, 9)) + 12


def test_threads_share_a_pool() -> None:
    """Answers of several threads are never mixed, and there are never more streams than threads."""
    pool = COMPRESSORS.Pool()
    bodies = [noise(200) * (1 + index % 50) for index in range(400)]
    with ThreadPoolExecutor(8) as threads:
        packed = list(threads.map(pool.compress, bodies))
    assert [gzip.decompress(each) for each in packed] == bodies
    assert 1 <= len(pool._idle) <= 8


class Failing:
    """A real stream whose flush runs out of memory."""

    def __init__(self) -> None:
        self.stream = zlib.compressobj(9, zlib.DEFLATED, -15)

    def compress(self, body: bytes) -> bytes:
        """Take a body in."""
        return self.stream.compress(body)

    def flush(self, _mode: int) -> bytes:
        """Fail."""
        raise MemoryError


def test_a_stream_that_failed_is_never_used_again() -> None:
    """It holds a part of an answer, which would be sent to whoever asks next."""
    pool = COMPRESSORS.Pool()
    failing: Any = Failing()
    pool._idle.append(failing)
    with pytest.raises(MemoryError):
        pool.compress(b"somebody's secret")
    assert failing not in pool._idle
    assert gzip.decompress(pool.compress(b"public")) == b"public"


def buffer() -> bytes:
    """A buffer of 100,000 bytes."""
    return bytes(100_000)


def test_a_tally_counts_what_was_freed_again() -> None:
    """Two buffers one after the other are two, and what stays is counted once."""
    kept: list[bytes] = []
    assert COUNTING.tally(buffer) == pytest.approx(100_000, rel=0.01)
    assert COUNTING.tally(lambda: (len(buffer()), len(buffer()))) == pytest.approx(
        200_000, rel=0.01
    )
    assert COUNTING.tally(lambda: kept.append(buffer())) == pytest.approx(100_000, rel=0.01)


def test_ways_allocate_as_the_lab_says() -> None:
    """A stream costs 268 kB, a right-sized one a fraction, and a pool what its output takes."""
    body = CATALOGUE.page(3)
    made = {way: COMPRESSORS.CHOICES[way]() for way in WAYS}
    tallies = {way: COUNTING.tally(partial(compress, body)) for way, compress in made.items()}
    assert tallies["gzip-file"] > tallies["one-call"] > 268_000
    assert tallies["right-sized"] < tallies["one-call"] / 3
    assert tallies["pool"] < tallies["one-call"] / 4
    assert tallies["pool"] + 268_000 == pytest.approx(tallies["gzip-file"], rel=0.15)
