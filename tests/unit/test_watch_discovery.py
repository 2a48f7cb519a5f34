"""Lists of targets come and go, break and recover; the watcher goes on with what it knows."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.watch import Target
from heapwise.watch.config import Service, Shard
from heapwise.watch.discovery import Discovery, shard_of, sources
from heapwise.watch.discovery.groups import MOST_TARGETS, Listed, ListError, parse_groups


def write(path: Path, groups: object) -> Path:
    """A list of targets, replaced as a whole as tools do it."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text(groups if isinstance(groups, str) else json.dumps(groups))
    fresh.rename(path)
    return path


def of_files(path: Path, **settings: Any) -> Discovery:
    """Discovery of one service by files."""
    return Discovery([Service(name="shop", file_sd=(path,), **settings)])


def urls(targets: tuple[Target, ...]) -> list[str]:
    """Where they are asked."""
    return [target.url for target in targets]


class TestConfigured:
    """Targets that stand in the configuration."""

    @pytest.mark.parametrize(
        ("text", "settings", "url", "instance"),
        [
            ("h:6060", {}, "http://h:6060/debug/pprof", "h:6060"),
            (":6060", {"scheme": "https"}, "https://127.0.0.1:6060/debug/pprof", "127.0.0.1:6060"),
            ("h", {"scheme": "https"}, "https://h:443/debug/pprof", "h:443"),
            ("h:80", {"metrics_path": "/m"}, "http://h:80/m", "h:80"),
            ("http://h:80/m/etrics", {}, "http://h:80/m/etrics", "h:80"),
            ("unix:/run/a.sock", {"metrics_path": "/m"}, "unix:/run/a.sock", "/run/a.sock"),
            ("[::1]:80", {}, "http://[::1]:80/debug/pprof", "[::1]:80"),
        ],
    )
    def test_are_asked_where_they_say(
        self, text: str, settings: dict[str, Any], url: str, instance: str
    ) -> None:
        """An address alone is a debug endpoint, or a metrics page where the path of one is told."""
        (target,) = Discovery([Service(name="a", targets=(text,), **settings)]).look(0).targets
        assert (target.url, target.instance) == (url, instance)

    @pytest.mark.parametrize(
        ("template", "pprof"),
        [
            ("", ""),
            ("/debug/pprof", "http://[::1]:80/debug/pprof"),
            ("http://{host}:6060", "http://[::1]:6060/debug/pprof"),
            ("https://proxy:1/{host}/{port}", "https://proxy:1/[::1]/80"),
        ],
    )
    def test_of_metrics_pages_have_their_profiles_elsewhere(
        self, template: str, pprof: str
    ) -> None:
        """A path is at the same address; a URL is filled with parts of the address."""
        service = Service(name="a", targets=("[::1]:80",), metrics_path="/metrics", pprof=template)
        (target,) = Discovery([service]).look(0).targets
        assert target.pprof == pprof

    def test_that_stand_there_twice_are_asked_once(self) -> None:
        """Two readings of one process in a round would halve every stretch."""
        found = Discovery([Service(name="a", targets=("h:1", "h:1", "h:2"))]).look(0)
        assert len(found.targets) == 2
        assert "listed more than once" in found.problems[0]


class TestFiles:
    """Lists in files."""

    def test_are_followed_without_a_restart(self, tmp_path: Path) -> None:
        """Targets are added and removed when the file is replaced; other files are as they were."""
        a = write(tmp_path / "a.json", [{"targets": ["h:1"]}])
        write(tmp_path / "b.json", [{"targets": ["h:2"]}])
        discovery = of_files(tmp_path / "*.json")
        assert urls(discovery.look(0).targets) == ["http://h:1/metrics", "http://h:2/metrics"]
        write(a, [{"targets": ["h:3"]}])
        assert urls(discovery.look(1).targets) == ["http://h:2/metrics", "http://h:3/metrics"]
        a.unlink()
        assert urls(discovery.look(2).targets) == ["http://h:2/metrics"]

    def test_that_break_keep_what_they_said_last(self, tmp_path: Path) -> None:
        """A half-written file costs no target; it is named until it is whole again."""
        path = write(tmp_path / "a.json", [{"targets": ["h:1"]}])
        discovery = of_files(path)
        discovery.look(0)
        write(path, '[{"targets": ["h:')
        found = discovery.look(1)
        assert urls(found.targets) == ["http://h:1/metrics"]
        assert str(path) in found.problems[0]
        assert "its last 1 targets are kept" in found.problems[0]
        write(path, [{"targets": ["h:2"]}])
        found = discovery.look(2)
        assert (urls(found.targets), found.problems) == (["http://h:2/metrics"], ())

    def test_that_were_never_right_are_a_problem_and_no_end(self, tmp_path: Path) -> None:
        """Missing files, directories, pipes, YAML and foreign files list nothing and say so."""
        os.mkfifo(tmp_path / "pipe.json")
        (tmp_path / "folder.json").mkdir()
        write(tmp_path / "a.yml", "- targets: [h:1]")
        (tmp_path / "binary.json").write_bytes(os.urandom(1000))
        found = of_files(tmp_path / "*").look(0)
        assert (len(found.targets), len(found.problems)) == (0, 4)
        assert "no such file" in of_files(tmp_path / "none.json").look(0).problems[0]

    def test_beyond_the_most_that_are_read_are_the_last_by_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same ones each time, and not those that a folder happens to name first; it is
        told.
        """
        monkeypatch.setattr(sources, "MOST_FILES", 3)
        for number in (5, 3, 1, 4, 2):
            write(tmp_path / f"{number}.json", [{"targets": [f"h:{number}"]}])
        found = of_files(tmp_path / "*.json").look(0)
        assert urls(found.targets) == [f"http://h:{number}/metrics" for number in (1, 2, 3)]
        assert "more than 3 files" in found.problems[0]

    def test_of_which_one_was_never_read_do_not_tell_who_has_left(self, tmp_path: Path) -> None:
        """Whoever is in it may be there. Missing files, those that were read once, and targets
        that are named twice hide nobody.
        """
        path = write(tmp_path / "a.json", "[")
        discovery = of_files(path)
        assert not discovery.look(0).complete
        write(path, [{"targets": ["h:1", "h:1"]}])
        assert discovery.look(1).complete
        write(path, "[")
        found = discovery.look(2)
        assert found.complete
        assert len(found.problems) == 2
        assert of_files(tmp_path / "none.json").look(0).complete

    def test_name_targets_that_cannot_be_asked_and_lose_no_other(self, tmp_path: Path) -> None:
        """A port that the URL of the profiles cannot have is told for as long as it is listed."""
        path = write(tmp_path / "a.json", [{"targets": ["h:8080"]}])
        discovery = of_files(path, pprof="http://{host}:1{port}/debug/pprof")
        assert discovery.look(0).problems == ()
        write(path, [{"targets": ["h:8080", "h:60000", "h:9090"]}])
        for moment in (1, 2):
            found = discovery.look(moment)
            assert urls(found.targets) == ["http://h:8080/metrics", "http://h:9090/metrics"]
            (problem,) = found.problems
            assert problem.startswith("service shop: 1 target cannot be asked, as h:60000: ")
        write(path, [{"targets": ["h:9090"]}])
        assert discovery.look(3).problems == ()

    def test_carry_labels_that_say_how_to_ask(self, tmp_path: Path) -> None:
        """Scheme, path and instance are used up; other labels stay, over those of the service."""
        labels = {
            "__scheme__": "https",
            "__metrics_path__": "m",
            "__meta_kubernetes_pod": "x",
            "instance": "pod-7",
            "zone": "a",
            "empty": "",
        }
        path = write(tmp_path / "a.json", [{"targets": ["h:1"], "labels": labels}])
        found = of_files(path, labels={"zone": "?", "team": "t"}).look(0)
        (target,) = found.targets
        assert (target.url, target.instance) == ("https://h:1/m", "pod-7")
        assert target.labels == (("team", "t"), ("zone", "a"))


def test_a_new_configuration_forgets_no_list_that_is_still_in_it(tmp_path: Path) -> None:
    """A list that fails just when the configuration is read again costs no target either."""
    path = write(tmp_path / "a.json", [{"targets": ["h:1"]}])
    same = Service(name="shop", file_sd=(path,))
    before = Discovery([same])
    before.look(0)
    write(path, "[")
    after = Discovery([Service(name="new", targets=("h:9",)), same], before=before).look(1)
    assert [target.key for target in after.targets] == ["new/h:9", "shop/h:1"]
    other = Discovery([Service(name="shop", file_sd=(path,), scheme="https")], before=before)
    assert other.look(1).targets == ()


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'[{"targets": [1]}]',
        b'[{"targets": ["h:1"], "labels": {"a": 1}}]',
        b'[{"targets": ["h:1"], "labels": {"a-b": "1"}}]',
        b'[{"targets": ["http://h:1/metrics"]}]',
        b'[{"targets": ["me:pw@h:1"]}]',
        b'[{"targets": ["h:1?x"]}]',
        b'[{"targets": ["h:99999"]}]',
        b'[{"targets": ["h:1"], "labels": {"__scheme__": "file"}}]',
        b'[{"targets": ["h:1"], "labels": {"__metrics_path__": "/a b"}}]',
        b'[{"targets": ["h:1\\u202e"]}]',
        b'[{"targets": ["' + b"h" * 10_000 + b':1"]}]',
        b'[{"targets": [' + b",".join([b'"h:1"'] * (MOST_TARGETS + 1)) + b"]}]",
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_list_that_holds_anything_but_targets_is_refused_as_a_whole(data: bytes) -> None:
    """Half a list would stop watching the other half without a word; and no entry leads away."""
    with pytest.raises(ListError):
        parse_groups(data)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_anything_but_targets_or_a_refusal(data: bytes) -> None:
    """What comes over HTTP is a stranger's."""
    try:
        assert all(isinstance(each, Listed) for each in parse_groups(data))
    except ListError as error:
        refusal = str(error)
    else:
        refusal = ""
    assert refusal.isprintable()


class TestShards:
    """Several watchers share the targets."""

    def test_every_target_has_one_watcher(self, tmp_path: Path) -> None:
        """All shards together ask everybody, and nobody twice."""
        path = write(tmp_path / "a.json", [{"targets": [f"h{n}:1" for n in range(500)]}])
        service = Service(name="shop", file_sd=(path,))
        shards = [
            {target.key for target in Discovery([service], Shard(index=n, of=5)).look(0).targets}
            for n in range(1, 6)
        ]
        assert sum(map(len, shards)) == len(set.union(*shards)) == 500

    def test_shares_are_even(self) -> None:
        """The busiest of ten watchers has little more than a tenth."""
        counts = Counter(shard_of(f"shop/10.0.{n // 250}.{n % 250}:8080", 10) for n in range(5000))
        assert max(counts.values()) < 1.15 * 500
        assert min(counts.values()) > 0.85 * 500

    def test_one_watcher_more_moves_only_its_own_share(self) -> None:
        """Whoever changes hands goes to the new one, and they are about one in N."""
        keys = [f"shop/h{n}:1" for n in range(5000)]
        moved = [key for key in keys if shard_of(key, 5) != shard_of(key, 6)]
        assert {shard_of(key, 6) for key in moved} == {6}
        assert len(moved) == pytest.approx(5000 / 6, rel=0.15)

    def test_the_watcher_of_a_target_is_the_same_in_every_release(self) -> None:
        """Watchers of two releases share work while one replaces the other."""
        assert [shard_of(f"shop/h{n}:1", 5) for n in range(8)] == [4, 2, 3, 2, 5, 1, 4, 5]


def test_more_targets_than_one_watcher_takes_are_cut_and_told(tmp_path: Path) -> None:
    """The same ones each time, so that their windows are not torn."""
    for part in "ab":
        listed = [f"{part}{n}:1" for n in range(MOST_TARGETS * 3 // 4)]
        write(tmp_path / f"{part}.json", [{"targets": listed}])
    found = of_files(tmp_path / "*.json").look(0)
    assert len(found.targets) == MOST_TARGETS
    assert "[shard]" in found.problems[0]


def test_a_list_that_is_not_there_is_told_as_a_list() -> None:
    """What helps where a debug endpoint does not answer has nothing to do with it."""
    url = "http://127.0.0.1:1/targets"
    (problem,) = Discovery([Service(name="shop", http_sd=(url,))]).look(1).problems
    assert problem == (
        f"service shop: {url}: nothing listens at http://127.0.0.1:1; it lists nothing so far"
    )
