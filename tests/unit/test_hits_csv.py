"""Hits as vegeta's CSV: what comes back, and what is refused."""

from __future__ import annotations

import csv
import io
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.hit_line import MAX_LINE, Hit, WallTime, decode_line, encode_line
from heapwise.formats.hit_records import merged, read_records
from heapwise.formats.hits import read_hits
from heapwise.formats.hits_csv import encode_row
from heapwise.model.load import Outcome

WALL = 1_790_000_000_123_456_789
ROW = "1790000000123456789,200,4225986,7,46,,aGk=,load,3,GET,http://a/x,WC1BOiAxDQoNCg=="

counts = st.integers(0, 1 << 53)
sizes = st.integers(0, 1 << 40)
# Neither NUL, which is refused, nor a carriage return, which Go's reader takes off before \n.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)
names = st.text("abcXYZ-", min_size=1, max_size=10)
values = st.text('abc, "=;ü', max_size=10).map(str.strip)
plain_hits = st.builds(
    Hit,
    attack=texts,
    seq=counts,
    code=st.integers(0, 999),
    timestamp=st.integers(0, 4 * 10**18).map(WallTime),
    latency=counts,
    bytes_out=sizes,
    bytes_in=sizes,
    error=texts,
    body=st.binary(min_size=1, max_size=40),
    method=texts,
    url=texts,
    headers=st.none()
    | st.dictionaries(names, st.lists(values, min_size=1, max_size=3), max_size=3),
)


def rows(text: str, source: str = "f") -> list[Hit]:
    """What CSV holds."""
    return list(read_records(text.encode().splitlines(keepends=True), source=source))


@given(st.lists(plain_hits, min_size=1, max_size=5))
def test_hits_come_back_from_csv(hits: list[Hit]) -> None:
    """Every column, whatever stands in it: commas, quotes, lines, spaces in front."""
    data = b"".join(map(encode_row, hits))
    assert list(read_records(io.BytesIO(data), source="f")) == hits


@given(plain_hits)
def test_hits_come_back_from_json(hit: Hit) -> None:
    """And what vegeta's lines do not have is not made up."""
    line = encode_line(hit)
    assert decode_line(line) == hit
    assert b"outcome" not in line


@given(plain_hits)
def test_another_reader_of_csv_finds_the_same_columns(hit: Hit) -> None:
    """Python's own: twelve columns, the texts as they were."""
    (row,) = csv.reader(io.StringIO(encode_row(hit).decode(), newline=""), strict=True)
    assert len(row) == 12
    assert (row[0], row[5], row[7]) == (str(int(hit.timestamp)), hit.error, hit.attack)
    assert (row[9], row[10]) == (hit.method, hit.url)


def test_our_hits_keep_their_outcome_in_csv() -> None:
    """The error says it; one that was never sent has no times, there as here."""
    line = b'{"timestamp":"2026-01-01T00:00:00Z","latency":0,"method":"GET","url":"u",'
    lines = [
        line + b'"error":"never sent","outcome":"never sent","sent":null}',
        line + b'"error":"early eof","outcome":"early eof","sent":1,"done":2}',
    ]
    data = b"".join(map(encode_row, read_records(lines, source="f")))
    hits, _ = read_hits(data.splitlines(keepends=True))
    assert hits.outcome.tolist() == [Outcome.NEVER_SENT, Outcome.EARLY_EOF]
    assert hits.sent.tolist() == [-1, 0]


def test_a_row_may_span_lines_and_is_named_by_its_first() -> None:
    """The next row counts from where it stands; the line ends of Windows are line ends."""
    spanning = ROW.replace(",,aGk=", ',"a\r\n\r\n""b""",aGk=')
    first, second = rows(f"\n{spanning}\r\n\n{ROW}\r\n")
    assert (first.error, second.error) == ('a\n\n"b"', "")
    assert second.headers == {"X-A": ["1"]}
    with pytest.raises(ProfileError, match=r"^f:6: not a hit"):
        rows(f"\n{spanning}\r\n\n{ROW},\r\n")


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("1790", "-1790", "timestamp is no whole"),
        ("1790000000123456789", "9" * 5000, "timestamp is no whole"),
        ("1790000000123456789", "9" * 19, "1970 to 2200"),
        ("1790000000123456789", "2026-01-01T00:00:00Z", "timestamp is no whole"),
        (",200,", ",1000,", "code"),
        (",200,", ",-1,", "code"),
        (",200,", ",2e2,", "code"),
        (",4225986,", ",-5,", "latency"),
        (",4225986,", ",99999999999999999999,", "latency"),
        (",7,46,", ",7,4.5,", "bytes_in"),
        ("aGk=", "aGk", "base64"),
        ("aGk=", "a!b=", "base64"),
        ("WC1BOiAxDQoNCg==", "WC1B", "not a header"),
        ("WC1BOiAxDQoNCg==", "\u00fc", "ASCII"),
        (",load,", ",lo\0ad,", "NUL"),
        (",load,", ',lo"ad,', "quote"),
        (",load,", ',"load"x,', "quote"),
        (",load,", ',"load,', "quote"),
        (",load,", ",", "11 columns"),
        (",load,", ",load,load,", "more columns"),
        (",load,", ",\udcff,", "utf-8"),
        (",load,", "," + "x" * MAX_LINE + ",", "max-body=0"),
    ],
)
def test_a_damaged_row_is_one_clear_line(was: str, becomes: str, says: str) -> None:
    """What stands where, with source and line; never a figure, never a traceback."""
    assert was in ROW
    data = f"{ROW}\n{ROW.replace(was, becomes, 1)}\n".encode(errors="surrogateescape")
    with pytest.raises(ProfileError, match=rf"^f:2: not a hit: .*{says}") as raised:
        list(read_records(io.BytesIO(data), source="f"))
    assert "\n" not in raised.value.what + raised.value.why
    assert len(raised.value.why) < 200


def test_quotes_without_end_are_read_in_bounded_memory() -> None:
    """A field that never ends is refused when it is longer than any hit."""
    taken = 0

    def lines() -> object:
        nonlocal taken
        yield b'"\n'
        while True:
            taken += 1
            yield b"x" * 65_535 + b"\n"

    with pytest.raises(ProfileError, match=r"^f:1: not a hit: it is longer"):
        list(read_records(lines(), source="f"))  # type: ignore[arg-type]  # it has no end
    assert taken < 2 * MAX_LINE / 65_536


@given(st.binary(max_size=80) | st.text('",x1\n', max_size=80).map(str.encode))
def test_any_bytes_are_refused_in_order(data: bytes) -> None:
    """Nothing but an error for people, or nothing at all where there is nothing."""
    if not data.strip():
        assert list(read_records(io.BytesIO(data), source="f")) == []
        return
    with pytest.raises(ProfileError, match=r"^f"):
        list(read_records(io.BytesIO(data), source="f"))


def test_gob_is_refused_by_name() -> None:
    """The first bytes of vegeta v12.13.0's own results; the way out is named."""
    head = b"\xff\x96\x7f\x03\x01\x01\x06Result\x01\xff\x80\x00\x01\x0c\x01\x06Attack"
    with pytest.raises(ProfileError, match="gob") as raised:
        list(read_records([head], source="results.bin"))
    assert "vegeta encode" in raised.value.hint


def test_files_are_merged_in_time() -> None:
    """One hit of each is held, and the earliest comes first."""
    streams = [
        [Hit(timestamp=WallTime(WALL + at), latency=0, method="GET", url="u") for at in times]
        for times in ((1, 4, 5), (0, 2, 9))
    ]
    assert [hit.timestamp - WALL for hit in merged(map(iter, streams))] == [0, 1, 2, 4, 5, 9]


def test_a_body_is_never_text() -> None:
    """Base64 both ways, in JSON as in CSV."""
    (hit,) = rows(ROW)
    assert hit.body == b"hi"
    assert b64encode(b"hi") in encode_line(hit)
    with pytest.raises(ProfileError, match=r"body"):
        rows('{"timestamp":"2026-01-01T00:00:00Z","latency":0,"method":"","url":"","body":"x"}')
