"""Where the processes of one service find each other.

``$XDG_RUNTIME_DIR/heapwise-agent/GROUP/PID.sock``, or below the directory for temporary files
where there is no runtime directory. A group is a process group (a shell's job, a unit of systemd,
a container) with one address, or what ``HEAPWISE_AGENT_GROUP`` names.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import socket
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from heapwise_agent.config import Config

MAX_MEMBERS = 256
"""Processes that one view joins, and directories that one start tidies up."""

_MAX_SOCKET_PATH = 100  # sun_path takes 108 on Linux and 104 on macOS, and ours grows by a prefix
_MEMBER = re.compile(r"([1-9][0-9]{0,9})\.sock", re.ASCII)


class RegistryError(Exception):
    """The directory cannot be used; says what, why and what to do."""


Key = tuple[int, int]
"""A process: its id, and since when it takes part, since ids come back."""


class Member(NamedTuple):
    """One process of the group.

    Attributes:
        pid: its id.
        since_ns: when it joined, unix ns.
        path: its socket.
    """

    pid: int
    since_ns: int
    path: Path

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.pid, self.since_ns


class Registry:
    """This process's view of its group's directory. Not for use from two threads at once.

    Args:
        directory: of the group; made where it is missing.

    Raises:
        RegistryError: it is not ours alone, or its name is too long for a socket.
    """

    def __init__(self, directory: Path) -> None:
        if len(os.fsencode(directory)) + len("/.4294967296.sock") > _MAX_SOCKET_PATH:
            raise RegistryError(
                f"{directory} is too long a name for unix sockets; set XDG_RUNTIME_DIR to a"
                " shorter one"
            )
        self.directory = directory
        self.path = directory / f"{os.getpid()}.sock"
        self._fd = _open_private(directory)
        self.leads = False

    def lead(self) -> bool:
        """Try to become the one that answers for all; true if this process is it."""
        if not self.leads:
            self.leads = _lock(self._fd)
        return self.leads

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        """Where to bind this process's socket; it is found once it also listens.

        A socket that is bound and does not listen yet refuses connections, as the socket of a
        process that was killed does, and would be removed as such.
        """
        temporary = self.directory / f".{self.path.name}"
        temporary.unlink(missing_ok=True)
        yield temporary
        temporary.replace(self.path)

    def members(self) -> list[Member]:
        """The group's processes by their ids, this one among them."""
        return _members(self.directory)

    def leave(self) -> None:
        """Take this process's socket away, and the directory with the last one."""
        with suppress(OSError):
            self.path.unlink()
        if self.leads:
            _sweep(self.directory)
        with suppress(OSError):
            self.directory.rmdir()  # refused while there are others
        self.forget()

    def forget(self) -> None:
        """Close what was inherited from the parent, whose lock and socket these are."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
        self.leads = False


def group_directory(config: Config, environ: Mapping[str, str]) -> Path:
    """Where the processes of this one's group meet.

    Raises:
        RegistryError: the directory above is not ours alone.
    """
    above = _runtime_directory(environ)
    os.close(_open_private(above))
    name = config.group or f"pg{os.getpgrp()}"
    # The same number is another process group in another container that shares the directory.
    spaces = [_namespace("pid"), _namespace("net")]
    what = "\0".join([config.place, *spaces])
    return above / f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"


def tidy(above: Path, *, keep: Path) -> None:
    """Remove what groups have left behind whose processes were all killed."""
    with suppress(OSError):
        for directory in sorted(above.iterdir())[:MAX_MEMBERS]:
            if directory != keep:
                _remove_dead(directory)


def remove_if_dead(member: Member) -> bool:
    """Remove a socket that nobody listens on; true if it is gone."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(member.path))
        except (ConnectionRefusedError, FileNotFoundError):
            member.path.unlink(missing_ok=True)
            return True
        except OSError:
            return False  # busy is not dead
    return False


def _remove_dead(directory: Path) -> None:
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if _is_private(fd) and _lock(fd):
            _sweep(directory)
            with suppress(OSError):
                directory.rmdir()
    finally:
        os.close(fd)


def _sweep(directory: Path) -> None:
    """Remove what the dead have left; their last words too, where nobody is left to hear them."""
    alive = [member for member in _members(directory) if not remove_if_dead(member)]
    with suppress(OSError):
        for path in [] if alive else list(directory.iterdir()):
            path.unlink(missing_ok=True)


def _members(directory: Path) -> list[Member]:
    found = []
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            name = _MEMBER.fullmatch(entry.name)
            with suppress(OSError):  # this one has just ended; the others must not be missed
                about = entry.stat(follow_symlinks=False)
                if name and stat.S_ISSOCK(about.st_mode):
                    found.append(Member(int(name[1]), about.st_ctime_ns, Path(entry.path)))
    return sorted(found)[:MAX_MEMBERS]


def _runtime_directory(environ: Mapping[str, str]) -> Path:
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/") and Path(given).is_dir():
        return Path(given) / "heapwise-agent"
    return Path(tempfile.gettempdir()) / f"heapwise-agent-{os.geteuid()}"


def _open_private(directory: Path) -> int:
    """Open a directory that nobody else can enter, making it where it is missing.

    Looking at the open directory leaves no moment in which it could be exchanged for another.
    """
    try:
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RegistryError(
            f"cannot use {directory}: {error.strerror}; set XDG_RUNTIME_DIR to a directory of yours"
        ) from None
    if not _is_private(fd):
        os.close(fd)
        raise RegistryError(
            f"{directory} is not a directory of this user with mode 0700; remove it, or set"
            " XDG_RUNTIME_DIR to a directory of yours"
        )
    return fd


def _is_private(fd: int) -> bool:
    found = os.fstat(fd)
    return found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077 == 0


def _lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _namespace(kind: str) -> str:
    try:
        return str(Path(f"/proc/self/ns/{kind}").readlink())
    except OSError:
        return ""
