"""The C codec and Google's parser read every profile alike, and refuse the same ones."""

from __future__ import annotations

import os
import random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.formats.pprof_encode import encode_message
from support import pprof_oracle
from support.profile_proto import Profile as Message
from support.protowire import field, number_field, varint

EXAMPLES = 4000 if os.environ.get("HEAPWISE_FULL") == "1" else 400

IDS = [1, 2, 3, 4, 7, 1 << 32, 1 << 61, (1 << 62) + 1, (1 << 64) - 1]
NUMBERS = st.integers(-3, 6) | st.integers(-(1 << 63), (1 << 64) - 1)
STRINGS = 5
TEXTS = st.integers(0, STRINGS - 1)


def numbers(draw: st.DrawFn, number: int, values: list[int]) -> bytes:
    """A repeated number, packed, unpacked, or some of it so."""
    out = b""
    while values:
        count = draw(st.integers(1, len(values)))
        head, values = values[:count], values[count:]
        packed = draw(st.booleans())
        out += (field(number, b"".join(map(varint, head))) if packed
                else b"".join(number_field(number, value) for value in head))  # fmt: skip
    return out


def message(draw: st.DrawFn, *parts: bytes) -> bytes:
    """The fields of a message in any order, with one among them that profiles do not have."""
    unknown = draw(st.sampled_from(
        [b"", field(90, b"x"), number_field(91, 5), b"\xa5\x06abcd", b"\xa1\x06abcdefgh"]
    ))  # fmt: skip
    return b"".join(draw(st.permutations([*parts, unknown])))


def scalars(draw: st.DrawFn, *places: int, of: st.SearchStrategy[int] = NUMBERS) -> list[bytes]:
    """Some of the number fields of a message."""
    return [number_field(place, draw(of)) for place in places if draw(st.booleans())]


@st.composite
def profiles(draw: st.DrawFn) -> bytes:
    """Valid profiles as odd as the format allows, not compressed."""
    ids = st.lists(st.sampled_from(IDS), unique=True, max_size=4)
    function_ids, mapping_ids, location_ids = draw(ids), draw(ids), draw(ids)
    width = draw(st.integers(1, 3))
    strings = [field(6, text) for text in (b"", b"bytes", b"main.f", b"caf\xe9", b"bytes")]
    out = [field(1, message(draw, *scalars(draw, 1, 2, of=TEXTS))) for _ in range(width)]
    out += [numbers(draw, 13, draw(st.lists(TEXTS, max_size=3)))]
    out += scalars(draw, 9, 10, 12) + scalars(draw, 7, 8, 14, 15, of=TEXTS)
    out += [field(11, message(draw, *scalars(draw, 1, 2, of=TEXTS)))] * draw(st.integers(0, 1))
    for number in mapping_ids:
        rest = scalars(draw, 2, 3, 4, 7, 8, 9, 10) + scalars(draw, 5, 6, of=TEXTS)
        out.append(field(3, message(draw, number_field(1, number), *rest)))
    for number in function_ids:
        rest = scalars(draw, 5) + scalars(draw, 2, 3, 4, of=TEXTS)
        out.append(field(5, message(draw, number_field(1, number), *rest)))
    for number in location_ids:
        used = draw(st.lists(st.sampled_from(function_ids), max_size=3)) if function_ids else []
        lines = [field(4, message(draw, number_field(1, function), *scalars(draw, 2, 3)))
                 for function in used]  # fmt: skip
        rest = scalars(draw, 3, 5)
        rest += scalars(draw, 2, of=st.sampled_from([0, *mapping_ids]))
        out.append(field(4, message(draw, number_field(1, number), *lines, *rest)))
    for _ in range(draw(st.integers(0, 4))):
        stack = draw(st.lists(st.sampled_from(location_ids), max_size=5)) if location_ids else []
        values = draw(st.lists(NUMBERS, min_size=width, max_size=width))
        labels = [field(3, message(draw, *scalars(draw, 3), *scalars(draw, 1, 2, 4, of=TEXTS)))
                  for _ in range(draw(st.integers(0, 2)))]  # fmt: skip
        out.append(field(2, numbers(draw, 1, stack) + numbers(draw, 2, values) + b"".join(labels)))
    # Strings keep their order, since they are named by it; all else may come in any.
    random.Random(draw(st.integers(0, 1 << 16))).shuffle(out)  # noqa: S311 - an order, no secret
    at = draw(st.integers(0, len(out)))
    return b"".join([*out[:at], *strings, *out[at:]])


def assert_read_alike(data: bytes) -> None:
    """Both readers accept the bytes and see the same, or both refuse them."""
    try:
        expected = pprof_oracle.read(data)
    except pprof_oracle.RefusedError:
        expected = None
    except OverflowError:
        event("readers may differ")
        return
    try:
        found = pprof_oracle.plain(pprof.decode(data))
    except ProfileError:
        found = None
    event("accepted" if expected else "refused")
    assert found == expected


@settings(max_examples=EXAMPLES)
@given(profiles())
def test_a_valid_profile_is_read_as_googles_parser_reads_it(data: bytes) -> None:
    """Any order of fields and tables, packed and unpacked numbers, 64-bit ids, unknown fields."""
    assert pprof_oracle.read(data)
    assert_read_alike(data)


@settings(max_examples=EXAMPLES)
@given(profiles(), st.data())
def test_a_spoilt_profile_is_read_or_refused_as_by_googles_parser(
    data: bytes, spoil: st.DataObject
) -> None:
    """Bytes set, removed or doubled anywhere: nothing is accepted that pprof's rules forbid."""
    body = bytearray(data)
    for _ in range(spoil.draw(st.integers(1, 3))):
        at = spoil.draw(st.integers(0, len(body) - 1))
        match spoil.draw(st.sampled_from(["set", "cut", "remove", "double"])):
            case "set":
                body[at] = spoil.draw(st.sampled_from([0, 1, 2, 5, 0x7F, 0x80, 0xFF]))
            case "cut":
                body = body[: at + 1]
            case "remove":
                del body[at : at + spoil.draw(st.integers(1, 9))]
            case "double":
                body[at:at] = body[at : at + 9]
        if not body:
            return
    assert_read_alike(bytes(body))


@settings(max_examples=EXAMPLES)
@given(profiles())
def test_googles_parser_reads_back_what_we_encode(data: bytes) -> None:
    """Nothing changes but ids, and every byte is as Google's library would write it.

    Texts of the header that are no UTF-8 became other texts, which stand after the known strings.
    """
    profile = pprof.decode(data)
    encoded = encode_message(profile)
    found, expected = pprof_oracle.read(encoded), pprof_oracle.plain(profile)
    found["strings"] = found["strings"][: len(profile.strings)]
    assert found == expected
    assert Message.FromString(encoded).SerializeToString() == encoded
