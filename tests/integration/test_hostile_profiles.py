"""Profiles made to kill their reader are refused before they cost time or memory."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

MIB = 1 << 20
CPU_SECONDS = 2.0
RSS = 300 * MIB

# Runs in a process of its own, so that memory can be limited and measured. CPU time is judged and
# not the clock: other work on the machine must not fail this test.
CHILD = """
import json, re, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from heapwise.errors import ProfileError
from heapwise.formats import pprof
data = Path(sys.argv[1]).read_bytes()
start = time.process_time()
try:
    pprof.decode(data)
    said = "decoded"
except ProfileError as error:
    said = str(error)
seconds = time.process_time() - start
# The kernel's own peak: getrusage counts what the parent held before it as well.
rss = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps([said, seconds, rss]))
"""


def varint(number: int) -> bytes:
    """The number as protobuf writes it."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def squeezed(head: bytes, unit: bytes, times: int) -> bytes:
    """Gzip of ``head`` and ``times`` units, without compressing more than a few of them.

    After a full flush the compressor has no memory, so equal input gives equal output. There is no
    checksum at the end; a reader that gets so far has failed already.
    """
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = stream.compress(head) + stream.flush(zlib.Z_FULL_FLUSH)
    body = stream.compress(unit) + stream.flush(zlib.Z_FULL_FLUSH)
    return start + body * times


BOMBS = {
    "one string of 3 GiB, gzipped": (
        lambda: squeezed(varint(6 << 3 | 2) + varint(3 << 30), bytes(MIB), 3072),
        "expands more than 200 times"),
    "42 M empty samples, gzipped": (
        lambda: squeezed(b"", b"\x12\x00" * (MIB // 2), 84), "expands more than 200 times"),
    "42 M empty samples": (lambda: b"\x12\x00" * 42_000_000, "more than 2,000,000 samples"),
    "42 M empty locations": (lambda: b"\x22\x00" * 42_000_000, "more than 2,000,000 locations"),
    "42 M empty strings": (lambda: b"\x32\x00" * 42_000_000, "more than 2,000,000 strings"),
    "30 M unknown fields": (lambda: b"\xf8\x01\x00" * 30_000_000, "belongs to no profile"),
    "40 M sample types": (lambda: b"\x0a\x00" * 40_000_000, "bytes outside the tables"),
    "a sample of 10 M labels": (
        lambda: field(2, b"\x1a\x00" * 10_000_000), "one of the samples takes 20,000,000 bytes"),
    "a location of 10 M lines": (
        lambda: field(4, b"\x22\x00" * 10_000_000), "one of the locations takes 20,000,000 bytes"),
    "a sample of 1 M locations": (
        lambda: field(1, b"") + field(6, b"") + field(4, b"\x08\x01")
        + field(2, field(1, b"\x01" * 1_000_000) + b"\x10\x01"), "1,000,000 locations, more than"),
    "a string of 100 MB": (lambda: field(6, bytes(100 * MIB)), "one of the strings takes"),
    "a length of 2^63": (lambda: b"\x12" + varint(1 << 63), "longer than what is left"),
    "a number without an end": (lambda: b"\x50" + b"\xff" * 1000, "more than 10 bytes"),
    "half a million comments of 64 kB": (
        lambda: field(1, b"") + field(6, b"") + field(6, b"x" * 65_000)
        + field(13, b"\x01" * 500_000), "decoded"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_within_two_seconds_and_300_mb(bomb: str, tmp_path: Path) -> None:
    """However the profile is blown up, the limit that stops it is named, early and cheaply."""
    build, expected = BOMBS[bomb]
    path = tmp_path / "bomb"
    path.write_bytes(build())
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, timeout=120,
        check=True, env={"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    said, seconds, rss = json.loads(done.stdout)
    assert expected in said
    assert seconds < CPU_SECONDS
    assert rss < RSS
