"""Profiles made to kill their reader cost `heapwise top` neither time nor memory.

What the decoder alone says to such bytes stands in tests/integration/test_hostile_profiles.py; here
a whole process reads the profile, adds it up and prints it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from heapwise.formats import pprof
from heapwise.formats.pprof_encode import encode_message
from heapwise.model.profile import FUNCTION, LABEL, LINE, LOCATION, MAPPING
from support.protowire import field, number_field, varint

MIB = 1 << 20
CPU_SECONDS = 2.0
RSS = 300 * MIB

# Limits of its own, so that a bomb that goes off is a failed test and not a dead machine. The most
# memory it held is the kernel's VmHWM: getrusage counts what its parent held before it as well.
CHILD = """
import atexit, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
said = Path(sys.argv[1])
atexit.register(lambda: said.write_text(Path("/proc/self/status").read_text()))
sys.argv = ["heapwise", *sys.argv[2:]]
from heapwise.cli.main import main
main()
"""


@dataclass(frozen=True)
class Run:
    """How a child ended."""

    code: int
    out: str
    err: str
    cpu_s: float
    rss: int


def heapwise(place: Path, *words: str) -> Run:
    """Run the command line in a process of its own, and judge it alone.

    CPU time and not the clock: other work on the machine must not fail a test.
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(place / "status"), *words], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdout, child.stderr:
        out, err = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    peak = re.search(r"VmHWM:\s*(\d+) kB", (place / "status").read_text())
    assert peak is not None
    return Run(child.returncode, out, err, usage.ru_utime + usage.ru_stime, int(peak[1]) * 1024)


def squeezed(unit: bytes, times: int, head: bytes = b"") -> bytes:
    """Gzip of ``head`` and ``times`` units, of which only one is compressed.

    After a full flush the compressor has no memory, so that equal input gives equal output. There
    is no checksum at the end; a reader that gets so far has failed already.
    """
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = stream.compress(head) + stream.flush(zlib.Z_FULL_FLUSH)
    return start + (stream.compress(unit) + stream.flush(zlib.Z_FULL_FLUSH)) * times


def profile(*entries: bytes, strings: tuple[bytes, ...] = (b"", b"f", b"bytes", b"k")) -> bytes:
    """A profile with one sample type, ``f`` in ``bytes``."""
    kind = number_field(1, 1) + number_field(2, 2)
    return b"".join([field(1, kind), *(field(6, text) for text in strings), *entries])


def sample(*locations: int, times: int = 1, value: int = 1, labels: bytes = b"") -> bytes:
    """A sample of one value; its stack is the locations so many times over."""
    stack = b"".join(map(varint, locations)) * times
    return field(2, field(1, stack) + field(2, varint(value % (1 << 64))) + labels)


def location(number: int, function: int, lines: int = 1) -> bytes:
    """A location with so many lines of a function."""
    return field(4, number_field(1, number) + field(4, number_field(1, function)) * lines)


def function(number: int, name: int = 1) -> bytes:
    """A function."""
    return field(5, number_field(1, number) + number_field(2, name))


def many_labels() -> bytes:
    """A million labels that all differ, a hundred to a sample."""
    labels = np.zeros(1_000_000, LABEL)
    labels["key"], labels["num"] = 3, np.arange(1_000_000)
    plain = pprof.decode(profile(F, location(1, 1), sample(1) * 10_000))
    offsets = np.arange(0, 1_000_001, 100)
    return encode_message(replace(plain, labels=labels, label_offsets=offsets))


def many_functions() -> bytes:
    """Half a million functions of one name, each with a location."""
    functions, lines = np.zeros(500_000, FUNCTION), np.zeros(500_000, LINE)
    functions["name"] = 1
    lines["function"] = np.arange(500_000)
    plain = pprof.decode(profile(F, location(1, 1), sample(1)))
    return encode_message(replace(
        plain, functions=functions, lines=lines, line_offsets=np.arange(500_001),
        locations=np.zeros(500_000, LOCATION) , mappings=np.zeros(1, MAPPING),
    ))  # fmt: skip


F = function(1)
MOST = (1 << 63) - 1

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "82 kB of gzip with 42 M empty samples": (
        lambda: squeezed(b"\x12\x00" * (MIB // 2), 84), "expands more than 200 times"),
    "3 MB of gzip with one string of 3 GiB": (
        lambda: squeezed(bytes(MIB), 3072, varint(6 << 3 | 2) + varint(3 << 30)),
        "expands more than 200 times"),
    "a string index out of range": (
        lambda: profile(function(1, 9), location(1, 1), sample(1)), "names string 9 of 4"),
    "a string index of 2^63": (
        lambda: profile(function(1, 1 << 63), location(1, 1), sample(1)), "names string"),
    "a function with the id 0": (lambda: profile(function(0)), "reserved id 0"),
    "a location with the id 0": (lambda: profile(F, location(0, 1)), "reserved id 0"),
    "a sample at location 2^62": (
        lambda: profile(F, location(1, 1), sample(1 << 62)), "names location 4611686018427387904"),
    "a million locations in one sample": (
        lambda: profile(F, location(1, 1), sample(1, times=1_000_000)),
        "1,000,000 locations, more than 4,096"),
    "a million labels in one sample": (
        lambda: profile(F, location(1, 1), sample(1, labels=b"\x1a\x00" * 1_000_000)),
        "more than the limit of 1,048,576"),
    "a location of a million lines": (
        lambda: profile(F, location(1, 1, 1_000_000), sample(1)),
        "more than the limit of 1,048,576"),
    "six billion frames, by inlining": (
        lambda: profile(F, location(1, 1, 150_000), *(
            sample(1, times=4_000 - n) for n in range(10))),
        "more than 536,870,912 frames"),
}  # fmt: skip

HANDLED: dict[str, tuple[Callable[[], bytes], str]] = {
    "ids of 2^62 and above": (
        lambda: profile(function(1 << 62), location((1 << 64) - 1, 1 << 62),
                        sample((1 << 64) - 1, value=8)),
        " 8B   100%   100%         8B   100%  f"),
    "sums above 2^63": (
        lambda: profile(F, location(1, 1), sample(1, value=MOST), sample(1, 1, value=MOST)),
        "add up to more than 2^63"),
    "sums below -2^63": (
        lambda: profile(F, location(1, 1), sample(1, value=-MOST), sample(1, 1, value=-MOST)),
        "-18446744073709551616B"),
    "a million labels": (many_labels, "10000B"),
    "a hundred million frames": (
        lambda: profile(F, location(1, 1, 1_000), *(
            sample(1, times=4_000 - n) for n in range(25))),
        "25B   100%"),
    "a million samples of one stack": (
        lambda: profile(F, location(1, 1), sample(1) * 1_000_000), "1000000B"),
    "half a million functions": (
        many_functions,        "1B   100%"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", REFUSED)
def test_what_no_service_sends_is_refused_in_one_line(bomb: str, tmp_path: Path) -> None:
    """The reason is named, within two seconds and 300 MB."""
    build, expected = REFUSED[bomb]
    path = tmp_path / "bomb.pb"
    path.write_bytes(build())
    run = heapwise(tmp_path, "top", str(path))
    assert (run.code, run.out) == (1, "")
    assert expected in run.err
    assert len(run.err.splitlines()) <= 2
    assert run.cpu_s < CPU_SECONDS
    assert run.rss < RSS


@pytest.mark.parametrize("bomb", HANDLED)
def test_what_is_only_odd_is_shown(bomb: str, tmp_path: Path) -> None:
    """Within the same time and memory, and with figures that did not wrap around."""
    build, expected = HANDLED[bomb]
    path = tmp_path / "bomb.pb"
    path.write_bytes(build())
    run = heapwise(tmp_path, "top", "-unit=B", str(path))
    assert (run.code, run.err) == (0, "")
    assert expected in run.out
    assert run.cpu_s < CPU_SECONDS
    assert run.rss < RSS
