"""``heapwise compare`` of rounds, as a user types it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from heapwise.cli.compare_sides import split
from heapwise.errors import UsageError
from heapwise.model.envelope import schema
from heapwise.verify.journal import STATE
from support.recordings import AFTER, make_recording
from support.verifications import journal

ROUNDS = 6
OLD = tuple(f"old-{number}.hw" for number in range(ROUNDS))
NEW = tuple(f"new-{number}.hw" for number in range(ROUNDS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six rounds of two sides, and a heap profile."""
    place = tmp_path_factory.mktemp("rounds")
    make_recording(place / "before.hw", requests=400, gc_cycles=60)
    make_recording(place / "after.hw", **(AFTER | {"requests": 400}))
    make_recording(place / "other.hw", requests=200)
    for side, names in (("before.hw", OLD), ("after.hw", NEW)):
        for name in names:
            (place / name).symlink_to(place / side)
    profile = next((place / "before.hw" / "profiles").glob("*.pb.gz"))
    shutil.copy(profile, place / "heap.pb.gz")
    return place


def heapwise(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", "compare", *words],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_rounds_print_their_verdict_and_what_it_rests_on(folder: Path) -> None:
    """The sentence first, then the table, and how p and intervals came about."""
    done = heapwise(folder, *OLD, "vs", *NEW)
    assert (done.returncode, done.stderr[:22]) == (0, "next: heapwise compare")
    assert "better: 99." in done.stdout
    assert "\n  questions\n" in done.stdout
    assert "so many rounds have none below 0.0022" in done.stdout
    assert "± with 96.9 % confidence, [change] with 95.9 %" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_json_holds_to_its_schema(folder: Path) -> None:
    """With rounds as without."""
    done = heapwise(folder, *OLD, "vs", *NEW, "--json", "--alpha", "0.01", "--min-effect", "5%")
    data = json.loads(done.stdout)
    jsonschema.validate(data, schema("comparison"))
    assert (data["data"]["alpha"], data["data"]["min_effect"]) == (0.01, 0.05)
    assert data["data"]["rounds"] == [6, 6]


def test_markdown_is_fit_for_a_pull_request(folder: Path) -> None:
    """The verdict in bold, a table, the rest folded away; every table row has as many cells."""
    done = heapwise(folder, *OLD, "vs", *NEW, "-format=markdown")
    assert done.stdout.startswith("**better: 99.")
    assert "| ✅ better |" in done.stdout
    assert done.stdout.count("<details>") == done.stdout.count("</details>") == 2
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {8}


def test_html_goes_to_a_file_or_a_pipe(folder: Path) -> None:
    """One page, with a run of each side as an example."""
    done = heapwise(folder, *OLD, "vs", *NEW, "--format", "html")
    assert done.stdout.startswith("<!doctype html>")
    done = heapwise(folder, *OLD, "vs", *NEW, "--html", "rounds.html")
    assert done.stderr == "report in rounds.html\n", "nobody is told to write it again"
    assert (folder / "rounds.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "Missing argument 'BEFORE'"),
        (OLD, 2, "which of 6 are before and which after?\n  put 'vs' between them"),
        ((*OLD, "vs"), 2, "'vs' stands between the two sides"),
        ((*OLD, "vs", *NEW, "vs", *NEW), 2, "'vs' stands between the two sides"),
        (("heap.pb.gz", "before.hw"), 2, "profiles and recordings do not compare"),
        (("heap.pb.gz", "heap.pb.gz"), 2, "1 and 1 profiles are too few"),
        (("heap.pb.gz", "no.pb.gz"), 1, "there is no file no.pb.gz"),
        ((*OLD, "vs", "no.hw"), 1, "there is no recording no.hw"),
        (("before.hw", "after.hw", "--alpha", "0"), 2, "not between 0 and 1: 0"),
        (("before.hw", "after.hw", "--confidence", "1"), 2, "not between 0 and 1: 1"),
        (("before.hw", "after.hw", "--min-effect", "lots"), 2, "not a relative change"),
        (("before.hw", "other.hw", "vs", "after.hw"), 2, "are not rounds of one side"),
        (("before.hw", "before.hw", "vs", "other.hw"), 2, "before.hw and other.hw do not compare"),
    ],
)
def test_bad_input_gets_one_clear_error(
    folder: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    """What, why and what to do."""
    done = heapwise(folder, *words)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_profiles_are_compared_by_path_alone(folder: Path) -> None:
    """Six copies of one profile differ in no path."""
    words = ["heap.pb.gz"] * 6
    done = heapwise(folder, *words, "vs", *words)
    assert done.returncode == 0, done.stderr
    assert "none of the" in done.stdout
    assert done.stderr == "next: heapwise diff heap.pb.gz heap.pb.gz\n"
    assert heapwise(folder, *words, "vs", *words, "--format", "html").returncode == 2


def test_a_verification_is_both_sides(folder: Path) -> None:
    """Also one that kept no recordings; one without a round of each is refused."""
    with journal(folder / "done.verify", [10.0 + n / 100 for n in range(6)], [5.0] * 6):
        pass
    done = heapwise(folder, "done.verify", "--json")
    data = json.loads(done.stdout)["data"]
    assert (data["rounds"], data["rows"][0]["verdict"]) == ([6, 6], "better")
    with journal(folder / "begun.verify", [10.0], [5.0]) as begun:
        only_base = begun.state.attempts[:1]
        state = replace(begun.state, attempts=only_base)
    (folder / "begun.verify" / STATE).write_bytes(msgspec.json.encode(state))
    begun_now = heapwise(folder, "begun.verify")
    assert begun_now.returncode == 1
    assert "begun.verify has no round of both sides yet" in begun_now.stderr


def test_two_names_need_no_word_between_them() -> None:
    """A recording may be called vs: then it is ./vs."""
    assert split(["a.hw", "b.hw"]) == ([Path("a.hw")], [Path("b.hw")])
    assert split(["a", "b", "vs", "c"]) == ([Path("a"), Path("b")], [Path("c")])
    assert split(["./vs", "vs", "c"]) == ([Path("vs")], [Path("c")])
    with pytest.raises(UsageError, match="which of 3"):
        split(["a", "b", "c"])
