"""A service's text profiles say what its protobuf profiles of the same moment say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heapwise.formats import pprof
from support import goheap, pprofviews

pytestmark = pytest.mark.go

ROW = re.compile(r"(.*?)( \((?:partial-)?inline\))?$")


def rows(path: Path, *flags: str) -> list[str]:
    """The rows of top, without marks of inlining, which text does not have."""
    lines = pprofviews.ours("top", "-nodefraction=0", *flags, path).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Showing"))
    return sorted(ROW.sub(r"\1", line) for line in lines[start:])


@pytest.mark.parametrize("kind", ["heap", "allocs"])
@pytest.mark.parametrize(
    "sample_type", ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]
)
def test_heap_text_scales_to_the_same_figures(kind: str, sample_type: str) -> None:
    """The runtime scales protobuf and leaves text raw; every function comes out the same."""
    path = pprofviews.kinds()[kind]
    flags = ("-sample_index", sample_type, "-unit=B")
    assert rows(path.with_suffix("").with_suffix(".txt"), *flags) == rows(path, *flags)


@pytest.mark.parametrize("kind", ["mutex", "block"])
def test_contention_text_has_the_same_functions(kind: str) -> None:
    """Contentions are exact in both; delays pass through floating point in text."""
    path = pprofviews.kinds()[kind]
    flags = ("-sample_index", "contentions")
    assert rows(path.with_suffix("").with_suffix(".txt"), *flags) == rows(path, *flags)


@pytest.mark.parametrize("kind", ["heap", "allocs", "mutex", "block", "goroutine", "threadcreate"])
def test_addresses_and_values_are_those_pprof_reads(kind: str, tmp_path: Path) -> None:
    """Without the names, pprof's own reader of the text must agree with ours, sample by sample."""
    text = pprofviews.kinds()[kind].with_suffix("").with_suffix(".txt").read_bytes()
    bare = b"".join(line for line in text.splitlines(True) if not line.startswith(b"#"))
    (tmp_path / "bare.txt").write_bytes(bare)
    (tmp_path / "ours.pb.gz").write_bytes(pprof.encode(pprof.decode(bare)))
    theirs, ours = (
        goheap.pprof(tmp_path / name, "-raw", "-symbolize=none")
        for name in ("bare.txt", "ours.pb.gz")
    )
    assert _samples(ours) == _samples(theirs)


def _samples(raw: str) -> list[str]:
    """The rows of samples with the addresses of their calls in place of ids."""
    samples, _, locations = raw.partition("Samples:\n")[2].partition("\nLocations\n")
    address = dict(re.findall(r"^ *(\d+): (0x[0-9a-f]+)", locations, re.MULTILINE))
    return [
        values + ":" + " ".join(address[at] for at in ids.split())
        for values, colon, ids in (line.partition(":") for line in samples.splitlines())
        if colon and re.fullmatch(r"[\d ]*", ids)
    ]
