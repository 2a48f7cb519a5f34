"""Profiles as text: what ``debug=1`` prints, and C++ tools before ``profile.proto``."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.view import Query, look
from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.model.profile import Profile

HEAP = b"heap profile: 1: 10 [3: 40] @ %s\n"
SAMPLE = b"1: 10 [3: 48] @ 0x11 0x21\n"


def rows(profile: Profile) -> dict[tuple[str, ...], list[int]]:
    """Values by stack: the names of its calls, leaf first, or their addresses in hex."""
    found = {}
    for stack, values in zip(profile.stacks.tolist(), profile.values.tolist(), strict=True):
        names = []
        for at in profile.stack(stack).tolist():
            lines = profile.location_lines(at)["function"].tolist()
            functions = [profile.strings.text(profile.functions["name"][i]) for i in lines]
            names += functions or [hex(profile.locations["address"][at])]
        found[tuple(names)] = values
    return found


@pytest.mark.parametrize(
    ("word", "rate"),
    [(b"heap/64", 32), (b"heap_v2/32", 32), (b"heapz_v2/32", 32), (b"heap_v2/1", 1), (b"heap", 0)],
)
def test_sampled_counts_are_scaled_to_what_was_allocated(word: bytes, rate: int) -> None:
    """Each is divided by the chance to be sampled and cut off; `heap/` gives twice the rate."""
    profile = pprof.decode(HEAP % word + SAMPLE)

    def scale(count: int, mean: float) -> int:
        return int(count / (1 - math.exp(-mean / rate))) if rate > 1 else count

    expected = [scale(3, 16), scale(48, 16), scale(1, 10), scale(10, 10)]
    assert rows(profile) == {("0x10", "0x20"): expected}
    assert profile.period == rate
    assert profile.labels["num"].tolist() == [10]


def test_heapprofile_counts_everything() -> None:
    """The word says that nothing was sampled, whatever number follows it."""
    assert rows(pprof.decode(HEAP % b"heapprofile/99" + SAMPLE)) == {
        ("0x10", "0x20"): [3, 48, 1, 10]
    }


@pytest.mark.parametrize(
    "first", [b"heap profile: 1: 10 [1: 10] @ heapprofile", b"heap profile: 1: 10 [0: 0] @ growthz"]
)
def test_a_profile_of_what_is_live_only_has_two_columns(first: bytes) -> None:
    """C++ allocators do not say what was freed; growth counts address space."""
    profile = pprof.decode(first + b"\n1: 10 [1: 10] @ 0x11\n")
    assert [kind.type for kind in profile.sample_types] == ["objects", "space"]
    assert rows(profile) == {("0x10",): [1, 10]}


def test_names_beside_the_addresses_are_read() -> None:
    """Where pprof asks the binary for them, the text holds them already, with their lines."""
    text = (
        HEAP % b"heap/2"
        + b"1: 8 [2: 16] @ 0x9 0x11 0x21 0x31\n"
        + b"#\t0x10\tmain.inner+0x8\t\t/srv/a b.go:7\n#\t0x10\tmain.outer+0x10\t/srv/a b.go:9\n"
        + b"#\t0x20\tmain.f[...]+0x1\t/srv/a b.go:3\n\n# runtime.MemStats\n# Alloc = 5\n"
    )
    profile = pprof.decode(text)
    assert rows(profile) == {("main.inner", "main.outer", "main.f[...]"): [2, 16, 1, 8]}
    assert profile.lines["line"].tolist() == [7, 9, 3]
    assert profile.strings.text(profile.functions["filename"][0]) == "/srv/a b.go"


def test_a_recursion_is_not_taken_for_inlining() -> None:
    """One address that stands twice in a stack has its name twice, once for each call."""
    named = b"#\t0x10\tmain.fib+0x8\t/fib.go:2\n"
    profile = pprof.decode(b"goroutine profile: total 4\n4 @ 0x11 0x11\n" + named + named)
    assert rows(profile) == {("main.fib", "main.fib"): [4]}


@pytest.mark.parametrize("first", [b"--- mutex:", b"--- contention:", b"--- contentionz 1 ---"])
def test_delays_are_cycles_made_nanoseconds(first: bytes) -> None:
    """Both columns are scaled by the sampling period, delays by the processor's frequency too."""
    attributes = b"cycles/second = 2000000000\nsampling period = 10\nms since reset = 7\n"
    profile = pprof.decode(first + b"\n" + attributes + b"600 3 @ 0x11 0x21\n")
    assert rows(profile) == {("0x10", "0x20"): [30, 3000]}
    assert (profile.period, profile.duration_ns) == (10, 7_000_000)
    assert [str(kind) for kind in profile.sample_types] == [
        "contentions/count",
        "delay/nanoseconds",
    ]


def test_the_memory_map_names_the_files_of_addresses() -> None:
    """Only parts that can be executed count; an address outside all of them has a nameless file."""
    text = (
        b"heap profile: 1: 10 [1: 10] @ heapprofile\n1: 10 [1: 10] @ 0x400011 0x700011\n"
        b"MAPPED_LIBRARIES:\n00400000-00500000 r-xp 00001000 08:01 77 /bin/service\n"
        b"00600000-00800000 rw-p 00000000 08:01 77 /bin/service\n"
    )
    profile = pprof.decode(text)
    mapping = profile.mappings[0]
    assert (mapping["start"], mapping["limit"], mapping["offset"]) == (0x400000, 0x500000, 0x1000)
    assert profile.strings.text(mapping["filename"]) == "/bin/service"
    assert profile.locations["mapping"].tolist() == [0, 1]


def test_where_parts_overlap_the_first_that_is_listed_counts() -> None:
    """As in pprof, which looks through the list for every address."""
    parts = [(0x30, 0x40), (0x10, 0x60), (0x20, 0x35), (0x5, 0x10)]
    entries = b"".join(b"%x-%x r-xp 0 00:00 0 /f\n" % part for part in parts)
    addresses = list(range(0x70))
    text = HEAP % b"heapprofile" + b"1: 10 [1: 10] @"
    text += b"".join(b" 0x%x" % (address + 1) for address in addresses)
    found = pprof.decode(text + b"\nMAPPED_LIBRARIES:\n" + entries).locations
    expected = [
        next((i for i, (start, limit) in enumerate(parts) if start <= address < limit), len(parts))
        for address in addresses
    ]
    assert found["address"].tolist() == addresses
    assert found["mapping"].tolist() == [-1, *expected[1:]]


def test_bytes_of_another_sign_than_their_objects_are_nothing() -> None:
    """No such thing was ever allocated; pprof's estimate runs into infinity and leaves 0."""
    text = HEAP % b"heap_v2/524288" + b"1: -900000000000 [3: 48] @ 0x11\n"
    assert rows(pprof.decode(text))[("0x10",)][2:] == [0, 0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAP % b"heapq_v9/1", "nobody knows the sampling of 'heapq_v9'"),
        (HEAP % b"heap/2" + b"hello\n", "line 2 is not a sample"),
        (HEAP % b"heap/2" + b"0: 5 [0: 5] @ 0x1\n", "line 2: 5 bytes in no objects"),
        (HEAP % b"heap/2" + b"1: 5 [1: 5] @ 0x" + b"f" * 17, "line 2 has too many addresses"),
        (HEAP % b"heap/2" + b"99999999999999999999: 1 [1: 5] @ 0x1", "line 2: .* 64 bits"),
        (HEAP % b"heap/9999999999999999999999", "does not fit into 64 bits"),
        (HEAP % b"heap/2" + b"1" * (1 << 20) + b"1", "line 2 has more than 1,048,576 bytes"),
        (b"--- contention:\nformat = java\n", "it says 'format', as Java's profiles do"),
        (b"goroutine profile: total 1\n1 @\n", "line 2 is not a sample"),
        (b"--- mutex:\nms since reset=9223372036854775807\n1 1 @ 0x1\n", "fit into 64 bits"),
    ],
)  # fmt: skip
def test_damaged_text_is_refused_with_its_line(text: bytes, reason: str) -> None:
    """Half a profile is never shown as a whole one."""
    with pytest.raises(ProfileError, match=f"cannot read profile: .*{reason}"):
        pprof.decode(text)


_PIECES = st.sampled_from(
    [
        b"heap profile: ", b"1: 2 [3: 4] @", b" heap/1048576", b"\n", b" 0x1", b"0x", b"-5", b": ",
        b"--- mutex:\n", b"cycles/second=0\n", b"sampling period=-3\n", b"x profile: total 3\n",
        b"7 @", b"#\t0x0\tf+0x1\t/f:1\n", b"#\t", b"MAPPED_LIBRARIES:\n", b"1-2 r-xp", b"\xff\0",
    ]
)  # fmt: skip


@given(st.lists(_PIECES | st.binary(max_size=5), max_size=30).map(b"".join))
@settings(deadline=None)
def test_any_text_is_a_profile_that_can_be_looked_at_or_an_error(text: bytes) -> None:
    """Nothing else may come out of it, however the pieces are put together."""
    try:
        profile = pprof.decode(text)
        look(profile, Query(), source="text")
    except ProfileError:
        return
    assert len(pprof.decode(pprof.encode(profile))) == len(profile)
