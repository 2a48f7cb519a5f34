"""vegeta's target formats, and the one of the command line."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import TargetError
from heapwise.formats.targets import (
    add_defaults,
    http_targets,
    json_targets,
    parse_header,
    parse_single,
    some,
)
from heapwise.model.load import Target

A, B = "http://localhost:8080/a", "http://localhost:8080/b"


def http(text: str) -> tuple[Target, ...]:
    """Parse with bodies that say which file they came from."""
    lines = text.split("\n")
    return some(http_targets(lines, read_body=lambda name: f"<{name}>".encode()), "targets")


def from_json(text: str) -> tuple[Target, ...]:
    """Parse the other format."""
    return some(json_targets(text.split("\n"), source="t"), "t")


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        pytest.param(f"GET {A}", [Target("GET", A)], id="one line without newline"),
        pytest.param(f"GET {A}\nHEAD {B}\n", [Target("GET", A), Target("HEAD", B)], id="adjacent"),
        pytest.param(
            f"GET {A}\nX-Id: 1\nx-id:2\n\nGET {B}\n",
            [Target("GET", A, (("X-Id", "1"), ("x-id", "2"))), Target("GET", B)],
            id="headers keep case and order, a blank line ends them",
        ),
        pytest.param(
            f"POST {A}\nX: 1\n@a b.json\nGET {B}\n",
            [Target("POST", A, (("X", "1"),), b"<a b.json>", "a b.json"), Target("GET", B)],
            id="a body ends the target",
        ),
        pytest.param(
            f"# c\n\n\nGET {A}\n# between\nX: 1\n#@no\n\n# end",
            [Target("GET", A, (("X", "1"),))],
            id="comments",
        ),
        pytest.param(
            f"  GET   {A}  \r\n\tX:  1  2 \r\n\r\n",
            [Target("GET", A, (("X", "1  2"),))],
            id="spaces",
        ),
        pytest.param(
            f"GET {A}\nAccept-Encoding:\n",
            [Target("GET", A, (("Accept-Encoding", ""),))],
            id="an empty header",
        ),
    ],
)  # fmt: skip
def test_http_format(text: str, targets: list[Target]) -> None:
    """Vegeta's http format reads as vegeta reads it."""
    assert list(http(text)) == targets


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", None, "no targets"),
        ("# only\n\n", None, "no targets"),
        (f"get {A}", 1, "bad target"),
        (A, 1, "bad target"),
        ("GET", 1, "bad target"),
        ("GET /path", 1, "not an http or https URL"),
        ("\n\nGET http://1.94/", 3, "not a full address"),
        (f"GET {A}\nx 1\n", 2, "no colon"),
        (f"GET {A}\n: 1\n", 2, "bad header name"),
        (f"GET {A}\nx y: 1\n", 2, "bad header name"),
        (f"GET {A}\nX: a\x07b\n", 2, "control character"),
        (f"GET {A}\nContent-Length: 3\n", 2, "follows from the body"),
        (f"GET {A}\nX: 1\nGET {B}\n", 3, "blank line"),
        (f"CONNECT {A}\n", 1, "bad method"),
    ],
)
def test_http_format_errors_have_line_and_reason(text: str, line: int | None, reason: str) -> None:
    """A bad target is one error with the line it stands on and what is wrong."""
    with pytest.raises(TargetError, match=reason) as caught:
        http(text)
    assert str(caught.value).startswith(f"targets:{line}: " if line else "targets: ")


def test_a_body_that_cannot_be_read_is_an_error_of_its_line() -> None:
    """The error names target file, line, body file and the system's reason."""

    def missing(name: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", name)

    with pytest.raises(TargetError, match=r"t:2: .*gone.json: No such file"):
        tuple(http_targets([f"POST {A}", "@gone.json"], read_body=missing, source="t"))


def test_json_format() -> None:
    """One object a line, body in base64, a list of values per header, last newline optional."""
    text = json.dumps({"method": "GET", "url": A}) + "\n\n" + json.dumps({
        "url": B, "method": "POST", "body": base64.b64encode(b"\x00x").decode(),
        "header": {"X": ["1", "2"]},
    })  # fmt: skip
    assert from_json(text) == (
        Target("GET", A),
        Target("POST", B, (("X", "1"), ("X", "2")), b"\x00x"),
    )


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "null", '{"method":"GET"}', '{"url":"http://a/"}',
        '{"method":"GET","url":"http://a/","extra":1}',
        '{"method":"get","url":"http://a/"}',
        '{"method":"GET","url":"http://1.94/"}',
        '{"method":"GET","url":"http://a/","body":"%%"}',
        '{"method":"GET","url":"http://a/","header":{"X":"1"}}',
        '{"method":"GET","url":"http://a/","header":{"X":["a\\nb"]}}',
        '{"method":"GET","url":"http://a/","header":{"X":["\\ud800"]}}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_json_format_is_strict(line: str) -> None:
    """Vegeta's schema allows nothing else, and the error has the line."""
    good = '{"method":"GET","url":"http://a/"}\n'
    with pytest.raises(TargetError, match=r"^t:2: "):
        from_json(good + line)


def test_json_format_without_targets_is_an_error() -> None:
    """Blank lines alone are no load."""
    with pytest.raises(TargetError, match="no targets"):
        from_json("\n\n")


@given(st.text(st.sampled_from(list("GET POSThttp://a:[1.9]@#\n\t {}\"'\\")) | st.characters()))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes anything but targets or a TargetError."""
    for parse in (http, from_json, parse_single, parse_header):
        with suppress(TargetError):
            assert parse(text)


def test_a_url_alone_is_a_get() -> None:
    """On the command line the method may be left out."""
    assert parse_single(A) == Target("GET", A)
    assert parse_single(f" POST {A} ") == Target("POST", A)


def test_defaults_are_added_to_headers_and_replaced_by_bodies() -> None:
    """Common headers stand beside a target's own; its own body replaces the common one."""
    own = Target("POST", A, (("X", "1"),), b"own", "own.json")
    complete = partial(add_defaults, headers=(("Y", "2"),), body=b"all", body_file="all.json")
    bare, given_bare = map(complete, (own, Target("POST", B)))
    assert bare == Target("POST", A, (("Y", "2"), ("X", "1")), b"own", "own.json")
    assert given_bare == Target("POST", B, (("Y", "2"),), b"all", "all.json")
