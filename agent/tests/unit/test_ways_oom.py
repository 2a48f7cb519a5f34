"""Before memory runs out: when a dump is written, and what is in the directory then."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from heapwise_agent import oom
from heapwise_agent.limits import Limit
from heapwise_agent.oom import LiveHeap, Pressure, Watch, write

HEAP = LiveHeap(b"profile", 1000)


class Cgroup:
    """A limit of 1000 bytes, and a file that says how many are used."""

    def __init__(self, folder: Path) -> None:
        self._stat = folder / "memory.stat"
        self.limit = Limit(1000, "memory.max", self._stat, ("anon",))
        self.use(0)

    def use(self, count: int) -> None:
        """So many bytes are used from now on."""
        self._stat.write_text(f"anon {count}\n")


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cgroup:
    """The only limit there is."""
    cgroup = Cgroup(tmp_path)
    monkeypatch.setattr(oom, "limits", lambda: (cgroup.limit,))
    return cgroup


def dumps(directory: Path) -> list[Path]:
    """The breakdowns that were written."""
    return sorted(directory.glob("*.json"))


def test_written_once_and_again_only_after_it_fell(cgroup: Cgroup, tmp_path: Path) -> None:
    """Use that swings about the share makes one dump; a fall by a tenth of the limit re-arms."""
    directory = tmp_path / "dumps"
    watch = Watch(directory, 0.9, lambda: HEAP)
    for used, expected in [(0, 0), (899, 0), (900, 1), (950, 1), (850, 1), (990, 1), (799, 1),
                           (899, 1), (901, 2)]:  # fmt: skip
        cgroup.use(used)
        watch.tick()
        assert len(dumps(directory)) == expected, used


def test_looks_more_often_when_it_gets_close(cgroup: Cgroup, tmp_path: Path) -> None:
    """Once a second is cheap, ten times a second is soon enough."""
    watch = Watch(tmp_path, 0.9, lambda: HEAP)
    cgroup.use(500)
    assert watch.tick() == oom.CALM_S
    cgroup.use(750)
    assert watch.tick() == oom.NEAR_S


def test_a_dump_says_what_the_memory_is(cgroup: Cgroup, tmp_path: Path) -> None:
    """The breakdown names the limit, the profile beside it and the parts of the memory."""
    path = write(tmp_path, Pressure(950, cgroup.limit), HEAP)
    report = json.loads(path.read_text())
    assert report["limit"] == {"bytes": 1000, "used": 950, "source": "memory.max"}
    assert (tmp_path / report["profile"]).read_bytes() == b"profile"
    memory = report["memory"]
    assert memory["rss"] == sum(memory.values()) - memory["rss"]
    assert {entry.stat().st_mode & 0o777 for entry in tmp_path.glob("heapwise-oom-*")} == {0o600}


def test_a_dump_without_a_sampler_says_why(cgroup: Cgroup, tmp_path: Path) -> None:
    """The breakdown is worth having by itself."""
    path = write(tmp_path, Pressure(950, cgroup.limit), LiveHeap(b"", 0, "no extension"))
    report = json.loads(path.read_text())
    assert (report["profile"], report["profile_missing"]) == (None, "no extension")


def test_the_directory_is_bounded(cgroup: Cgroup, tmp_path: Path) -> None:
    """The oldest dumps go, half-written ones too, and nothing else is touched."""
    (tmp_path / "mine.json").write_text("kept")
    (tmp_path / ".heapwise-oom-20200101T000000-1-1.pb.gz.part").write_text("cut off")
    paths = [write(tmp_path, Pressure(1, cgroup.limit), HEAP) for _ in range(oom.MAX_DUMPS + 3)]
    left = [path for path in dumps(tmp_path) if path.name.startswith("heapwise")]
    assert left == paths[3:]
    assert len(list(tmp_path.glob("*.pb.gz"))) == oom.MAX_DUMPS
    assert (tmp_path / "mine.json").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_directory_that_cannot_be_written_is_one_warning(
    cgroup: Cgroup, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The program runs on."""
    (tmp_path / "file").write_text("")
    watch = Watch(tmp_path / "file", 0.9, lambda: HEAP)
    cgroup.use(999)
    with caplog.at_level(logging.WARNING, "heapwise_agent"):
        watch.tick()
        watch.tick()
    assert len(caplog.records) == 1
    assert "no profile before memory runs out" in caplog.text


def test_without_a_limit_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to run out of, and one may be set later."""
    monkeypatch.setattr(oom, "limits", lambda: ())
    assert Watch(tmp_path, 0.9, lambda: HEAP).tick() > oom.CALM_S
    assert list(tmp_path.iterdir()) == []
