"""A limit of memory on real programs: who wants more is ended, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components import limit
from heapwise.lab.components.limit import Limited, Way, limited

MIB = 1 << 20
LIMIT = 64 * MIB
TAKES = "kept = bytes(b'x') * ({mib} << 20); print(len(kept), flush=True)"
GROUPS = [Way.V2, Way.V1]


def python(code: str) -> tuple[str, ...]:
    """A program."""
    return (sys.executable, "-I", "-S", "-c", code)


def run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def group() -> None:
    """Control groups can be made here."""
    with limited(("true",), LIMIT) as given:
        if given.group is None:
            pytest.skip("no control group can be made here")


@pytest.fixture
def address_space(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No control group is to be seen."""
    monkeypatch.setattr(limit, "PROC", tmp_path)


@pytest.fixture(params=["group", "address_space"])
def way(request: pytest.FixtureRequest) -> None:
    """Each way to limit memory that this machine has."""
    request.getfixturevalue(request.param)


@pytest.mark.usefixtures("way")
def test_a_program_that_fits_runs_as_without_a_limit() -> None:
    """Its output and exit code are its own."""
    with limited(python(TAKES.format(mib=8) + "; raise SystemExit(5)"), LIMIT) as given:
        done = run(given.command)
    assert done.stdout == f"{8 * MIB}\n"
    assert done.returncode == 5


@pytest.mark.usefixtures("way")
def test_a_program_that_wants_more_is_ended_by_the_limit() -> None:
    """By a signal or by an allocation that is refused; which, the way says."""
    with limited(python(TAKES.format(mib=200)), LIMIT) as given:
        done = run(given.command)
        assert given.exceeded(done.returncode)
    assert done.stdout == ""
    if given.way is Way.ADDRESS_SPACE:
        assert "MemoryError" in done.stderr
        assert given.kills is None
        assert given.peak is None
    else:
        assert done.returncode == -9


@pytest.mark.usefixtures("group")
def test_a_group_counts_kills_and_the_most_memory() -> None:
    """What the kernel counts is the oracle: a failure of the program's own is none of the limit."""
    with limited(python(TAKES.format(mib=32)), LIMIT) as given:
        assert run(given.command).returncode == 0
        assert given.kills == 0
        assert given.peak is None or 32 * MIB < given.peak < LIMIT
        assert not given.exceeded(1)
    with limited(python(TAKES.format(mib=200)), LIMIT) as given:
        run(given.command)
        assert given.kills == 1


@pytest.mark.usefixtures("group")
def test_children_share_a_group_s_limit() -> None:
    """Two that would fit alone do not fit together."""
    # Page by page, so that no reservation is refused before memory is really taken.
    child = "import time; kept = bytearray(40 << 20); kept[::4096] = b'x' * 10240; time.sleep(5)"
    both = (
        "import subprocess, sys; "
        f"two = [subprocess.Popen([sys.executable, '-I', '-S', '-c', {child!r}]) for _ in '12']; "
        "ended = [each.wait() for each in two]"
    )
    with limited(python(both.replace("sleep(5)", "sleep(1)")), LIMIT) as given:
        run(given.command)
        assert given.kills


@pytest.mark.usefixtures("group")
def test_what_is_left_in_a_group_ends_with_it() -> None:
    """A child that outlives the program is ended, and the group is gone."""
    leaves = (
        "import subprocess, sys; "
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
    )
    with limited(python(leaves), LIMIT) as given:
        pid = int(run(given.command).stdout)
        assert is_alive(pid)
    assert not is_alive(pid)
    assert given.group is not None
    assert not given.group.exists()


def is_alive(pid: int) -> bool:
    """A process is there, and no zombie that nobody waits for."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.usefixtures("group")
def test_a_group_is_gone_after_an_error() -> None:
    """Also if whoever runs the program is interrupted."""
    groups: list[Path] = []

    def interrupted() -> None:
        with limited(("sleep", "60"), LIMIT) as given:
            assert given.group is not None
            groups.append(given.group)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not groups[0].exists()


@pytest.mark.usefixtures("group")
def test_groups_of_runs_that_were_killed_are_taken_away() -> None:
    """Nobody else does; the name says whose it was."""
    ended = subprocess.Popen(("true",))
    ended.wait()
    with limited(("true",), LIMIT) as given:
        assert given.group is not None
        left = given.group.with_name(f"heapwise-lab-{ended.pid}-00000000")
        left.mkdir()
        with limited(("true",), LIMIT):
            assert not left.exists()
            assert given.group.exists()


@pytest.mark.usefixtures("group")
def test_two_limits_have_groups_of_their_own() -> None:
    """Labs may run beside one another."""
    with limited(("true",), LIMIT) as first, limited(("true",), LIMIT) as second:
        assert first.group != second.group


def test_a_directory_is_not_taken_for_a_control_group(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the hierarchy is not mounted, a group's files would be files that anybody can write."""
    (tmp_path / str(os.getpid())).mkdir()
    (tmp_path / str(os.getpid()) / "cgroup").write_text("0::/\n")
    monkeypatch.setattr(limit, "PROC", tmp_path)
    monkeypatch.setattr(limit, "CGROUPS", tmp_path)
    with limited(("true",), LIMIT) as given:
        assert given.way is Way.ADDRESS_SPACE
    assert not list(tmp_path.glob("heapwise-*"))


def test_no_way_at_all_is_one_error_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a group nor a shell that can limit."""
    monkeypatch.setattr(limit, "PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="cannot be limited") as caught, limited(("x",), LIMIT):
        pass
    assert caught.value.hint


@pytest.mark.parametrize(
    ("way", "events", "text"),
    [
        (Way.V2, "memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n"),
        (Way.V1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
    ],
)
def test_both_versions_of_groups_are_read(way: Way, events: str, text: str, tmp_path: Path) -> None:
    """What the kernel writes there, as its documentation has it."""
    peak = {Way.V2: "memory.peak", Way.V1: "memory.max_usage_in_bytes"}[way]
    (tmp_path / events).write_text(text)
    (tmp_path / peak).write_text("1048576\n")
    given = Limited(("x",), LIMIT, way, tmp_path)
    assert given.kills == 1
    assert given.peak == MIB
    assert given.exceeded(0)
    (tmp_path / events).write_text(text.replace("oom_kill 1", "oom_kill 0"))
    assert not given.exceeded(-9)


@pytest.mark.parametrize("way", GROUPS)
def test_an_old_kernel_counts_nothing(way: Way, tmp_path: Path) -> None:
    """Then a failure is all there is to tell."""
    given = Limited(("x",), LIMIT, way, tmp_path)
    assert given.kills is None
    assert given.peak is None
    assert given.exceeded(-9)
    assert not given.exceeded(0)
