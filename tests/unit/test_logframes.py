"""The frame layer: what is written comes back, and damage costs no more than what it hit."""

from __future__ import annotations

import zlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.formats import logframes
from heapwise.formats.logframes import (
    HASH_FLOOR,
    HEADER,
    INFLATE_FLOOR,
    INFLATE_RATIO,
    MAGIC,
    MAX_BODY,
    Scan,
    Unpacker,
    encode_frame,
)

BODIES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8)


def read(data: bytes) -> tuple[list[tuple[int, bytes]], Scan]:
    """The kinds and bodies of all frames."""
    scan = Scan(data)
    unpacker = Unpacker(len(data))
    return [(f.kind, unpacker.unpack(f.payload, 1 << 20)) for f in scan.frames()], scan


@given(BODIES)
def test_frames_come_back_in_order_and_nothing_is_called_damaged(
    bodies: list[tuple[int, bytes]],
) -> None:
    """What was written is read, and the file holds nothing else."""
    found, scan = read(b"".join(encode_frame(kind, body) for kind, body in bodies))

    assert found == bodies
    assert (scan.bad_frames, scan.damaged_bytes, scan.incomplete_tail) == (0, 0, 0)


def test_the_layout_is_the_documented_one() -> None:
    """Magic, type, length, checksum over type, length and payload; then codec byte and body."""
    frame = encode_frame(2, b"{}")

    assert frame[:4] == bytes.fromhex("F546520A")
    assert frame[4] == 2
    assert int.from_bytes(frame[5:9], "little") == 3
    assert int.from_bytes(frame[9:13], "little") == zlib.crc32(frame[4:9] + frame[13:])
    assert frame[13:] == b"\x00{}"


def test_a_body_is_packed_where_that_makes_it_smaller() -> None:
    """Long bodies carry codec 1 and a zlib stream."""
    frame = encode_frame(1, bytes(1000))

    assert frame[13] == 1
    assert zlib.decompress(frame[14:]) == bytes(1000)


@given(BODIES, st.lists(st.binary(max_size=40), min_size=9, max_size=9))
def test_garbage_between_frames_costs_no_frame(
    bodies: list[tuple[int, bytes]], garbage: list[bytes]
) -> None:
    """The reader finds every frame again behind bytes that are none."""
    garbage = [piece.replace(MAGIC[:1], b"") for piece in garbage]
    pieces = [encode_frame(kind, body) for kind, body in bodies]
    data = garbage[0] + b"".join(p + g for p, g in zip(pieces, garbage[1:], strict=False))

    found, scan = read(data)

    assert found == bodies
    assert scan.damaged_bytes == len(data) - sum(map(len, pieces))


def test_the_length_of_a_damaged_frame_is_never_used() -> None:
    """A header that claims the next frame as its payload does not take it along."""
    lost = bytearray(encode_frame(1, b"lost"))
    kept = encode_frame(1, b"kept")
    lost[5:9] = (5 + len(kept)).to_bytes(4, "little")

    found, scan = read(bytes(lost) + kept)

    assert found == [(1, b"kept")]
    assert scan.bad_frames == 1
    assert scan.damaged_bytes == len(lost)


def test_magic_inside_a_good_frame_is_no_frame() -> None:
    """A body may hold anything, whole frames too."""
    inner = encode_frame(1, b"inner")

    found, scan = read(encode_frame(2, inner))

    assert found == [(2, inner)]
    assert scan.bad_frames == 0


@pytest.mark.parametrize("cut", [1, 3, 4, 12, 13, 20])
def test_a_frame_that_is_still_being_written_is_a_tail_and_no_damage(cut: int) -> None:
    """A kill or a concurrent read leaves the beginning of a frame at the end."""
    whole = encode_frame(1, b"whole")
    found, scan = read(whole + encode_frame(2, b"not yet whole")[:cut])

    assert found == [(1, b"whole")]
    assert (scan.incomplete_tail, scan.bad_frames, scan.damaged_bytes) == (cut, 0, 0)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_every_byte_is_accounted_for_whatever_the_file_holds(
    data: bytes, places: list[int]
) -> None:
    """Arbitrary bytes, with magics strewn in, never raise; good, damaged and tail add up."""
    for place in places:
        data = data[:place] + MAGIC + data[place:]
    scan = Scan(data)

    for frame in scan.frames():
        assert frame.size >= HEADER.size

    assert scan.good_bytes + scan.damaged_bytes + scan.incomplete_tail == len(data)
    assert min(scan.good_bytes, scan.damaged_bytes, scan.incomplete_tail, scan.bad_frames) >= 0


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of everything that a checksum was computed of."""
    sizes: list[int] = []

    def crc32(data: bytes, start: int = 0) -> int:
        sizes.append(len(data))
        return zlib.crc32(data, start)

    counting = SimpleNamespace(
        crc32=crc32, decompressobj=zlib.decompressobj, error=zlib.error, compress=zlib.compress
    )
    monkeypatch.setattr(logframes, "zlib", counting)
    return sizes


@pytest.mark.parametrize("size", [1 << 20, 4 << 20])
def test_headers_that_each_claim_the_rest_of_the_file_are_hashed_within_a_budget(
    hashed: list[int], size: int
) -> None:
    """Back to back, 1 MiB of them would be hashed 40 000 times over (11 s without a budget)."""
    count = size // HEADER.size
    data = b"".join(
        HEADER.pack(MAGIC, 1, (count - number - 1) * HEADER.size, 0) for number in range(count)
    )
    scan = Scan(data)

    assert list(scan.frames()) == []
    assert sum(hashed) <= HASH_FLOOR + 2 * size
    assert scan.damaged_bytes == len(data)


def test_searching_garbage_for_frames_hashes_none_of_it(hashed: list[int]) -> None:
    """Without a magic there is nothing to check, and the frame behind 4 MiB is found."""
    garbage = bytes(range(0xF0)) * (4 << 12)

    found, _ = read(garbage + encode_frame(1, b"behind"))

    assert found == [(1, b"behind")]
    assert sum(hashed) < 1000


@pytest.mark.parametrize("size", [1 << 16, 1 << 20])
def test_magics_back_to_back_are_stepped_over_once_each(hashed: list[int], size: int) -> None:
    """The work is one step per magic, four bytes on, and no checksum."""
    scan = Scan(MAGIC * (size // 4))

    assert list(scan.frames()) == []
    assert scan.bad_frames == size // 4
    assert hashed == []


def test_a_frame_that_unpacks_beyond_the_limit_is_refused() -> None:
    """A thousandfold bomb is given up at the limit, not unpacked and then judged."""
    frame = next(Scan(encode_frame(1, bytes(32 << 20))).frames())

    with pytest.raises(ValueError, match="too large"):
        Unpacker(100).unpack(frame.payload, 1 << 20)


def test_a_file_of_bombs_is_unpacked_within_a_budget() -> None:
    """Each of 20 frames is allowed alone; together they may fill 64 MiB, and no more."""
    data = encode_frame(1, bytes(15 << 20)) * 20
    unpacker = Unpacker(len(data))
    sizes = []
    for frame in Scan(data).frames():
        try:
            sizes.append(len(unpacker.unpack(frame.payload, MAX_BODY)))
        except ValueError:
            sizes.append(0)

    assert sizes == [15 << 20] * 4 + [0] * 16
    assert sum(sizes) <= max(INFLATE_FLOOR, INFLATE_RATIO * len(data))


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x02zstd", b"\x01not zlib", b"\x01" + zlib.compress(b"x")[:-1],
     b"\x01" + zlib.compress(b"x") + b"more"],
    ids=["empty", "unknown codec", "no zlib", "cut", "more behind"],
)  # fmt: skip
def test_a_payload_that_is_not_exactly_one_body_is_refused(payload: bytes) -> None:
    """A right checksum does not make a payload sensible."""
    with pytest.raises(ValueError, match=r".+"):
        Unpacker(100).unpack(memoryview(payload), 1000)


def test_a_body_too_large_for_a_frame_is_refused_when_written() -> None:
    """The reader would never accept it."""
    with pytest.raises(ValueError, match="cannot hold"):
        encode_frame(1, bytes(MAX_BODY + 1))
