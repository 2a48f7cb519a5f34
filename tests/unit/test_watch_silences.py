"""Silences: what they cover, and the file they stand in."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli import watch_silence
from heapwise.errors import UsageError
from heapwise.watch.alerts import Desk, Silence, Silences, add_silence, silence_of
from heapwise.watch.alerts.silences import parse_silences
from heapwise.watch.scale import Scale
from heapwise.watch.store.files import DATABASE
from support.alerting import START, Clock, alert, sign, target

HOUR = 3600 * 10**9
LATER = dt.datetime.fromtimestamp((START + HOUR) / 10**9, tz=dt.UTC)


def silence(**patterns: str) -> Silence:
    """A silence of an hour."""
    return Silence(until=LATER, **patterns)


@pytest.mark.parametrize(
    ("patterns", "covers"),
    [
        ({}, True),
        ({"service": "checkout"}, True),
        ({"service": "check*"}, True),
        ({"service": "check"}, False),
        ({"instance": "10.0.0.?:6060"}, True),
        ({"instance": "10.0.0.7"}, False),
        ({"code": "leak", "service": "*"}, True),
        ({"code": "leak", "service": "cart"}, False),
    ],
)
def test_a_silence_covers_what_all_its_patterns_match(
    patterns: dict[str, str], *, covers: bool
) -> None:
    """The whole name has to match; what is left out matches anything."""
    assert silence(**patterns).covers(alert("10.0.0.7:6060")) is covers


def test_labels_are_matched_by_name() -> None:
    """A label that an alert does not have is empty."""
    pay = Silence(until=LATER, labels={"team": "pa?"})
    other = Silence(until=LATER, labels={"team": "pay", "zone": "x"})
    without = Silence(until=LATER, labels={"zone": ""})
    assert [each.covers(alert()) for each in (pay, other, without)] == [True, False, True]


def test_brackets_of_addresses_are_brackets() -> None:
    """No set of characters begins with them."""
    assert silence(instance="[::1]:6060").covers(alert("[::1]:6060"))
    assert not silence(instance="[ab]").covers(alert("a"))


@pytest.mark.parametrize("name", ["*", "a?c", r"a\*", "[*]", "x" * 1024, "*" * 1024])
def test_a_silence_of_an_alert_is_of_that_alone(name: str) -> None:
    """Whatever a target calls itself, no other one is silenced with it."""
    of_it = silence_of(alert(name), START + HOUR)
    assert of_it.covers(alert(name))
    others = ("abc", "a*", r"a\b", "x", "", name + "x", name.replace("*", "b").replace("?", "b"))
    assert not any(of_it.covers(alert(other)) for other in others if other != name)


def test_a_silence_ends() -> None:
    """At its time, to the nanosecond."""
    assert silence().lasts(START + HOUR - 1000)
    assert not silence().lasts(START + HOUR)


def test_a_pattern_of_many_stars_costs_nothing() -> None:
    """No name makes the matching explode."""
    assert not silence(service="*a" * 90 + "*b").covers(alert(service="a" * 5000))


@pytest.mark.parametrize("name", ["silences.toml", "silences.json"])
def test_what_was_added_is_read(tmp_path: Path, name: str) -> None:
    """In both formats, one after the other; a file that was not there is made."""
    path = tmp_path / name
    silences = Silences(path)
    assert silences.all == ()
    given_ = [
        silence_of(alert("a"), START + HOUR, 'a "known" leak', "ann"),
        Silence(until=LATER, service="cart*", labels={"a.b": "x\ny\x7f"}),
    ]
    for each in given_:
        add_silence(path, each)
    assert silences.refresh() == ""
    assert list(silences.all) == given_
    assert silences.all[0].covers(alert("a"))
    assert not silences.all[0].covers(alert("b"))


def test_comments_in_the_file_stay(tmp_path: Path) -> None:
    """What people wrote is not rewritten."""
    path = tmp_path / "silences.toml"
    mine = '# until the fix is out\n[[silence]]\nservice = "a"\nuntil = 2030-01-01T00:00:00Z'
    path.write_text(mine)
    path.chmod(0o640)
    add_silence(path, silence())
    assert path.read_text().startswith(mine + "\n\n[[silence]]\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o755, 0o644), (0o775, 0o644)])
def test_a_new_file_is_as_private_as_its_folder(tmp_path: Path, folder: int, file: int) -> None:
    """In a store nobody else reads it; beside a configuration who reads that reads it too."""
    tmp_path.chmod(folder)
    add_silence(tmp_path / "silences.toml", silence())
    assert (tmp_path / "silences.toml").stat().st_mode & 0o777 == file


def test_no_file_is_written_that_could_not_be_read(tmp_path: Path) -> None:
    """A thousand silences are too many already; the one more is refused."""
    path = tmp_path / "silences.toml"
    path.write_text("[[silence]]\nuntil = 2030-01-01T00:00:00Z\n" * 1000)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="more than 1000 silences; take out what is over"):
        add_silence(path, silence())
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["silences.toml", "silences.json"])
def test_no_more_are_added_than_are_read(tmp_path: Path, name: str) -> None:
    """Whoever adds one too many is told; the file stays one that silences."""
    path = tmp_path / name
    many = [{"service": "shop", "until": LATER.isoformat()}] * 1000
    entry = f'[[silence]]\nservice = "shop"\nuntil = {LATER.isoformat()}\n'
    path.write_text(json.dumps({"silence": many}) if name.endswith("json") else entry * 1000)
    with pytest.raises(UsageError, match="more than 1000"):
        add_silence(path, silence(service="cart"))
    assert len(Silences(path).all) == 1000


@pytest.mark.parametrize("error", [KeyError("uid not found: 54321"), OSError("no such user")])
def test_a_user_without_a_name_may_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """In a container there often is none."""

    def nobody() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", nobody)
    (tmp_path / DATABASE).touch()
    arguments = ["--service", "shop", "--store", str(tmp_path)]
    watch_silence.command.main(arguments, standalone_mode=False)
    (added,) = Silences(tmp_path / "silences.toml").all
    assert (added.service, added.author) == ("shop", "")


def test_none_of_those_added_at_once_is_lost(tmp_path: Path) -> None:
    """Page and command line may write at the same moment."""
    path = tmp_path / "silences.toml"
    threads = [
        threading.Thread(target=add_silence, args=(path, silence(service=f"s{number}")))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.service for each in Silences(path).all} == {f"s{n}" for n in range(20)}


def test_a_file_that_breaks_keeps_the_silences_before(tmp_path: Path) -> None:
    """It says so, and is read again when it is mended or gone."""
    path = tmp_path / "silences.toml"
    add_silence(path, silence(service="a"))
    told: list[str] = []
    silences = Silences(path, told.append)
    path.write_text("[[silence]\n")
    for _ in range(3):
        silences.refresh()
    assert told == [silences.problem]
    assert "silences.toml is no file of silences" in silences.refresh()
    assert "the silences before stay" in silences.problem
    assert [each.service for each in silences.all] == ["a"]
    path.write_text('[[silence]]\nservice = "b"\nuntil = 2030-01-01T00:00:00Z\n')
    assert silences.refresh() == ""
    assert [each.service for each in silences.all] == ["b"]
    path.unlink()
    assert silences.refresh() == ""
    assert silences.all == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[[silence]]\nservice = 'a'\n", "missing required field `until`"),
        ("[[silence]]\nuntil = 2030-01-01T00:00:00\n", "needs a time zone"),
        ("[[silence]]\nuntil = 'soon'\n", "$.silence[0].until"),
        ("[[silence]]\nuntil = 2030-01-01T00:00:00Z\nsrvice = 'a'\n", "srvice"),
        ("[[silence]]\nuntil = 2030-01-01T00:00:00Z\nservice = 7\n", "$.silence[0].service"),
        (f"[[silence]]\nuntil=2030-01-01T00:00:00Z\nservice='{'x' * 2049}'\n", "more than 2048"),
        ("a = " + "[" * 100_000, "silences"),
        ("\x00\xff", "silences"),
    ],
)
def test_bad_files_get_one_line(tmp_path: Path, content: str, why: str) -> None:
    """With the file, what is wrong, and how it is written."""
    path = tmp_path / "silences.toml"
    path.write_text(content)
    problem = Silences(path).problem
    assert why in problem
    assert str(path) in problem
    assert "\n" not in problem
    with pytest.raises(UsageError):
        add_silence(path, silence())
    assert path.read_text() == content


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_written_so_that_it_reads_the_same(
    service: str, comment: str, label: str
) -> None:
    """Quotes, line breaks and control characters in what people type break no file."""
    from heapwise.watch.alerts.silencing import _block  # noqa: PLC0415 - the seam without a disk

    texts = [text.encode("utf-8", "replace").decode() for text in (service, comment, label)]
    given_ = Silence(until=LATER, service=texts[0], comment=texts[1], labels={texts[2]: "x"})
    (found,) = parse_silences(_block(given_, b""), Path("s.toml")).silence
    assert (found.comment, found.labels) == (texts[1], {texts[2]: "x"})
    assert found.service == texts[0]


def test_json_without_silences_is_none(tmp_path: Path) -> None:
    """Null, a list and a number are no such file."""
    for content in ("null", "[]", "7", json.dumps({"silences": []})):
        (tmp_path / "s.json").write_text(content)
        assert "no file of silences" in Silences(tmp_path / "s.json").problem


def test_a_silenced_alert_is_marked_and_one_that_is_over_speaks_again(tmp_path: Path) -> None:
    """As soon as the file changes, and when the time is up; not only when a detector is asked."""
    clock = Clock()
    silences = Silences(tmp_path / "silences.toml")
    desk = Desk(clock, Scale(), silences)
    (first,) = desk.update(target(), [sign()], ["leak"])
    assert not first.silenced
    add_silence(silences.path, silence_of(first, START + HOUR))
    (second,) = desk.look_at_silences()
    assert second.silenced
    assert second.id == first.id
    assert desk.look_at_silences() == ()
    clock.go(60)
    (third,) = desk.look_at_silences()
    assert not third.silenced


def test_an_alert_that_begins_during_a_silence_is_silenced(tmp_path: Path) -> None:
    """From its first moment, so that nobody hears of it."""
    silences = Silences(tmp_path / "silences.toml")
    desk = Desk(Clock(), Scale(), silences)
    add_silence(silences.path, silence(service="check*"))
    assert desk.look_at_silences() == ()
    (alert_,) = desk.update(target(), [sign()], ["leak"])
    assert alert_.silenced


def silenced(*arguments: str | Path) -> None:
    """What `heapwise watch silence` is given."""
    watch_silence.command.main([*map(str, arguments)], standalone_mode=False)


class TestTheCommand:
    """It confirms a silence only where a watcher reads it."""

    SERVICE = '[[service]]\nname = "shop"\ntargets = ["127.0.0.1:1"]\n'

    def test_writes_into_the_store_of_the_configuration(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Which lies beside it, wherever one stands; the file is named."""
        config, store = tmp_path / "watch.toml", tmp_path / "kept"
        config.write_text(f'[watch]\nstore = "kept"\n{self.SERVICE}')
        store.mkdir()
        (store / DATABASE).touch()
        silenced("--service", "shop", "--config", config)
        (added,) = Silences(store / "silences.toml").all
        assert added.service == "shop"
        assert str(store / "silences.toml") in capsys.readouterr().err

    def test_writes_into_the_file_that_the_configuration_names(self, tmp_path: Path) -> None:
        """Whether or not the watcher has run before."""
        config = tmp_path / "watch.toml"
        config.write_text(f'{self.SERVICE}[alerts]\nsilences_file = "quiet.toml"\n')
        silenced("--service", "shop", "--config", config)
        assert len(Silences(tmp_path / "quiet.toml").all) == 1

    @pytest.mark.parametrize("given_", [[], ["--store", "elsewhere"]])
    def test_refuses_a_directory_in_which_no_watcher_keeps_anything(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_: list[str]
    ) -> None:
        """Nobody would read what it writes there; which directory that was is told."""
        monkeypatch.chdir(tmp_path)
        store = Path(given_[-1] if given_ else "heapwise-watch")
        store.mkdir()
        with pytest.raises(UsageError, match=f"no watcher keeps anything in {store}.*--config"):
            silenced("--service", "shop", *given_)
        assert list(store.iterdir()) == []

    def test_takes_no_address_for_a_configuration(self, tmp_path: Path) -> None:
        """A file that is not there is no service of that name either."""
        with pytest.raises(UsageError, match="cannot be read"):
            silenced("--service", "shop", "--config", tmp_path / "watch")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
class TestAnotherUser:
    """Who adds a silence may be somebody else than the watcher, which has to read it."""

    WATCHER, OTHER = 65534, 65533

    def of_the_watcher(self, folder: Path, mode: int) -> Path:
        """Its folder, and its file of one silence."""
        path = folder / "silences.toml"
        add_silence(path, silence(service="a"))
        path.chmod(mode)
        for each in (folder, path):
            os.chown(each, self.WATCHER, self.WATCHER)
        return path

    def test_as_root_leaves_the_file_to_its_owner(self, tmp_path: Path) -> None:
        """The watcher reads what `sudo` added, as it did before."""
        path = self.of_the_watcher(tmp_path, 0o600)
        add_silence(path, silence(service="b"))
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (
            self.WATCHER, self.WATCHER, 0o600,
        )  # fmt: skip

    def test_as_root_gives_a_new_file_to_the_owner_of_the_folder(self, tmp_path: Path) -> None:
        """Nobody else has a reason to have one there."""
        os.chown(tmp_path, self.WATCHER, self.WATCHER)
        add_silence(tmp_path / "silences.toml", silence())
        assert (tmp_path / "silences.toml").stat().st_uid == self.WATCHER

    @pytest.mark.parametrize(
        ("owner", "mode", "groups", "why"),
        [
            ((WATCHER, WATCHER), 0o644, [], ""),
            ((WATCHER, WATCHER), 0o640, [WATCHER], ""),
            ((WATCHER, WATCHER), 0o600, [], "Permission denied"),
            ((OTHER, WATCHER), 0o640, [], "not be of user 65533 and group 65534"),
            ((OTHER, WATCHER), 0o600, [], ""),
        ],
    )
    def test_keeps_the_file_from_nobody_who_could_read_it(
        self, owner: tuple[int, int], mode: int, groups: list[int], why: str
    ) -> None:
        """Where it cannot be left to its owner and its group, and they need it, it is refused."""
        with tempfile.TemporaryDirectory(dir="/tmp") as place:  # pytest's own are root's alone
            path = self.of_the_watcher(Path(place), mode)
            os.chown(path, *owner)
            Path(place).chmod(0o777)
            before = path.read_bytes()
            said = self.added_by_another(path, groups)
            assert why in said
            assert bool(said) is bool(why)
            assert (path.read_bytes() == before) is bool(why)
            assert path.stat().st_mode & 0o777 == mode
            assert [each.name for each in Path(place).iterdir()] == [path.name]

    @pytest.mark.parametrize("mode", [0o777, 0o770])
    def test_makes_a_file_that_is_as_open_as_its_folder(self, mode: int) -> None:
        """The watcher, whose folder it is, can read what a guest there made."""
        with tempfile.TemporaryDirectory(dir="/tmp") as place:
            path = Path(place) / "silences.toml"
            os.chown(place, self.WATCHER, self.WATCHER)
            Path(place).chmod(mode)
            assert self.added_by_another(path, [self.WATCHER]) == ""
            found = path.stat()
            assert (found.st_gid, found.st_mode & 0o777) == (self.WATCHER, mode & 0o644)

    def added_by_another(self, path: Path, groups: list[int]) -> str:
        """What a process of that user says against it; empty where it was added."""
        command = (
            "import datetime as dt, os, sys, tomllib\n"  # which nobody else may be able to load
            "from pathlib import Path\n"
            "from heapwise.errors import UsageError\n"
            "from heapwise.watch.alerts import Silence, add_silence\n"
            "path, user, *groups = sys.argv[1:]\n"
            "os.setgroups(list(map(int, groups))); os.setgid(int(user)); os.setuid(int(user))\n"
            "until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)\n"
            "try:\n    add_silence(Path(path), Silence(until=until, service='b'))\n"
            "except UsageError as error:\n    print(error)\n"
        )
        return subprocess.run(
            [sys.executable, "-c", command, path, str(self.OTHER), *map(str, groups)],
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout  # fmt: skip
