"""The settings that a service was built with, and how to build it so again.

Escape analysis depends on them: tags choose files, a profile chooses what is inlined. An
executable may come from anywhere, so only settings on a list are taken over, with values that
cannot mean anything else; nothing that names a program to run is on it.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from heapwise.runtimes.go.buildinfo import build_info

_SWITCHES = frozenset({"-race", "-msan", "-asan"})
"""Not ``-trimpath``: it decides nothing, and whole names lead to the library's source."""

_TAGS = re.compile(r"[\w.]+(?:,[\w.]+)*")
_MODES = frozenset({"exe", "pie"})
_COMPILER = re.compile(r"-N|-l(?:=\d)?|-B")
_ENV = frozenset(
    """
    CGO_ENABLED GOARCH GOOS GOEXPERIMENT GOFIPS140
    GOAMD64 GOARM GOARM64 GO386 GOMIPS GOMIPS64 GOPPC64 GORISCV64
""".split()  # noqa: SIM905 - quoted words would read worse
)
_VALUE = re.compile(r"[\w.,-]{1,100}", re.ASCII)


class BuildSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a service was built.

    Attributes:
        version: of the toolchain: ``go1.27.3``; empty if unknown.
        flags: for ``go build``, those we take over: ``-tags=prod``, ``-race``.
        compiler: for ``-gcflags``: ``-N``, ``-l``.
        env: variables of the build: ``GOAMD64``.
    """

    version: str = ""
    flags: tuple[str, ...] = ()
    compiler: tuple[str, ...] = ()
    env: dict[str, str] = {}


def build_settings(executable: Path) -> BuildSettings:
    """The settings in an executable; none where it is no Go program, or older than Go 1.18."""
    info = build_info(executable)
    return parse_settings(info.version, info.text)


def parse_settings(version: str, text: str) -> BuildSettings:
    """Read the lines that ``go version -m`` prints; what is not on the list is left out."""
    flags: list[str] = []
    compiler: tuple[str, ...] = ()
    env: dict[str, str] = {}
    for line in text.splitlines():
        kind, _, setting = line.strip().partition("\t")
        key, equals, quoted = setting.partition("=")
        if kind != "build" or not equals:
            continue
        value = _unquoted(quoted)
        if key in _ENV and _VALUE.fullmatch(value):
            env[key] = value
        elif key == "-gcflags":
            compiler = _compiler(value)
        elif _is_taken(key, value):
            flags.append(key if key in _SWITCHES else f"{key}={value}")
    return BuildSettings(version=version, flags=tuple(flags), compiler=compiler, env=env)


def _is_taken(key: str, value: str) -> bool:
    if key in _SWITCHES:
        return value == "true"
    if key == "-tags":
        return _TAGS.fullmatch(value) is not None
    if key == "-buildmode":
        return value in _MODES
    # The profile of a default.pgo beside the main package is found by `go build` itself.
    return key == "-pgo" and Path(value).is_absolute() and Path(value).is_file()


def _compiler(value: str) -> tuple[str, ...]:
    """The compiler's flags, if all of them are known; ``all=-N -l`` counts like ``-N -l``."""
    words = re.sub(r"^[\w./]+=(?=-)", "", value).split()
    return tuple(words) if all(_COMPILER.fullmatch(word) for word in words) else ()


def _unquoted(value: str) -> str:
    """A value with blanks stands in quotes; one that needs escapes is none that we know."""
    if len(value) >= 2 and value[0] == value[-1] == '"' and "\\" not in value:
        return value[1:-1]
    return value
