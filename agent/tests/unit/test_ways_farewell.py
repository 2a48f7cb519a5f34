"""What a process leaves behind for the one that leads."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.prefork import farewell, wire
from heapwise_agent.prefork.farewell import heard, say
from heapwise_agent.prefork.wire import Message
from heapwise_agent.source import local
from heapwise_agent.work_done import work


def test_it_is_heard_once(tmp_path: Path) -> None:
    """Under the process's key, with everything that adds up."""
    work("farewell", 3)
    local().collect()
    say(tmp_path, tmp_path / "none.sock", local())
    (((pid, since_ns), last),) = heard(tmp_path)
    assert pid == os.getpid()
    assert since_ns > 0
    assert last.variables["work"]["farewell"] == 3
    # A collection may run between the two questions.
    counted = last.stats["NumGC"]
    assert isinstance(counted, int)
    assert 0 < counted <= last.collections["next"] - 1
    assert list(heard(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_waiting_farewells_are_bounded(tmp_path: Path) -> None:
    """Where nobody listens they must not fill the directory."""
    for number in range(1, farewell.MAX_FILES + 1):
        (tmp_path / f"{number}-1.last").write_text("")
    say(tmp_path, tmp_path / "none.sock", local())
    assert len(list(tmp_path.iterdir())) == farewell.MAX_FILES


@given(data=st.binary(max_size=200))
def test_a_damaged_one_is_removed_and_ignored(data: bytes, tmp_path_factory: object) -> None:
    """Whatever stands in the file."""
    folder = tmp_path_factory.mktemp("farewells")  # type: ignore[attr-defined]  # pytest's own
    (folder / "12-34.last").write_bytes(data)
    (folder / "other.txt").write_bytes(data)
    assert list(heard(folder)) == []
    assert [path.name for path in folder.iterdir()] == ["other.txt"]


def test_one_of_another_version_is_removed_and_ignored(tmp_path: Path) -> None:
    """Its collections have another form, and must not stop the one who leads."""
    messages = [Message({}), Message({}), Message({}), wire.from_profile(local().gc_profile())]
    said = [*messages, Message({"collections": []})]
    with (tmp_path / "12-34.last").open("wb") as file:
        for message in said:
            file.writelines(wire.encode(message))
    assert list(heard(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    """The group may end while somebody looks."""
    assert list(heard(tmp_path / "gone")) == []
