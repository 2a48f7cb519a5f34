"""A deflate stream is known by its blocks, whoever asks for it; nothing else is taken for one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.frames import Frame
from heapwise.analysis.size_classes import Block
from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import examine
from heapwise.diagnose.rules.compression.python_compressors import Deflate, deflate
from heapwise.model.finding import Confidence, Finding
from heapwise.model.work import PerWork, Work
from support.profiles import RATE, Sample, profile

REQUESTS = 1_000
SITE = "/srv/venv/lib/python3.12/site-packages"
LIB = "/usr/lib/python3.12"
SERVER = (
    f"uvicorn.protocols.http.h11_impl.run_asgi ({SITE}/uvicorn/protocols/http/h11_impl.py:403)",
    f"asyncio.events.Handle._run ({LIB}/asyncio/events.py:88)",
    f"asyncio.runners.Runner.run ({LIB}/asyncio/runners.py:118)",
)
OWN = ("app.zipped (/srv/app.py:12)",)
GZIP = (f"gzip.compress ({LIB}/gzip.py:594)", *OWN)
MIDDLEWARE = (
    f"gzip.GzipFile.__init__ ({LIB}/gzip.py:211)",
    f"starlette.middleware.gzip.GZipResponder.__init__ ({SITE}/starlette/middleware/gzip.py:40)",
)
STATE = 5_952
DEFAULT = [(65_536, 4), (STATE, 1)]


def blocks(
    sizes: Iterable[tuple[int, int]], stack: Sequence[str], times: int = REQUESTS
) -> list[Sample]:
    """Samples of one line that asks for so many blocks of each size each time, as estimated.

    They are what a sampler would have seen on average, in whole events.
    """
    samples = []
    for size, count in sizes:
        seen = -math.expm1(-size / RATE)
        events = round(count * times * seen)
        space = round(events * size / seen)
        samples.append(Sample(tuple(stack), (round(space / size), space), {"bytes": size}))
    return samples


def found(
    samples: Iterable[Sample],
    *,
    unit: str = "req",
    body_bytes: float | None = 600.0,
) -> dict[str, Finding]:
    """The findings on top of some garbage of the framework's."""
    floor = blocks([(2_000, 30)], ("h11.f (/x/site-packages/h11/f.py:1)", *SERVER))
    heap = profile([*samples, *floor])
    total = float(heap.column("alloc_space").sum()) / REQUESTS
    costs = PerWork(Work(unit, REQUESTS), total, 400.0, 0.0, 0.0)
    case = Case.of(heap, None, costs, runtime="python", body_bytes=body_bytes)
    return {finding.code: finding for finding in examine(case)}


@pytest.mark.parametrize("stack", [OWN, GZIP, MIDDLEWARE], ids=["zlib", "gzip", "middleware"])
def test_a_stream_per_response_is_found_however_it_is_made(stack: Sequence[str]) -> None:
    """By zlib in a handler's own line, by gzip below it, or by a middleware."""
    finding = found(blocks(DEFAULT, (*stack, *SERVER)))["HW101"]
    assert finding.confidence is Confidence.HIGH
    assert finding.evidence.bytes_per_work is not None
    assert finding.evidence.bytes_per_work.value == pytest.approx(268_096, rel=0.05)
    assert finding.gain_bytes_per_work == pytest.approx(268_096 * 0.8, rel=0.05)
    assert "wbits 15, memLevel 8" in finding.why
    assert "Z_FULL_FLUSH" in finding.remedy


def test_the_caller_is_named_and_not_the_library() -> None:
    """A package by its import name, own code by its function."""
    theirs = found(blocks(DEFAULT, (*MIDDLEWARE, *SERVER)))["HW101"]
    assert theirs.module == "starlette"
    assert theirs.where.endswith("(starlette/middleware/gzip.py:40)")
    assert "In a middleware of your own, since this one is starlette's" in theirs.remedy
    own = found(blocks(DEFAULT, (*GZIP, *SERVER)))["HW101"]
    assert (own.module, own.where) == ("", "app.zipped (/srv/app.py:12)")
    assert own.evidence.rows == ("app.zipped > gzip.compress",)


def test_large_bodies_keep_their_window() -> None:
    """Where a smaller window costs response bytes, only the pool is recommended."""
    finding = found(blocks(DEFAULT, (*OWN, *SERVER)), body_bytes=40_000.0)["HW101"]
    assert "16 + 12" not in finding.remedy
    assert finding.gain_bytes_per_work == pytest.approx(268_096 * 0.8, rel=0.05)
    assert found(blocks(DEFAULT, (*OWN, *SERVER)), body_bytes=None)


@pytest.mark.parametrize(
    ("sizes", "times"),
    [
        ([(8_192, 4), (STATE, 1)], REQUESTS),
        (DEFAULT, REQUESTS // 50),
        ([(65_536, 1)], REQUESTS),
        ([(65_569, 4), (STATE, 1)], REQUESTS),
        ([(7_160, 1), (32_768, 1)], REQUESTS),
        ([(65_536, 4), (STATE, 1), (300_033, 1)], REQUESTS),
    ],
    ids=["right-sized", "now and then", "one buffer", "bytes objects", "inflate", "mixed"],
)
def test_everything_else_is_left_alone(sizes: list[tuple[int, int]], times: int) -> None:
    """The remedy, a rare one, plain buffers, Python objects, decompressors, and mere likeness."""
    assert found(blocks(sizes, (*OWN, *SERVER), times)) == {}


@pytest.mark.parametrize(
    "sizes", [[(7_160, 1), (32_768, 1)], [(32_768, 1)], [(65_536, 4), (7_160, 4)]]
)
def test_a_name_alone_makes_no_compressor(sizes: list[tuple[int, int]]) -> None:
    """What reads gzip has a name like what writes it, and a stream that inflates."""
    stack = (f"gzip.decompress ({LIB}/gzip.py:620)", *OWN, *SERVER)
    assert found(blocks(sizes, stack)) == {}


def test_the_output_on_the_same_line_does_not_hide_a_stream() -> None:
    """zlib.compress has its result in the same line: 10 % on average, a fifth by chance."""
    output = [(65_536, 4), (STATE, 1), (32_801, 2)]
    assert "HW101" in found(blocks(output, (*GZIP, *SERVER)))


def test_compressing_outside_a_request_is_left_alone() -> None:
    """A job that writes archives answers nobody."""
    assert found(blocks(DEFAULT, ("job.pack (/srv/job.py:9)", "job.main (/srv/job.py:20)"))) == {}


def test_somebody_elses_load_is_judged_by_its_share() -> None:
    """Nobody counted the responses: the finding stands, with low confidence."""
    finding = found(blocks(DEFAULT, (*OWN, *SERVER)), unit="s")["HW101"]
    assert finding.confidence is Confidence.LOW


LINE = Frame("app.answer", "/srv/app.py", 3)

PARAMETERS: Mapping[tuple[int, int], str] = {
    (15, 8): "wbits 15, memLevel 8",
    (15, 9): "wbits 15, memLevel 9",
    (12, 5): "wbits 12, memLevel 5",
    (12, 9): "wbits 12, memLevel 9",
    (15, 4): "",
    (11, 8): "",
}


@pytest.mark.parametrize(("parameters", "shown"), PARAMETERS.items())
def test_the_parameters_are_recovered_where_the_sizes_tell(
    parameters: tuple[int, int], shown: str
) -> None:
    """Two blocks of each size: which pair is the window's is not always to be told."""
    wbits, level = parameters
    window, table = 2 ** (wbits + 1), 2 ** (level + 8)
    stream = deflate(LINE, [Block(window, 2.0), Block(table, 2.0), Block(STATE, 1.0)])
    assert stream is not None
    assert stream.size == 2 * window + 2 * table + STATE
    assert stream.parameters == shown


@given(st.lists(st.tuples(st.integers(1, 1 << 40), st.floats(0.0, 1e9)), max_size=12))
def test_any_blocks_have_an_answer(sizes: list[tuple[int, float]]) -> None:
    """A stream that is recognised has one of the sizes that zlib can have."""
    stream = deflate(Frame("gzip.compress", "", 0), [Block(*each) for each in sizes])
    if stream is not None:
        assert isinstance(stream, Deflate)
        assert 2 * (512 + 512) <= stream.size - STATE <= 4 * 131_072
