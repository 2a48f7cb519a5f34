"""Adding a silence to the file, whoever else does the same at the moment."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from heapwise.errors import UsageError
from heapwise.model.watch import Alert
from heapwise.units import NS_PER_S
from heapwise.watch.alerts.silences import Silence, SilenceFile, exactly, parse_silences

_NEW_MODE = 0o644
"""The most that a file which was not there allows, less what its folder does not."""


def silence_of(alert: Alert, until_ns: int, comment: str = "", author: str = "") -> Silence:
    """A silence of exactly this code of this target.

    Args:
        alert: of which nobody wants to hear.
        until_ns: when it ends, unix ns.
        comment: why.
        author: who asked.
    """
    return Silence(
        service=exactly(alert.service),
        instance=exactly(alert.instance),
        code=exactly(alert.code),
        until=dt.datetime.fromtimestamp(until_ns // NS_PER_S, tz=dt.UTC),
        comment=comment,
        author=author,
    )


def add_silence(path: Path, silence: Silence) -> None:
    """Write it behind the others; comments and order of the file stay as they are.

    The file is replaced as a whole, so that whoever reads it sees it with the silence or without;
    it stays its owner's, who need not be the user who adds to it.

    Raises:
        UsageError: the file is broken already, cannot be written, or cannot be left to its owner.
    """
    try:
        with _alone(path.parent):
            content = path.read_bytes() if path.exists() else b""
            known = parse_silences(content, path) if content.strip() else SilenceFile()
            if path.suffix == ".json":
                both = SilenceFile((*known.silence, silence))
                added = msgspec.json.format(msgspec.json.encode(both)) + b"\n"
            else:
                added = content + _block(silence, after=content)
            parse_silences(added, path)
            _replace(path, added)
    except OSError as error:
        raise UsageError(f"cannot write silences to {path}", error.strerror or "") from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: that of the file would go with the file when it is replaced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _block(silence: Silence, after: bytes) -> bytes:
    fields = {
        name: value
        for name, value, default in (
            ("service", silence.service, "*"),
            ("instance", silence.instance, "*"),
            ("code", silence.code, "*"),
            ("comment", silence.comment, ""),
            ("author", silence.author, ""),
        )
        if value != default
    }
    labels = ", ".join(f"{_quoted(key)} = {_quoted(it)}" for key, it in silence.labels.items())
    lines = [
        *(["", ""] if after and not after.endswith(b"\n") else [""] if after else []),
        "[[silence]]",
        *(f"{name} = {_quoted(value)}" for name, value in fields.items()),
        *([f"labels = {{ {labels} }}"] if labels else []),
        f"until = {silence.until.isoformat()}",
        "",
    ]
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    """A basic string of TOML: one of JSON, in which DEL is escaped as well."""
    plain = text.encode("utf-8", "replace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", r"\u007f")


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
            _hand_over(handle, path)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _hand_over(handle: int, path: Path) -> None:
    """Give a file the owner, group and mode of the one that it replaces.

    A new one is for whom its folder is for: in a store that is the watcher alone.

    Raises:
        UsageError: it would be kept from who could read the one before.
    """
    there = path.exists()
    model = (path if there else path.parent).stat()
    mode = model.st_mode & (0o777 if there else _NEW_MODE)
    os.fchmod(handle, mode)
    with contextlib.suppress(PermissionError):
        os.fchown(handle, -1, model.st_gid)  # its members may give it to a group
    with contextlib.suppress(PermissionError):
        os.fchown(handle, model.st_uid, -1)  # root may
    now = os.fstat(handle)
    same_group = now.st_gid == model.st_gid
    kept = now.st_uid == model.st_uid and (same_group or not mode & stat.S_IRGRP)
    shared = mode & stat.S_IROTH or (mode & stat.S_IRGRP and same_group)
    if not (kept or shared):
        raise UsageError(
            f"cannot leave {path} to those who can read it",
            f"it would not be of user {model.st_uid} and group {model.st_gid} any more",
            "do it as root, or write the silence into the file by hand",
        )
