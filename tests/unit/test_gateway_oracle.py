"""The gateway's oracle compares what answers say, not how they are written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.lab.oracles import ORACLES, Seen, equal_json_answers

Values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def seen(*bodies: bytes) -> Seen:
    """What one target answered."""
    return Seen({0: list(bodies)}, 210.0)


@given(st.dictionaries(st.text(max_size=3), Values, max_size=5))
def test_blanks_escapes_and_the_order_of_keys_are_no_difference(value: dict[str, object]) -> None:
    """Whoever writes the same values, however, has answered the same."""
    written = json.dumps(value, indent=2)
    turned = dict(reversed(value.items()))
    compact = json.dumps(turned, separators=(",", ":"), ensure_ascii=False)
    assert equal_json_answers(seen(written.encode()), seen(compact.encode())).holds


@pytest.mark.parametrize(
    ("before", "variant"),
    [
        (b'{"a": 1}', b'{"a": 2}'),
        (b'{"a": 1}', b'{"a": 1.0}'),
        (b'{"a": 1}', b'{"a": "1"}'),
        (b'{"a": 1}', b'{"a": 1, "b": null}'),
        (b"[1, 2]", b"[2, 1]"),
    ],
)
def test_another_value_breaks_the_oracle(before: bytes, variant: bytes) -> None:
    """The odd answer is shown."""
    ruling = equal_json_answers(seen(before), seen(variant))
    assert not ruling.holds
    assert ruling.detail.startswith("answers of target 0 differ, as ")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_json_breaks_the_oracle(body: bytes) -> None:
    """Also where both gave the same: an error page is no answer."""
    ruling = equal_json_answers(seen(body), seen(body))
    assert not ruling.holds
    assert ruling.detail.startswith("an answer is not JSON: ")


def test_no_answer_at_all_breaks_the_oracle() -> None:
    """What was not kept cannot be compared."""
    assert not equal_json_answers(Seen({}, None), Seen({}, None)).holds
    assert not equal_json_answers(seen(b"{}"), seen()).holds


def test_lab_toml_names_it() -> None:
    """By the name of its function."""
    assert ORACLES["equal_json_answers"] is equal_json_answers
