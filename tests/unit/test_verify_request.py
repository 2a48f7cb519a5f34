"""What is typed is checked before anything is built, started or written."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli.verify import command as verify
from heapwise.errors import HeapwiseError, TargetError, UsageError
from heapwise.model.load import Plan, Target
from heapwise.model.recording import ServiceInfo
from heapwise.model.verify import BASE, NEW, SideKind
from heapwise.record.redact import redact
from heapwise.verify.like import command_of, with_secrets
from heapwise.verify.sides import aimed, kind_of, sides_of
from support import runs
from support.repository import Repository
from support.verifications import journal

URL = "http://127.0.0.1:9/"
SIDES = ["--base", "./old", "--new", "./new"]


def refused(*words: str) -> HeapwiseError:
    """The error that a command line ends in."""
    done = CliRunner().invoke(verify, list(words))
    assert isinstance(done.exception, HeapwiseError), done.output
    return done.exception


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([URL], "nothing to compare: --base and --new missing"),
        ([URL, "--base", "./old"], "nothing to compare: --new missing"),
        ([URL, "--base", "./old", "--new", URL], "one side is a URL and the other a command"),
        (
            [URL, "--base", URL, "--new", URL, "--service", URL],
            "one -service cannot be the debug endpoint of two services",
        ),
        ([URL, *SIDES, "--ablate", URL], "one side is a URL and the other a command"),
        ([URL, *SIDES, "-budget", "1m"], "-budget needs --until decided"),
        ([URL, *SIDES, "-alpha", "0"], "-alpha 0 is no chance of a false alarm"),
        ([URL, *SIDES, "--new-rev", "main"], "--new-rev needs --base-rev"),
        ([URL, "--base-rev", "main", "--exec", "./svc"], "lies in no work tree of git"),
        ([URL, "--base", "'./old", "--new", "./new"], "not a command"),
        ([URL, "--base", "A=1", "--new", "./new"], "not a command"),
        (["--like", "nothing.hw", *SIDES], "there is no recording nothing.hw"),
        ([URL, *SIDES, "-o", "no/such.verify"], "cannot write no/such.verify"),
        ([URL, "--base", f"{URL}a/b", "--new", URL], "is more than an origin"),
        (["--resume", "nothing.verify"], "nothing.verify is no verification"),
    ],
)  # fmt: skip
def test_what_cannot_be_verified_is_refused(elsewhere: Path, words: list[str], what: str) -> None:
    """One line says what is wrong, and nothing is left behind."""
    assert what in str(refused(*words))
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("effect", ["-1%", "two", "200%", "nan"])
def test_a_minimum_effect_is_a_share(effect: str) -> None:
    """2% and 0.02 are; anything else is refused with what to write."""
    done = CliRunner().invoke(verify, [URL, *SIDES, f"--min-effect={effect}"])
    assert done.exit_code == 2
    assert "not a relative change" in done.output


def test_a_budget_too_small_says_what_it_takes() -> None:
    """The first look needs four rounds of both sides."""
    error = refused(URL, *SIDES, "--until", "decided", "-budget", "1m", "-duration", "30s")
    assert "has room for 0 rounds" in str(error)
    assert "-budget 5m" in error.hint


def test_revisions_that_are_one_commit_are_refused(elsewhere: Path) -> None:
    """And it says how to verify what is not committed yet."""
    Repository(elsewhere).commit("one", a="1")
    error = refused(URL, "--base-rev", "main", "--exec", "./svc")
    assert "main and HEAD are the same commit" in str(error)
    assert "git stash create" in error.hint


def test_revisions_need_something_to_start(elsewhere: Path) -> None:
    """A build alone starts no service."""
    Repository(elsewhere).commit("one", a="1")
    assert "what starts the service" in str(refused(URL, "--base-rev", "main"))


def test_what_was_fixed_stays_fixed(elsewhere: Path) -> None:
    """More rounds after the result was seen would be a peek that nobody paid for."""
    with journal(elsewhere / "a.verify", [1.0] * 2, [1.0] * 2):
        pass
    error = refused("--resume", "a.verify", "--rounds", "20", "--alpha", "0.2")
    assert str(error).startswith("--alpha, --rounds cannot change with --resume")


def test_a_finished_verification_is_shown_again(elsewhere: Path) -> None:
    """--resume of one that has ended starts nothing and prints its result."""
    with journal(elsewhere / "a.verify", [10.0] * 6, [5.0] * 6):
        pass
    done = CliRunner().invoke(verify, ["--resume", "a.verify", "--json"])
    assert done.exit_code == 0, done.output
    data = msgspec.json.decode(done.stdout)
    assert data["kind"] == "verify"
    assert data["data"]["comparison"]["sentence"].startswith("better: 50.0 % less B/req")


def test_the_notebook_gets_an_entry_where_it_is_asked_for(elsewhere: Path) -> None:
    """A project may ask for every one; showing a result again is no experiment of its own."""
    with journal(elsewhere / "a.verify", [10.0] * 6, [5.0] * 6):
        pass
    (elsewhere / "heapwise.toml").write_text("[log]\nenabled = true\n")
    notebook = elsewhere / "heapwise-log.jsonl"
    assert CliRunner().invoke(verify, ["--resume", "a.verify"]).exit_code == 0
    assert not notebook.exists()
    done = CliRunner().invoke(verify, ["--resume", "a.verify", "--log"])
    assert "noted in heapwise-log.md" in done.stderr
    assert len(notebook.read_text().splitlines()) == 1


def test_one_begun_on_another_machine_is_not_continued(elsewhere: Path) -> None:
    """Its timings would be of two machines."""
    with journal(elsewhere / "a.verify", [1.0], [1.0]) as made:
        made.stop("")
    assert "begun on another machine" in str(refused("--resume", "a.verify"))


def test_missing_secrets_are_named_and_put_back() -> None:
    """Headers are taken from the command line; what cannot be is asked for as targets."""
    target = Target("GET", URL, (("Accept", "*/*"), ("Authorization", "Bearer 5ecret")))
    plan = msgspec.structs.replace(runs.plan(), targets=(target,))
    kept, names = redact(plan, keep_secrets=False)
    with pytest.raises(UsageError, match="header Authorization") as missing:
        with_secrets(kept, names, (), source="before.hw")
    assert "-H 'Authorization: …'" in missing.value.hint
    given = (("authorization", "Bearer 5ecret"), ("X-New", "1"))
    (restored,) = with_secrets(kept, names, given, source="before.hw").targets
    assert restored.headers == (("X-New", "1"), *target.headers)


def test_a_query_that_was_a_secret_needs_its_target() -> None:
    """No header can stand for it."""
    target = Target("GET", f"{URL}?token=5ecret")
    kept, names = redact(
        msgspec.structs.replace(runs.plan(), targets=(target,)), keep_secrets=False
    )
    with pytest.raises(UsageError, match="query token") as missing:
        with_secrets(kept, names, (), source="before.hw")
    assert "the targets themselves" in missing.value.hint


@pytest.mark.parametrize(
    ("settings", "command", "expected"),
    [
        ({}, ("./svc", "-a", "b c"), "./svc -a 'b c'"),
        ({"GOGC": "50", "GODEBUG": "gctrace=1"}, ("./svc",), "GOGC=50 ./svc"),
        ({"GODEBUG": "madvdontneed=1,gctrace=1"}, ("./svc",), "GODEBUG=madvdontneed=1 ./svc"),
        ({"MemProfileRate": "512"}, ("./svc",), "./svc"),
        ({}, ("./svc", "--token", "REDACTED"), ""),
        ({}, (), ""),
    ],
)
def test_the_command_of_a_recording_can_be_typed_again(
    settings: dict[str, str], command: tuple[str, ...], expected: str
) -> None:
    """With the variables that the runtime reads, without what heapwise added or took out."""
    info = ServiceInfo(url=URL, runtime="go", command=command, settings=settings)
    assert command_of(info) == expected


def test_a_url_takes_the_place_of_the_targets_origin() -> None:
    """Path and query stay; the address is pinned anew."""
    target = Target("GET", "http://127.0.0.1:8080/a?b=c")
    plan = Plan(targets=(target,), schedule=runs.plan().schedule)
    moved = aimed(plan, "http://127.0.0.1:8081", allow_remote=False)
    assert moved.targets[0].url == "http://127.0.0.1:8081/a?b=c"
    assert moved.addresses == {"127.0.0.1:8081": "127.0.0.1"}
    with pytest.raises(TargetError):
        aimed(plan, "http://192.0.2.1:80", allow_remote=False)


def test_one_url_cannot_stand_for_several_origins() -> None:
    """A plan over two services needs commands."""
    targets = (Target("GET", "http://127.0.0.1:1/"), Target("GET", "http://127.0.0.1:2/"))
    plan = Plan(targets=targets, schedule=runs.plan().schedule)
    with pytest.raises(UsageError, match="several origins"):
        aimed(plan, "http://127.0.0.1:3", allow_remote=False)


def test_urls_are_measured_at_their_own_endpoints() -> None:
    """The endpoint on the usual port may be the other side's."""
    urls = [(BASE, "http://127.0.0.1:1"), (NEW, "http://127.0.0.1:2/")]
    base, new = sides_of(SideKind.URL, urls, ["http://127.0.0.1:6060", None])
    assert (base.url, base.service) == ("http://127.0.0.1:1", "http://127.0.0.1:6060")
    assert (new.url, new.service) == ("http://127.0.0.1:2", "")


@given(st.text(), st.text())
def test_sides_are_of_one_kind(base: str, new: str) -> None:
    """Whatever is typed, both are URLs, both are commands, or it is refused."""
    try:
        kind = kind_of(base, new)
    except UsageError:
        assert base.startswith("http") != new.startswith("http")
    else:
        assert kind in (SideKind.URL, SideKind.COMMAND)
