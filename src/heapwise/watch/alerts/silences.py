"""What nobody wants to hear of for a while: read from a file, and read again when it changes.

::

    [[silence]]
    service = "checkout"        # each may hold * and ?; what is left out matches all
    instance = "10.0.0.*"
    code = "leak"
    labels = { team = "pay*" }
    until = 2026-11-22T08:00:00Z
    comment = "known, fixed in 1.4.2"
    author = "ann"

A backslash before ``*``, ``?`` or another one makes it the character itself. A file whose name ends
in .json holds the same as JSON.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import msgspec

from heapwise.errors import UsageError
from heapwise.model.watch import Alert
from heapwise.names import visible
from heapwise.units import NS_PER_S

_MAX_BYTES = 1 << 20
_MOST = 1000
_MAX_PATTERN = 2048
"""Characters: twice those of a name, in which each may have a backslash."""


class Silence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts that nobody is told of.

    Attributes:
        until: when it ends, with a time zone.
        service: pattern of names.
        instance: the same.
        code: the same, of the alert's.
        labels: patterns by the label's name; one that an alert does not have is empty.
        comment: why, for people.
        author: who asked.
    """

    until: dt.datetime
    service: str = "*"
    instance: str = "*"
    code: str = "*"
    labels: dict[str, str] = {}
    comment: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        if self.until.tzinfo is None:
            raise ValueError("`until` needs a time zone, as 2026-11-22T08:00:00Z")
        patterns = (self.service, self.instance, self.code, *self.labels.values())
        if any(len(pattern) > _MAX_PATTERN for pattern in patterns):
            raise ValueError(f"a pattern has more than {_MAX_PATTERN} characters")

    def lasts(self, now_ns: int) -> bool:
        """Whether it is not over."""
        return now_ns < self.until.timestamp() * NS_PER_S

    def covers(self, alert: Alert) -> bool:
        """Whether an alert is what it is about."""
        labels = dict(alert.labels)
        wanted = (
            (self.service, alert.service),
            (self.instance, alert.instance),
            (self.code, alert.code),
            *((pattern, labels.get(name, "")) for name, pattern in self.labels.items()),
        )
        return all(_matches(pattern, name) for pattern, name in wanted)


class SilenceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What such a file holds."""

    silence: tuple[Silence, ...] = ()


NOTHING = SilenceFile()


class Silences:
    """The silences of a file, which may come, change, break and go while it is used.

    Args:
        path: of the file; it need not be there.
        tell: takes what is wrong with it, once each time it changes.
    """

    def __init__(self, path: Path, tell: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self._tell = tell
        self.problem = ""
        self._read: tuple[int, ...] | None = ()
        self._all: tuple[Silence, ...] = ()
        self._lock = threading.Lock()
        self.refresh()

    @property
    def all(self) -> tuple[Silence, ...]:
        """Those that were read last, also those that are over."""
        return self._all

    def lasting(self, now_ns: int) -> tuple[Silence, ...]:
        """Those that are not over."""
        return tuple(silence for silence in self._all if silence.lasts(now_ns))

    def refresh(self) -> str:
        """Read the file again if it is another one than last time.

        Returns:
            what is wrong with it, in one line; the silences before it stay then. Empty if nothing.
        """
        with self._lock:
            state = _state(self.path)
            if state == self._read:
                return self.problem
            self._read = state
            try:
                self._all = read_silences(self.path).silence
            except UsageError as error:
                self.problem = f"{error}; the silences before stay"
                self._tell(self.problem)
            else:
                self.problem = ""
            return self.problem


def read_silences(path: Path) -> SilenceFile:
    """The content of a file; of one that is not there, none.

    Raises:
        UsageError: it cannot be read, or is no such file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return NOTHING
    except OSError as error:
        raise UsageError(f"cannot read silences from {path}", error.strerror or "") from None
    if len(content) > _MAX_BYTES:
        raise UsageError(f"{path} is too long for a file of silences")
    return parse_silences(content, path)


def parse_silences(content: bytes, path: Path) -> SilenceFile:
    """The same of its bytes.

    Raises:
        UsageError: they are none.
    """
    decode = msgspec.json.decode if path.suffix == ".json" else msgspec.toml.decode
    try:
        found: SilenceFile = decode(content, type=SilenceFile)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        why = visible(str(error))[:300]
        raise UsageError(f"{path} is no file of silences", why, _HINT) from None
    if len(found.silence) > _MOST:
        raise UsageError(f"{path} has more than {_MOST} silences", hint="take out what is over")
    return found


_HINT = 'write [[silence]], service = "NAME", until = 2026-11-22T08:00:00Z'


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes with a file; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _matches(pattern: str, name: str) -> bool:
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=4 * _MOST)
def _compiled(pattern: str) -> re.Pattern[str]:
    # A bracket is part of IPv6 addresses and starts no set of characters here.
    plain = re.sub(r"\\([*?\\])|\[", lambda found: f"[{found[1] or '['}]", pattern)
    return re.compile(fnmatch.translate(plain))


def exactly(name: str) -> str:
    """The pattern that matches this name alone, with a backslash before what would mean more."""
    return re.sub(r"[*?\\]", r"\\\g<0>", name)
