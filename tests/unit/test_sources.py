"""Where profiles come from, and what is said when none comes."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from heapwise.analysis.aggregate import total
from heapwise.errors import ProfileError, RecordingError, ServiceError, UsageError
from heapwise.formats import pprof
from heapwise.formats.pprof import Limits
from heapwise.record.profile_folder import Span
from heapwise.record.sources import Reading, Sources, load_profile, load_sources
from heapwise.record.store import load
from support.profiles import profile_bytes
from support.recordings import make_recording

HEAP = profile_bytes({("leaf", "main"): (3, 96, 1, 32)})
ALLOCS = profile_bytes({("other", "main"): (5, 80, 0, 0)}, default_sample_type="alloc_space")
PAGES = {
    "/debug/pprof/heap": HEAP,
    "/debug/pprof/heap?gc=1": HEAP,
    "/debug/pprof/heap?seconds=3": ALLOCS,
    "/debug/pprof/allocs": ALLOCS,
    "/admin/debug/pprof/heap": ALLOCS,
    "/files/saved.pb.gz": ALLOCS,
    "/debug/pprof/broken": HEAP[:-9],
}


class Pages(BaseHTTPRequestHandler):
    """A debug endpoint that answers from `PAGES`, to the letter."""

    def do_GET(self) -> None:
        body = PAGES.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"404 page not found\n")

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """``host:port`` of a service."""
    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def leaf(spec: str, **options: Any) -> str:
    """The name of the only leaf of the profile that was loaded."""
    return load_profile(spec, Reading(**options))[1].function_name(0)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{}", "leaf"),
        ("http://{}", "leaf"),
        ("http://{}/", "leaf"),
        ("{}/debug/pprof", "leaf"),
        ("{}/debug/pprof/", "leaf"),
        ("http://{}/debug/pprof/heap?gc=1", "leaf"),
        ("{}/debug/pprof/allocs", "other"),
        ("http://{}/admin/debug/pprof/", "other"),
        ("http://{}/files/saved.pb.gz", "other"),
    ],
)
def test_a_service_is_asked_for_its_heap_unless_the_address_says_otherwise(
    address: str, spec: str, expected: str
) -> None:
    """host:port, origins, profile paths, prefixes and plain files over HTTP."""
    assert leaf(spec.format(address)) == expected


def test_a_profile_that_is_not_there_is_a_service_error(address: str) -> None:
    """A 404 is told as such."""
    with pytest.raises(ServiceError, match="404"):
        load_profile(f"{address}/debug/pprof/nothing")


def test_a_damaged_answer_is_a_profile_error_with_its_address(address: str) -> None:
    """The reader learns which of several sources was damaged."""
    with pytest.raises(ProfileError, match=r"/debug/pprof/broken: the gzip data is cut off"):
        load_profile(f"http://{address}/debug/pprof/broken")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    """Also one whose name looks like an address."""
    path = tmp_path / "host:8080"
    path.write_bytes(HEAP)
    assert leaf(str(path)) == "leaf"


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-`, as everywhere."""
    stream = io.TextIOWrapper(io.BytesIO(HEAP))
    monkeypatch.setattr("sys.stdin", stream)
    name, profile = load_profile("-")
    assert (name, profile.function_name(0)) == ("standard input", "leaf")


@pytest.mark.parametrize("spec", ["nothing.pb.gz", "no\0thing", "a/b", ""])
def test_a_file_that_is_not_there_is_a_profile_error(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what may be given instead."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ProfileError, RecordingError)) as raised:
        load_profile(spec)
    assert raised.value.hint


def test_no_more_of_a_file_is_read_than_a_profile_may_have() -> None:
    """An endless file is refused by its size."""
    with pytest.raises(ProfileError, match="more than 1,000 bytes"):
        load_profile("/dev/zero", Reading(limits=Limits(compressed=1000, decompressed=1000)))


def test_a_bad_address_is_a_usage_error() -> None:
    """What cannot be an address is not tried."""
    with pytest.raises(UsageError):
        load_profile("ftp://localhost/heap")


def allocated(recording: Path, file: str) -> int:
    """The bytes of alloc_space in one profile of a recording."""
    return total(pprof.decode((recording / file).read_bytes()), "alloc_space")


def test_a_recording_shows_what_was_allocated_under_its_load(tmp_path: Path) -> None:
    """The profile before the load is subtracted, and alloc_space shown unless asked otherwise."""
    path = make_recording(tmp_path / "before.hw")
    window = load(path).windows[0]
    name, profile = load_profile(str(path))
    assert name == "before.hw, under load"
    assert profile.shown_by_default.type == "alloc_space"
    gained = allocated(path, window.after.profile) - allocated(path, window.before.profile)
    assert total(profile, "alloc_space") == gained > 0


@pytest.mark.parametrize("wanted", ["inuse_space", "3"])
def test_a_recording_shows_what_was_live_at_its_end(tmp_path: Path, wanted: str) -> None:
    """For inuse types a difference would be no answer."""
    path = make_recording(tmp_path / "before.hw")
    name, profile = load_profile(str(path), Reading(sample_type=wanted))
    after = load(path).windows[0].after
    assert name == "before.hw, at its end"
    assert total(profile, "alloc_space") == allocated(path, after.profile)


def test_a_recording_that_was_cut_short_says_what_it_lacks(tmp_path: Path) -> None:
    """There is no profile from after the load."""
    path = make_recording(tmp_path / "cut.hw", finish=False)
    with pytest.raises(RecordingError, match=r"no heap profile .* interrupted"):
        load_profile(str(path))


def test_several_sources_are_added_up(tmp_path: Path) -> None:
    """The first one names the sum."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(HEAP)
    specs = [str(tmp_path / name) for name in ("a", "b")]
    loaded = load_sources(Sources(specs=specs, comment="both"))
    profile = loaded.profile
    assert loaded.name == f"{specs[0]} and 1 more"
    assert total(profile, "alloc_space") == 2 * 96
    assert profile.comments == ("both",)


@pytest.mark.parametrize(("marked", "left", "word"), [(False, [], " − "), (True, [3, -3], "with")])
def test_a_source_is_compared_with_its_base(
    tmp_path: Path, marked: bool, left: list[int], word: str
) -> None:
    """Subtracted it may leave nothing; kept apart, both sides stay."""
    path = tmp_path / "heap"
    path.write_bytes(HEAP)
    loaded = load_sources(Sources(specs=[str(path)], base=str(path), marked=marked))
    assert word in loaded.name
    assert loaded.profile.column("alloc_objects").tolist() == left


def test_a_source_of_several_that_cannot_be_read_is_skipped_and_counted(tmp_path: Path) -> None:
    """As in pprof; the name of the sum says that a part is missing, and the reason is kept."""
    (tmp_path / "a").write_bytes(HEAP)
    nothing = str(tmp_path / "nothing")
    loaded = load_sources(Sources(specs=[nothing, str(tmp_path / "a")]))
    assert loaded.name == f"{tmp_path / 'a'}, 1 skipped"
    assert [error.what for error in loaded.skipped] == [f"cannot read {nothing}"]
    with pytest.raises(ProfileError, match="nothing"):
        load_sources(Sources(specs=[nothing, nothing]))


def test_a_service_is_asked_for_a_span_of_time(address: str) -> None:
    """With -seconds the answer may take as much longer."""
    loaded = load_sources(Sources(specs=[address], reading=Reading(seconds=3)))
    assert loaded.name == f"{address}?seconds=3"
    assert loaded.profile.function_name(0) == "other"


def test_the_span_of_an_address_gives_way_to_the_one_that_is_asked_for(address: str) -> None:
    """A service heeds the first of two, so -seconds would do nothing."""
    url = f"http://{address}/debug/pprof/heap"
    loaded = load_sources(Sources(specs=[f"{url}?seconds=5"], reading=Reading(seconds=3)))
    assert loaded.name == f"{url}?seconds=3"


def test_a_password_is_not_part_of_the_name(address: str) -> None:
    """Names are printed, and end in files."""
    assert load_profile(f"user:hunter2@{address}")[0] == address
    assert load_profile(f"http://user:hunter2@{address}")[0] == f"http://{address}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A profile an hour, at 8, 9 and 10 o'clock, and something else."""
    for hour in (8, 9, 10):
        at = datetime(2026, 11, 21, hour, tzinfo=UTC).timestamp()
        data = profile_bytes({("leaf",): (10**hour, 1)}, time_ns=int(at) * 10**9)
        (tmp_path / f"heap-{hour:02}.pb.gz").write_bytes(data)
    (tmp_path / "notes.md").write_text("not a profile")
    return tmp_path


@pytest.mark.parametrize(
    ("span", "hours"),
    [
        (Span(), [8, 9, 10]),
        (Span(since="2026-11-21T09:00:00Z"), [9, 10]),
        (Span(until="2026-11-21 09:30+00:00"), [8, 9]),
        (Span(since="1h"), [9, 10]),
        (Span(since="2h", until="1h30m"), [8]),
        (Span(since="3600s"), [9, 10]),
        (Span(since="2026-11-21T08:59:59.700Z"), [9, 10]),
        (Span(until="2026-11-21T08:59:59.700Z"), [8]),
    ],
)
def test_a_folder_of_profiles_is_added_up_over_a_span_of_time(
    folder: Path, span: Span, hours: list[int]
) -> None:
    """Both ends count; durations go back from the newest profile, whenever that was."""
    name, profile = load_profile(str(folder), Reading(span=span))
    assert name == f"{folder}, {len(hours)} of 3 profiles"
    assert total(profile, "alloc_objects") == sum(10**hour for hour in hours)


def test_only_files_of_a_folder_are_profiles(folder: Path) -> None:
    """Opening a pipe would hang, and a folder would keep the files beside it from being read."""
    os.mkfifo(folder / "pipe.pb")
    (folder / "old.prof").mkdir()
    assert load_profile(str(folder))[0] == f"{folder}, 3 of 3 profiles"


def test_a_folder_without_what_was_asked_for_says_so(folder: Path, tmp_path: Path) -> None:
    """An empty folder, a span that holds nothing, and a time that is none."""
    with pytest.raises(ProfileError, match="holds no profile from that time"):
        load_profile(str(folder), Reading(span=Span(since="2027-01-01")))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ProfileError, match="it is no recording, and holds no profiles"):
        load_profile(str(empty))
    with pytest.raises(UsageError, match="not a time: 'yesterday'"):
        Span(since="yesterday")
