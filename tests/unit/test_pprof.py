"""profile.proto in and out: what goes round stays the same, what is damaged is named."""

from __future__ import annotations

import gzip
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.model.profile import LABEL, Profile, StringTable
from support import profile_proto as schema
from support.profiles import Sample, profile, profile_bytes

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
NAMES = st.text(max_size=8).filter(lambda text: "(" not in text)
SAMPLES = st.lists(
    st.builds(
        Sample,
        st.lists(NAMES, max_size=5).map(tuple),
        st.lists(INT64, min_size=4, max_size=4),
        labels=st.dictionaries(st.text(max_size=3), INT64 | st.text(max_size=5), max_size=3),
    ),
    max_size=8,
)
ARRAYS = ("values", "stacks", "stack_offsets", "stack_locations", "locations", "line_offsets",
          "lines", "functions", "mappings", "label_offsets", "labels")  # fmt: skip
SCALARS = ("sample_types", "period_type", "period", "time_ns", "duration_ns",
           "default_sample_type", "drop_frames", "keep_frames", "comments", "doc_url")  # fmt: skip


def assert_same(one: Profile, other: Profile) -> None:
    """Two profiles agree in every column; the second one may have more strings."""
    for name in SCALARS:
        assert getattr(one, name) == getattr(other, name), name
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert list(one.strings) == list(other.strings)[: len(one.strings)]


@given(SAMPLES, INT64, INT64, st.lists(st.text(max_size=4), max_size=3))
def test_a_profile_survives_encoding_and_decoding(
    samples: list[Sample], period: int, time_ns: int, comments: list[str]
) -> None:
    """Every column and every header field comes back as it was."""
    original = profile(samples, period=period, time_ns=time_ns, comments=comments, sizes=False,
                       drop_frames="a|b", default_sample_type="alloc_space")  # fmt: skip
    data = pprof.encode(original)
    decoded = pprof.decode(data)
    assert_same(original, decoded)
    assert pprof.encode(decoded) == data


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_profile_or_a_profile_error(data: bytes) -> None:
    """Nothing but `ProfileError` ever comes out of bytes that are no profile."""
    with pytest.raises(ProfileError):
        pprof.decode(data)


@settings(max_examples=400)
@given(st.data())
def test_a_damaged_profile_is_a_profile_or_a_profile_error(data: st.DataObject) -> None:
    """Bytes changed, removed or doubled anywhere in a real encoding never crash the decoder."""
    raw = bytearray(profile_bytes({("f (a.go:1) inlined into g", "main"): (3, 90, 1, 30)}))
    body = bytearray(gzip.decompress(raw)) if data.draw(st.booleans()) else raw
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.sampled_from(["set", "cut", "double"])):
            case "set":
                body[at] = data.draw(st.integers(0, 255))
            case "cut":
                body = body[: at + 1]
            case "double":
                body[at:at] = body[at : at + 9]
    with suppress(ProfileError):
        pprof.decode(bytes(body))


def test_equal_stacks_become_one() -> None:
    """Samples of one stack share its id, however often it was written."""
    decoded = pprof.decode(profile_bytes([Sample(("a", "b"), (1, 8)), Sample(("a", "b"), (2, 64))]))
    assert decoded.stacks.tolist() == [0, 0]
    assert decoded.stack(0).tolist() == [0, 1]


def test_names_that_are_not_utf8_survive() -> None:
    """Bytes stay bytes; people see replacement characters."""
    data = profile_bytes({(b"caf\xe9".decode("utf-8", "surrogateescape"),): (1, 8)})
    decoded = pprof.decode(data)
    assert b"caf\xe9" in list(decoded.strings)
    assert decoded.function_name(0) == "caf\ufffd"
    assert pprof.encode(decoded) == data


def message(**tables: list[object]) -> object:
    """A small valid profile as a message, to be spoilt."""
    built = schema.Profile(string_table=[b"", b"space", b"bytes", b"f"])
    built.sample_type.add(type=1, unit=2)
    entries = {
        "sample": [schema.Sample(location_id=[7], value=[5])],
        "location": [schema.Location(id=7, line=[{"function_id": 9}])],
        "function": [schema.Function(id=9, name=3)],
        "mapping": [],
        **tables,
    }
    for name, rows in entries.items():
        getattr(built, name).extend(row.SerializeToString() for row in rows)
    return built


def test_ids_may_be_any_64_bit_numbers() -> None:
    """Ids are looked up, never used as positions."""
    huge = (1 << 64) - 1
    spoilt = message(
        sample=[schema.Sample(location_id=[huge], value=[5])],
        location=[schema.Location(id=huge, mapping_id=1 << 62, line=[{"function_id": 1 << 61}])],
        function=[schema.Function(id=1 << 61, name=3)],
        mapping=[schema.Mapping(id=1 << 62)],
    )
    assert pprof.decode(spoilt.SerializeToString()).function_name(0) == "f"


def test_tables_may_follow_the_samples_and_numbers_may_be_unpacked() -> None:
    """The order of fields is free, and location ids and values may come one by one, or mixed."""
    text = message(sample=[]).SerializeToString()
    unpacked = bytes([8, 7, 0x0A, 2, 7, 7, 8, 7, 16, 5])
    decoded = pprof.decode(bytes([0x12, len(unpacked)]) + unpacked + text)
    assert decoded.stack(0).tolist() == [0, 0, 0, 0]
    assert decoded.values.tolist() == [[5]]


DAMAGE = {
    "a function has the reserved id 0": (
        {"function": [schema.Function(id=0, name=3)]}, "function at byte .* reserved id 0"),
    "two functions share an id": (
        {"function": [schema.Function(id=9), schema.Function(id=9)]},
        "two functions have the id 9, the second at byte"),
    "a location has the reserved id 0": (
        {"location": [schema.Location(id=0)]}, "location at byte .* reserved id 0"),
    "a mapping has the reserved id 0": (
        {"mapping": [schema.Mapping(id=0)]}, "mapping at byte .* reserved id 0"),
    "a line names no function": (
        {"location": [schema.Location(id=7, line=[{"function_id": 4}])]},
        "location 7 names function 4, which is not in the profile"),
    "a location names no mapping": (
        {"location": [schema.Location(id=7, mapping_id=5)]}, "location 7 names mapping 5"),
    "a sample names no location": (
        {"sample": [schema.Sample(location_id=[8], value=[5])]}, "sample 0 at byte .* location 8"),
    "a sample has too few values": (
        {"sample": [schema.Sample(location_id=[7])]}, "0 values for 1 sample types"),
    "a sample has too many values": (
        {"sample": [schema.Sample(location_id=[7], value=[5, 5])]}, "2 values for 1 sample types"),
    "a name lies outside the string table": (
        {"function": [schema.Function(id=9, name=10**9)]}, "string 1,000,000,000 of 4"),
    "a string index is negative": (
        {"function": [schema.Function(id=9, name=-1)]}, "string -1 of 4"),
    "a label's key lies outside the string table": (
        {"sample": [schema.Sample(location_id=[7], value=[5], label=[{"key": 4}])]},
        "labels names string 4 of 4"),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGE)
def test_what_pprof_refuses_is_refused_with_place_and_reason(case: str) -> None:
    """Each violation of pprof's rules is named."""
    tables, expected = DAMAGE[case]
    with pytest.raises(ProfileError, match=expected):
        pprof.decode(message(**tables).SerializeToString(), source="x.pb.gz")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("string_table", [], "no string table"),
        ("string_table", [b"x"], "string 0 at byte .* is not empty"),
        ("sample_type", [], "no sample types"),
        ("comment", [77], "header names string 77 of 4"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(
    field: str, value: list[object], expected: str
) -> None:
    """No strings, a first string that is not empty, no sample types, an index outside."""
    spoilt = message()
    spoilt.ClearField(field)
    getattr(spoilt, field).extend(value)
    with pytest.raises(ProfileError, match=expected):
        pprof.decode(spoilt.SerializeToString())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><title>x</title>", "an HTML page; .*/debug/pprof/heap"),
        (b"\n  <html>", "an HTML page"),
        (b'{"error": "no"}', "it is JSON"),
        (b"[1, 2]", "it is JSON"),
        (b"--- threadz 1 ---\n", "a dump of threads; .*go tool pprof -proto"),
        (b"--- heapz 1 ---\nformat = java\n", "a profile of an old Java tool"),
        (b"\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0", "a CPU profile of gperftools"),
        (b"404 page not found\n", "text that begins with '404 page not found'"),
        (b"go 1.26 trace\x00\x00\x00", "an execution trace"),
        (gzip.compress(b"<html>", mtime=0), "an HTML page"),
    ],
)
def test_what_is_no_profile_is_called_by_its_name(data: bytes, expected: str) -> None:
    """People paste the wrong address: the error says what they got."""
    with pytest.raises(ProfileError, match=expected):
        pprof.decode(data)


def test_a_profile_in_several_gzip_members_is_read() -> None:
    """Members follow each other as gzip allows."""
    raw = gzip.decompress(profile_bytes({("f",): (1, 8)}))
    assert len(pprof.decode(gzip.compress(raw[:20]) + gzip.compress(raw[20:]))) == 1


def test_gzip_that_is_cut_off_or_followed_by_something_else_is_refused() -> None:
    """A download that broke off is no shorter profile."""
    data = profile_bytes({("f",): (1, 8)})
    for length in range(2, len(data)):
        with pytest.raises(ProfileError, match="cut off after"):
            pprof.decode(data[:length])
    with pytest.raises(ProfileError, match=f"follows the gzip data at byte {len(data)}"):
        pprof.decode(data + b"\n")
    with pytest.raises(ProfileError, match="gzip data is damaged"):
        pprof.decode(data[:-8] + bytes(8))


DEEP = {tuple(f"f{i}" for i in range(30)): (1, 8)}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"compressed": 100}, "more than the limit of 100"),
        ({"decompressed": 500}, "more than 500 bytes; .*--max-profile-size"),
        ({"ratio": 1, "ratio_from": 100}, "expands more than 1 times"),
        ({"samples": 0}, "more than 0 samples"),
        ({"entries": 29}, "more than 29 (locations|functions|strings)"),
        ({"frames": 29}, "30 locations, more than 29"),
        ({"nested": 29}, "more than 29 lines"),
        ({"message": 30}, "more than the limit of 30"),
        ({"string": 3}, "more than the limit of 3"),
    ],
)
def test_each_limit_is_kept(limits: dict[str, int], expected: str) -> None:
    """A profile over a limit is refused with the limit in the error; just below it is read."""
    data = profile_bytes(DEEP)
    with pytest.raises(ProfileError, match=expected):
        pprof.decode(data, limits=replace(pprof.LIMITS, **limits))
    assert len(pprof.decode(data)) == 1


def test_a_stack_of_4096_locations_is_read_and_one_more_is_not() -> None:
    """The deepest stack allowed is that of the limit itself."""
    stack = tuple(f"f{i}" for i in range(4096))
    assert len(pprof.decode(profile_bytes({stack: (1, 8)})).stack(0)) == 4096
    with pytest.raises(ProfileError, match="4,097 locations, more than 4,096"):
        pprof.decode(profile_bytes({(*stack, "f0"): (1, 8)}))


def test_millions_of_labels_in_one_sample_are_refused() -> None:
    """The labels of a sample are bounded by its size before they are parsed."""
    labels = b"\x1a\x00" * 1_000_000
    with pytest.raises(ProfileError, match="one of the samples takes 2,000,000 bytes"):
        pprof.decode(b"\x12" + b"\x80\x89\x7a" + labels)


def test_an_empty_string_table_can_be_encoded() -> None:
    """The empty string that every profile begins with is added where it is missing."""
    bare = replace(profile({}), strings=StringTable.of([]), mappings=profile({}).mappings[:0],
                   labels=np.empty(0, LABEL))  # fmt: skip
    assert pprof.decode(pprof.encode(bare)).strings[0] == b""
