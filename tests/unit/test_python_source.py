"""One Python file as rules see it: names, functions, loops and places."""

from __future__ import annotations

import ast
import warnings
from codecs import BOM_UTF8

import pytest

from heapwise.diagnose.registry import RULES, SourceRule
from heapwise.diagnose.source.match import Span
from heapwise.diagnose.source.python_file import PythonFile


def file(text: str | bytes) -> PythonFile:
    return PythonFile("app.py", text if isinstance(text, bytes) else text.encode())


def call(source: PythonFile, name: str) -> ast.Call:
    (found,) = source.calls(name)
    return found.node


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import re\nre.compile('a')", "re.compile"),
        ("import re as r\nr.compile('a')", "re.compile"),
        ("from re import compile as c\nc('a')", "re.compile"),
        ("import os.path\nos.path.join('a')", "os.path.join"),
        ("import http.client as h\nh.HTTPConnection('a')", "http.client.HTTPConnection"),
        ("def f():\n    import re\n    re.compile('a')", "re.compile"),
        ("from . import re\nre.compile('a')", ".compile"),
        ("things.add(1)", ".add"),
        ("helper(1)", "helper"),
        ("makers[0](1)", ""),
    ],
)
def test_a_call_is_named_by_what_it_calls(text: str, name: str) -> None:
    """By module and name however it was imported; a method by its own name with a dot."""
    assert [each.name for each in file(text).calls()] == [name]


def test_what_runs_outside_a_function_is_not_in_it() -> None:
    """Decorators and defaults run where a function is defined, not where it is called."""
    source = file(
        "def outer():\n    @register('a')\n    def inner(x=default()):\n        return body()\n"
    )
    functions = {
        each.name: getattr(source.function_of(each.node), "name", None) for each in source.calls()
    }
    assert functions == {"register": "outer", "default": "outer", "body": "inner"}


@pytest.mark.parametrize(
    ("text", "looped"),
    [
        ("for x in y:\n    f()", True),
        ("for x in f():\n    pass", False),
        ("for x in y:\n    pass\nelse:\n    f()", False),
        ("while f():\n    pass", True),
        ("while True:\n    if x:\n        f()", True),
        ("[f() for x in y]", True),
        ("[x for x in f()]", False),
        ("[x for x in y for z in f()]", True),
        ("[x for x in y if f()]", True),
        ("for x in y:\n    def g():\n        f()", False),
        ("for x in y:\n    g(lambda: f())", False),
        ("async def g():\n    async for x in y:\n        f()", True),
    ],
)
def test_a_loop_is_around_what_it_runs_each_time_round(text: str, looped: bool) -> None:
    """Its body and its condition, but not what it walks through, nor a function made in it."""
    source = file(text)
    assert (source.loop_around(call(source, "f")) is not None) == looped


def test_functions_are_named_as_profiles_name_them() -> None:
    """Classes and the functions around stand before a name."""
    source = file("class A:\n    def b(self):\n        def c():\n            f()\n")
    function = source.function_of(call(source, "f"))
    assert function is not None
    assert source.qualified(function) == "A.b.<locals>.c"


def test_the_innermost_function_of_a_line_is_found() -> None:
    """Outside any function there is none."""
    source = file("x = 1\ndef a():\n    def b():\n        pass\n    return b\n")
    assert source.function_lines(4) == Span("app.py", 3, 4)
    assert source.function_lines(5) == Span("app.py", 2, 5)
    assert source.function_lines(1) is None


@pytest.mark.parametrize("head", [b"", BOM_UTF8, b"# caf\xc3\xa9\r\n", b"\x0c\n", b"a = 1\r"])
def test_an_edit_hits_the_bytes_of_its_node(head: bytes) -> None:
    """Behind a byte order mark, other line ends, and characters of more than a byte."""
    source = file(head + "x = 'é'; f('ü', 1) ; y = 2\n".encode())
    edit = source.edit(call(source, "f"), "")
    assert source.data[edit.start : edit.end] == "f('ü', 1)".encode()
    assert source.text(call(source, "f")) == "f('ü', 1)"


def test_text_of_another_encoding_is_written_anew() -> None:
    """Columns of the parser count UTF-8, which such a file is not in."""
    source = file("# coding: latin-1\nx = 'é'; f( 'ü' )\n".encode("latin-1"))
    assert not source.is_utf8
    assert source.text(call(source, "f")) == "f('ü')"


@pytest.mark.parametrize(
    "text", [b"def f(:\n", b"x = '\0'", b"(" * 10_000, b"\xff\xfe", b"x = 1 +"]
)
def test_what_cannot_be_parsed_has_no_calls_and_says_why(text: bytes) -> None:
    """A rule sees an empty file then, and its reader one line."""
    source = file(text)
    assert list(source.calls()) == []
    assert source.error
    assert "\n" not in source.error


def test_warnings_of_the_source_are_not_shown() -> None:
    """They are for its own authors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = file(r"x = '\d'; x is 1; f()")
        assert source.error == ""


def test_lines_are_shown_without_their_common_indentation() -> None:
    """As they stand otherwise."""
    source = file("if x:\n    for a in b:\n        c(a)\n")
    assert source.lines(Span("app.py", 2, 3)) == "for a in b:\n    c(a)"


@pytest.mark.parametrize("deep", ["x" + "+x" * 2000, "x" + ".a" * 2000, "x" + "[0]" * 2000])
def test_no_rule_is_lost_in_deeply_nested_code(deep: str) -> None:
    """Programs write such code, and so does who wants to annoy us."""
    source = file(
        "import requests, functools\n"  # noqa: S608 - a source to read, nobody runs it
        "@functools.cache\n"
        f"def kept(key: {deep}): ...\n"
        "def page(request):\n"
        "    text = b''\n"
        "    for row in request:\n"
        f"        text = text + {deep}\n"
        f"        logger.debug(f'{{ {deep} }}')\n"
        f"        cursor.execute('INSERT INTO t VALUES (?)', {deep})\n"
        f"        kept({deep})\n"
        f"        requests.Session({deep})\n"
    )
    assert source.error == ""
    for rule in RULES:
        if isinstance(rule, SourceRule) and "python" in rule.LOOKS:
            list(rule.LOOKS["python"].find(source))
