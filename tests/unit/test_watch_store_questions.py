"""The language of `heapwise query` is read strictly, and says where it was not understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.formats.timestamps import parse_timestamp
from heapwise.watch.store.query.questions import Question, parse_question
from support.stores import DAY, HOUR, T0

WORDS = (
    "top", "paths", "alerts", "deploys", "alloc_space", "for", "service", "api", "instance",
    "build", "last", "1h", "7d", "since", "until", "2026-11-18", "2026-11-18T10:00:00Z", "by",
    "function", "path", "limit", "20", '"a b"', '"', "", "\x1b", "\\",
)  # fmt: skip


def test_every_clause_is_understood() -> None:
    """The longest query of all, clauses in one order and in another."""
    expected = Question(
        text="", what="top", sample_type="alloc_space", service="check out", instance="a:1",
        build="v1", begin_ns=T0 - DAY - HOUR, end_ns=T0, by="path", limit=20,
    )  # fmt: skip
    for text in (
        'top alloc_space for service "check out" instance a:1 build v1 last 1d1h by path limit 20',
        'top alloc_space limit 20 last 25h by path build v1 instance "a:1" for service "check out"',
    ):
        read = parse_question(text, T0)
        assert read == Question(**{**_fields(expected), "text": text})


def _fields(question: Question) -> dict[str, object]:
    return {name: getattr(question, name) for name in question.__struct_fields__}


def test_what_is_not_said_has_a_default() -> None:
    """Amounts are of the last hour by function, events of the last week."""
    top, paths = parse_question("top cpu", T0), parse_question("paths cpu", T0)
    assert (top.begin_ns, top.end_ns, top.by, top.limit) == (T0 - HOUR, T0, "function", 30)
    assert paths.by == "path"
    assert parse_question("alerts", T0).begin_ns == T0 - 7 * DAY
    assert parse_question("deploys for service x", T0).service == "x"


def test_a_span_has_a_beginning_and_an_end() -> None:
    """A moment is a day or a time; without an end the span goes on until now."""
    day = parse_timestamp("2026-11-17T00:00:00Z")
    read = parse_question("alerts since 2026-11-17 until 2026-11-17T02:00:00+01:00", T0)
    assert (read.begin_ns, read.end_ns) == (day, day + HOUR)
    assert parse_question("alerts since 2026-11-17", T0).end_ns == T0


def test_names_may_hold_anything_in_quotes() -> None:
    """Quotes and backslashes are escaped; a quoted word is no keyword."""
    assert parse_question(r'alerts for service "a \"b\" \\ c"', T0).service == r'a "b" \ c'
    assert parse_question('alerts for service "limit" limit 3', T0).service == "limit"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it ends at character 1, where top, paths, alerts or deploys is expected"),
        ("tpo x", "'tpo' stands at character 1, where top, paths, alerts or deploys is expected"),
        ("top", "it ends at character 4, where a sample type, as alloc_space is expected"),
        ("top x for sevrice y", "'sevrice' stands at character 11, where service is expected"),
        ("top x last", "it ends at character 11, where a length of time, as 1h or 7d is expected"),
        ("top x last 5q", "'5q' stands at character 12, where a length of time"),
        ("top x last 0h", "'0h' stands at character 12, where a length of time"),
        ("top x since yesterday", "'yesterday' stands at character 13, where a time, as 2026"),
        ("top x since 2026-11-02 until 2026-11-01", "where a time after that of since"),
        ("top x by colour", "where function, path, instance, build or service is expected"),
        ("top x limit 0", "'0' stands at character 13, where a number from 1 to 100000"),
        ("top x limit \u0661", "where a number from 1 to 100000"),
        ("top x last 1h last 1h", "where for, limit, instance, build or by is expected"),
        ("top x last 1h since 2026-11-01", "'since' stands at character 15, where for, limit"),
        ("alerts by path", "'by' stands at character 8, where for, last, since or limit"),
        ('alerts for service "x', "stands at character 20, where a closing quote is expected"),
        ('top x for service ""', "'' stands at character 20, where the name of a service"),
        ('"top" x', "'top' stands at character 2, where top, paths, alerts or deploys"),
        ("top " + "x" * 3000, "a query of more than 2,000 characters"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_place(text: str, why: str) -> None:
    """Position, what stands there, and what could."""
    with pytest.raises(UsageError) as error:
        parse_question(text, T0)
    assert why in str(error.value)


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=12).map(" ".join))
def test_any_text_is_understood_or_refused(text: str) -> None:
    """Nothing that is typed ends in anything but a question or one line."""
    try:
        read = parse_question(text, T0)
    except UsageError:
        return
    assert read.begin_ns < read.end_ns
