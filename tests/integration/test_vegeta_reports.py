"""Every report and encoding against vegeta itself, on the same hits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from heapwise.cli.main import app
from heapwise.cli.options import TABLE
from heapwise.formats.hit_line import Hit, WallTime
from heapwise.formats.hit_records import read_records
from heapwise.formats.hits import HitStore
from heapwise.formats.hits_csv import encode_row
from heapwise.formats.timestamps import parse_timestamp
from heapwise.model.profile import Int64s
from support.load_hits import TARGETS, as_lines, simulated
from support.targets_server import target_server
from support.vegeta import vegeta

pytestmark = pytest.mark.go

BUCKETS = "[0,1ms,2.5ms,10ms,1m]"
EXACT = (
    "bytes_in", "bytes_out", "duration", "wait", "requests", "status_codes", "errors", "buckets",
)  # fmt: skip
QUANTILES = {"50th": 0.5, "90th": 0.9, "95th": 0.95, "99th": 0.99}
RANK_ERROR = 0.01
"""How far from its rank a t-digest of compression 100 may answer; an estimate lies between two
exact quantiles that are this far away on either side."""


def heapwise(*words: str | Path, stdin: bytes = b"") -> bytes:
    """What our command prints."""
    return run([sys.executable, "-m", "heapwise", *words], stdin)


def vegetas(*words: str | Path, stdin: bytes = b"") -> bytes:
    """What vegeta's prints."""
    return run([vegeta(), *words], stdin)


def run(command: list[Any], stdin: bytes) -> bytes:
    """Run to the end."""
    done = subprocess.run(
        [str(word) for word in command], input=stdin, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def own() -> bytes:
    """Hits of ours."""
    return as_lines(simulated())


@pytest.fixture(scope="module")
def attacked() -> bytes:
    """Results of vegeta's in its own encoding: a target that answers, and one that refuses."""
    with target_server() as server:
        targets = f"GET {server.url}/a,b\n\nGET http://127.0.0.1:1/\n"
        return vegetas(
            "attack", "-rate=200", "-duration=1s", '-name=a "load"', stdin=targets.encode()
        )


@pytest.fixture(scope="module", params=["own", "attacked"])
def hits(request: pytest.FixtureRequest) -> bytes:
    """Either as lines of JSON."""
    data: bytes = request.getfixturevalue(request.param)
    return data if request.param == "own" else vegetas("encode", "-to=json", stdin=data)


def ordered(hits: bytes) -> Int64s:
    """The latencies, ascending."""
    return np.sort([hit.latency for hit in read_records(hits.splitlines(), source="hits")])


def assert_near(estimate: float, share: float, latencies: Int64s) -> None:
    """A quantile of vegeta's lies between our exact ones, a hundredth of all ranks around it."""
    low, high = np.clip([share - RANK_ERROR, share + RANK_ERROR], 0, 1)
    ranks = [int(low * (len(latencies) - 1)), int(np.ceil(high * (len(latencies) - 1)))]
    least, most = latencies[ranks]
    assert least * 0.999 <= estimate <= most * 1.001, (share, least, estimate, most)


@pytest.mark.parametrize("name", ["report", "encode", "plot"])
def test_every_flag_is_known(name: str) -> None:
    """What vegeta's command lists is an option of ours, and marked as its."""
    shown = subprocess.run([vegeta(), name, "-h"], capture_output=True, text=True, check=False)
    flags = set(re.findall(r"^  --([a-z-]+)", shown.stderr, re.MULTILINE))
    command = app.get_command(click.Context(app), name)
    assert command is not None
    known = {
        option.removeprefix("--")
        for parameter in command.get_params(click.Context(command))
        for option in parameter.opts
    }
    assert flags
    assert flags <= known
    assert {TABLE[flag].peer for flag in flags} == {"vegeta"}


@pytest.mark.parametrize("kind", [f"hist{BUCKETS}", "hist[3ms]"])
def test_the_histogram_is_the_same_to_the_letter(hits: bytes, kind: str) -> None:
    """Bounds, counts, shares and bars, in the same columns."""
    command = ("report", f"-type={kind}")
    assert heapwise(*command, stdin=hits) == vegetas(*command, stdin=hits)
    apart = ("report", "-type=hist", f"-buckets={kind.removeprefix('hist')}")
    assert heapwise(*apart, stdin=hits) == vegetas(*apart, stdin=hits)


def test_the_percentile_distribution_has_the_same_rows(hits: bytes) -> None:
    """Same shares, counts and width; the values, estimates there and exact here, agree."""
    command = ("report", "-type=hdrplot")
    ours = [line.split() for line in heapwise(*command, stdin=hits).decode().splitlines()]
    theirs = [line.split() for line in vegetas(*command, stdin=hits).decode().splitlines()]
    assert ours[0] == theirs[0]
    assert [row[1:] for row in ours] == [row[1:] for row in theirs]
    latencies = ordered(hits)
    for own_row, row in zip(ours[1:], theirs[1:], strict=True):
        assert_near(float(row[0]) * 1e6, float(row[1]), latencies)
        assert round(float(own_row[0]) * 1e6) in latencies
    assert ours[-1][0] == theirs[-1][0]


def test_the_report_has_the_same_fields(hits: bytes) -> None:
    """All of vegeta's JSON: counts and times are equal, quantiles agree."""
    theirs = json.loads(vegetas("report", "-type=json", f"-buckets={BUCKETS}", stdin=hits))
    ours = json.loads(heapwise("report", "-type=vegeta", f"-buckets={BUCKETS}", stdin=hits))
    assert list(ours) == list(theirs)
    for field in EXACT:
        assert ours[field] == theirs[field]
    for field in ("rate", "throughput", "success"):
        assert ours[field] == pytest.approx(theirs[field])
    for field in ("earliest", "latest", "end"):
        assert parse_timestamp(ours[field]) == parse_timestamp(theirs[field])
    latencies = ordered(hits)
    assert list(ours["latencies"]) == list(theirs["latencies"])
    for name in ("total", "mean", "max", "min"):
        assert ours["latencies"][name] == theirs["latencies"][name]
    for name, share in QUANTILES.items():
        assert_near(theirs["latencies"][name], share, latencies)


def test_without_buckets_there_are_none(own: bytes) -> None:
    """The field is left out, there and here."""
    theirs = json.loads(vegetas("report", "-type=json", stdin=own))
    ours = json.loads(heapwise("report", "-type=vegeta", stdin=own))
    assert list(ours) == list(theirs)
    assert "buckets" not in ours


def test_csv_is_the_same_to_the_byte(attacked: bytes) -> None:
    """Of vegeta's own results, bodies and headers with them, by way of JSON and of CSV."""
    theirs = vegetas("encode", "-to=csv", stdin=attacked)
    as_json = vegetas("encode", "-to=json", stdin=attacked)
    assert b'"a ""load"""' in theirs
    assert heapwise("encode", "-to=csv", stdin=as_json) == theirs
    assert heapwise("encode", "-to=csv", stdin=theirs) == theirs


def test_json_says_the_same(attacked: bytes) -> None:
    """Of the same results, by way of CSV, field for field; times are moments, however written."""
    as_csv = vegetas("encode", "-to=csv", stdin=attacked)
    as_json = vegetas("encode", "-to=json", stdin=attacked)
    ours = heapwise("encode", "-to=json", stdin=as_csv)
    pairs = zip(as_json.splitlines(), ours.splitlines(), strict=True)
    for theirs, line in pairs:
        expected, found = json.loads(theirs), json.loads(line)
        for each in (expected, found):
            each["timestamp"] = None
            each["body"] = each["body"] or ""
        assert found == expected
    again = list(read_records(ours.splitlines(), source="ours"))
    for hit, other in zip(again, read_records(as_json.splitlines(), source="its"), strict=True):
        assert hit.timestamp == other.timestamp


def test_vegeta_quotes_as_we_do() -> None:
    """Texts with everything that a row is made of: read by vegeta, and written the same again."""
    texts = [
        "", " a", "\ta", "a,b", '"', 'a"b', '""', "a\nb", "\n", "\n\n", "\\.", "ü",
        "\u00a0x", "\ufeff",
    ]  # fmt: skip
    rows = b"".join(
        encode_row(
            Hit(
                timestamp=WallTime(1_790_000_000_000_000_000 + seq), latency=seq, seq=seq,
                code=200, error=text, attack=text, method=text, url=text, body=text.encode(),
                headers={"X": ["a b"]} if seq % 2 else None,
            )
        )
        for seq, text in enumerate(texts)
    )  # fmt: skip
    assert vegetas("encode", "-to=csv", stdin=rows) == rows
    errors = [json.loads(line)["error"] for line in vegetas("encode", stdin=rows).splitlines()]
    assert errors == texts


def test_vegeta_reads_what_we_write(own: bytes) -> None:
    """Its report of our JSON is that of our CSV, and its own encoder makes the same CSV."""
    as_csv = heapwise("encode", "-to=csv", stdin=own)
    assert vegetas("encode", "-to=csv", stdin=own) == as_csv
    reports = [json.loads(vegetas("report", "-type=json", stdin=each)) for each in (own, as_csv)]
    for report in reports:
        for field in ("earliest", "latest", "end"):
            del report[field]  # CSV's are in the zone of whoever reads
    assert reports[0] == reports[1]
    assert reports[0]["requests"] == 3000


def test_several_files_are_one_report(own: bytes, tmp_path: Path) -> None:
    """JSON and CSV beside each other, as vegeta takes them; counts and times are the same."""
    first, second = tmp_path / "a.json", tmp_path / "b.csv"
    first.write_bytes(own)
    later = as_lines(simulated(500), later_ns=10**10)
    second.write_bytes(heapwise("encode", "-to=csv", stdin=later))
    theirs = json.loads(vegetas("report", "-type=json", first, second))
    ours = json.loads(heapwise("report", "-type=vegeta", first, second))
    for field in ("requests", "duration", "wait", "status_codes", "bytes_in"):
        assert ours[field] == theirs[field]
    assert ours["requests"] == 3500
    assert set(ours["errors"]) == set(theirs["errors"])


def test_gob_is_refused_by_name(attacked: bytes, tmp_path: Path) -> None:
    """As input and as output, with what to do instead."""
    file = tmp_path / "results.gob"
    file.write_bytes(attacked)
    for words in (("report", file), ("encode", file), ("plot", file), ("encode", "-to=gob", file)):
        done = subprocess.run(
            [sys.executable, "-m", "heapwise", *map(str, words)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode in (1, 2)
        assert "gob" in done.stderr
        assert "vegeta encode" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_load_keeps_its_name_and_targets(attacked: bytes) -> None:
    """Vegeta's -name is the name of our load."""
    store = HitStore()
    for hit in read_records(vegetas("encode", stdin=attacked).splitlines(), source="hits"):
        store.add(hit)
    assert list(store.loads()) == ['a "load"']
    assert [target.method for target in store.targets] == ["GET", "GET"]
    assert len(TARGETS) == len(store.targets)
