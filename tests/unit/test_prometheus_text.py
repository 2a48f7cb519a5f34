"""Counters for Prometheus: what is counted, and how it is written."""

from __future__ import annotations

import numpy as np

from heapwise.formats.prometheus import Series, exposition
from heapwise.load.tally import Tally
from heapwise.model.load import HitFlag, Hits, Outcome

MS = 1_000_000


def hits(*rows: tuple[int, int, Outcome, int]) -> Hits:
    """Hits of latency in ns, status, outcome and flags; the first target, 3 bytes in, 2 out."""
    return Hits.from_rows(
        np.array(
            [
                [100, 100, 100, 100, 100 + latency, status, outcome, 3, 2, 0, flags]
                for latency, status, outcome, flags in rows
            ],
            np.int64,
        )
    )


def test_a_bucket_holds_its_upper_bound() -> None:
    """5 ms are in the bucket up to 0.005, one ns more is not; what is above all is in +Inf."""
    tally = Tally(lambda _target: ("GET", "http://a/"))
    tally.add(hits((5 * MS, 200, Outcome.OK, 0), (5 * MS + 1, 200, Outcome.OK, 0)))
    tally.add(hits((60_000 * MS, 200, Outcome.OK, 0)))
    lines = tally.exposition(openmetrics=False).splitlines()
    labels = 'method="GET",url="http://a/",status="200"'
    assert f'request_seconds_bucket{{{labels},le="0.005"}} 1' in lines
    assert f'request_seconds_bucket{{{labels},le="10"}} 2' in lines
    assert f'request_seconds_bucket{{{labels},le="+Inf"}} 3' in lines
    assert f"request_seconds_count{{{labels}}} 3" in lines
    assert f"request_bytes_in{{{labels}}} 9" in lines


def test_failures_have_their_reason_and_no_status() -> None:
    """A status that is an error is one too; warm-up and what was never sent are in no count."""
    tally = Tally(lambda _target: ("GET", "http://a/"))
    tally.add(
        hits(
            (1, 200, Outcome.EARLY_EOF, 0),
            (1, 0, Outcome.TIMEOUT, 0),
            (1, 503, Outcome.OK, 0),
            (1, 503, Outcome.OK, HitFlag.WARMUP),
        )
    )
    never = hits((1, 0, Outcome.NEVER_SENT, 0))
    never.sent[:] = -1
    tally.add(never)
    failures = {
        line.partition("{")[2]
        for line in tally.exposition(openmetrics=True).splitlines()
        if line.startswith("request_fail_count{")
    }
    assert failures == {
        'method="GET",url="http://a/",status="0",message="early eof"} 1',
        'method="GET",url="http://a/",status="0",message="timeout"} 1',
        'method="GET",url="http://a/",status="503",message="503 Service Unavailable"} 1',
    }


def test_labels_cannot_break_out_of_their_quotes() -> None:
    """Quotes, backslashes and line ends are escaped; OpenMetrics ends with its mark."""
    text = exposition([Series("GET", 'a"b\\c\nd', "200")], openmetrics=True)
    assert r'url="a\"b\\c\nd"' in text
    assert text.endswith("# EOF\n")
