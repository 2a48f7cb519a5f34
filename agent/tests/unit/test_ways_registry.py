"""The directory in which the processes of one service meet."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from heapwise_agent.config import configure
from heapwise_agent.prefork.registry import (
    Member,
    Registry,
    RegistryError,
    group_directory,
    remove_if_dead,
    tidy,
)


@pytest.fixture
def above() -> Iterator[Path]:
    """A directory with a short name: the kernel allows a socket 107 characters."""
    with TemporaryDirectory(dir="/tmp", prefix="hw-") as name:
        yield Path(name)


@pytest.fixture
def registry(above: Path) -> Iterator[Registry]:
    """A group of this process only."""
    registry = Registry(above / "group")
    yield registry
    registry.leave()


def listening(registry: Registry) -> socket.socket:
    """Publish a socket that listens."""
    server = socket.socket(socket.AF_UNIX)
    with registry.publishing() as path:
        server.bind(str(path))
        server.listen()
    return server


def test_directory_is_for_this_user_alone(above: Path) -> None:
    """Nobody else may enter, look or write."""
    directory = group_directory(configure({}), {"XDG_RUNTIME_DIR": str(above)})
    Registry(directory).leave()
    assert (above / "heapwise-agent").stat().st_mode & 0o777 == 0o700
    assert directory.parent == above / "heapwise-agent"


def test_directory_without_a_runtime_directory_names_the_user(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below /tmp, which all share, everybody has a directory of his own."""
    monkeypatch.setattr("tempfile.tempdir", str(above))
    directory = group_directory(configure({}), {"XDG_RUNTIME_DIR": "relative"})
    assert directory.parent == above / f"heapwise-agent-{os.geteuid()}"


def test_directory_that_others_can_enter_is_refused(above: Path) -> None:
    """Somebody else may have made it to see or replace sockets."""
    directory = above / "group"
    directory.mkdir()
    directory.chmod(0o755)
    with pytest.raises(RegistryError, match="mode 0700") as refused:
        Registry(directory)
    assert "\n" not in str(refused.value)


def test_a_link_in_its_place_is_refused(above: Path) -> None:
    """A link could lead anywhere, also to a directory of ours."""
    (above / "real").mkdir(mode=0o700)
    (above / "group").symlink_to(above / "real")
    with pytest.raises(RegistryError, match="cannot use"):
        Registry(above / "group")
    (above / "heapwise-agent").symlink_to(above / "real")
    with pytest.raises(RegistryError, match="cannot use"):
        group_directory(configure({}), {"XDG_RUNTIME_DIR": str(above)})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_refused(above: Path) -> None:
    """Its owner could replace what is in it."""
    directory = above / "group"
    directory.mkdir(mode=0o700)
    os.chown(directory, 12345, 12345)
    with pytest.raises(RegistryError, match="not a directory of this user"):
        Registry(directory)


def test_a_name_too_long_for_sockets_is_refused_in_words(above: Path) -> None:
    """The kernel would say "AF_UNIX path too long", which helps nobody."""
    with pytest.raises(RegistryError, match="XDG_RUNTIME_DIR"):
        Registry(above / ("x" * 90))


def test_only_one_leads_and_the_next_takes_over(registry: Registry) -> None:
    """The lock goes with its process, however that ends."""
    other = Registry(registry.directory)
    assert registry.lead()
    assert registry.lead()
    assert not other.lead()
    registry.forget()
    assert other.lead()
    other.forget()


def test_a_forked_child_does_not_keep_its_parents_lock(registry: Registry) -> None:
    """When the child closes its copy, the lock goes with the parent."""
    assert registry.lead()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pid = os.fork()
        if pid == 0:
            registry.forget()
            theirs.send(b"closed")
            theirs.recv(1)
            os._exit(0)
        assert ours.recv(6) == b"closed"
        registry.forget()
        other = Registry(registry.directory)
        led = other.lead()
        ours.send(b"x")
        os.waitpid(pid, 0)
        other.forget()
    assert led


def test_members_are_sockets_named_by_a_process(registry: Registry) -> None:
    """Whatever else lies there is nobody."""
    with listening(registry):
        (registry.directory / "12.sock").write_text("a file")
        (registry.directory / "x.sock").write_text("")
        assert [member.pid for member in registry.members()] == [os.getpid()]
        assert registry.members()[0].path == registry.path
        (registry.directory / "12.sock").unlink()
        (registry.directory / "x.sock").unlink()


def test_a_socket_is_seen_only_once_it_listens(registry: Registry) -> None:
    """One that refuses connections yet would be taken for a dead one's."""
    server = socket.socket(socket.AF_UNIX)
    with registry.publishing() as path:
        server.bind(str(path))
        assert registry.members() == []
        server.listen()
    assert len(registry.members()) == 1
    server.close()


def test_dead_sockets_go_and_living_ones_stay(registry: Registry) -> None:
    """A killed process leaves its socket behind."""
    with listening(registry):
        member = registry.members()[0]
        assert not remove_if_dead(member)
        assert member.path.exists()
    assert remove_if_dead(member)
    assert not member.path.exists()
    assert remove_if_dead(Member(1, 0, registry.directory / "1.sock"))


def test_tidying_removes_dead_groups_and_spares_led_ones(above: Path) -> None:
    """What killed services left goes with the next start; a living group is not touched."""
    dead, alive, here = (Registry(above / name) for name in ("dead", "alive", "here"))
    listening(dead).close()
    (dead.directory / "12-34.last").write_text("nobody will hear it")
    dead.forget()
    assert alive.lead()
    tidy(above, keep=here.directory)
    assert sorted(path.name for path in above.iterdir()) == ["alive", "here"]
    alive.leave()
    here.leave()
    assert list(above.iterdir()) == []


def test_groups_differ_by_address_and_by_process_group(above: Path) -> None:
    """Two services of one user do not mix, and a named group joins whoever names it."""
    environ = {"XDG_RUNTIME_DIR": str(above)}
    one = group_directory(configure({}), environ)
    assert group_directory(configure({}), environ) == one
    assert group_directory(configure({}, address="127.0.0.1:7070"), environ) != one
    code = (
        "import os; os.setpgid(0, 0)\n"
        "from heapwise_agent.config import configure\n"
        "from heapwise_agent.prefork.registry import group_directory\n"
        "print(group_directory(configure({}), os.environ))\n"
        "print(group_directory(configure({}, group='web'), os.environ))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert out[0] != str(one)
    assert out[1] == str(group_directory(configure({}, group="web"), environ))


def test_one_that_ends_meanwhile_does_not_hide_the_others(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not found counts as ended, with totals that would be added again later."""
    scandir = os.scandir

    @contextmanager
    def ending(path: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        gone = path / "1.sock"
        gone.touch()
        with scandir(path) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        gone.unlink()
        yield iter(found)

    monkeypatch.setattr(os, "scandir", ending)
    with listening(registry):
        assert [member.pid for member in registry.members()] == [os.getpid()]
