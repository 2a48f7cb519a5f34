"""What a frame belongs to: the runtime's own library, a module of the service, a family of code.

Everything that depends on the runtime hangs on its name in `RUNTIMES`, so that a second runtime is
one more line there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from heapwise.analysis import go_frames, python_frames
from heapwise.model.profile import Profile


class Frame(NamedTuple):
    """One function on a call stack; a call that was inlined is a frame of its own.

    Attributes:
        function: the name as the profile has it.
        file: the source file as the profile has it; empty if unknown.
        line: in that file, 0 if unknown.
    """

    function: str
    file: str
    line: int


def _never(_function: str, _file: str) -> bool:
    return False


def _nothing(_file: str) -> str:
    return ""


class RuntimeFrames(NamedTuple):
    """How a runtime's frames are told apart.

    Attributes:
        is_library: whether (function, file) belongs to the standard library or the runtime.
        package_of: the package in a function's name.
        module_of: ``module@version`` of a file, or what is known of it; empty where it has none.
        vendored_of: import path of a package that the service carries along, from its file.
        is_dependency: whether (function, file) is of somebody else, yet acts on its own account.
            In Go middleware owns what it allocates; Python's frameworks call everything there is.
        is_dispatcher: whether (function, file) runs whatever is due, so that its callers are
            not the ones who asked for it.
        packs_tiny: the runtime packs objects below 16 B into shared blocks and samples those.
    """

    is_library: Callable[[str, str], bool] = _never
    package_of: Callable[[str], str] = str
    module_of: Callable[[str], str] = _nothing
    vendored_of: Callable[[str], str] = _nothing
    is_dependency: Callable[[str, str], bool] = _never
    is_dispatcher: Callable[[str, str], bool] = _never
    packs_tiny: bool = False

    def caused(self, path: Sequence[Frame]) -> Sequence[Frame]:
        """The part of a path, leaf first, below the first dispatcher: who asked for it is there."""
        for index, frame in enumerate(path):
            if index and self.is_dispatcher(frame.function, frame.file):
                return path[:index]
        return path

    def is_own(self, frame: Frame) -> bool:
        """Whether a frame is the service's own: neither the library's nor a dependency's."""
        where = frame.function, frame.file
        return not self.is_library(*where) and not self.is_dependency(*where)


RUNTIMES: dict[str, RuntimeFrames] = {
    "go": RuntimeFrames(
        is_library=go_frames.is_library,
        package_of=go_frames.package_of,
        module_of=go_frames.module_of,
        vendored_of=go_frames.vendored_of,
        packs_tiny=True,
    ),
    "python": RuntimeFrames(
        is_library=python_frames.is_library,
        package_of=python_frames.package_of,
        module_of=python_frames.module_of,
        is_dependency=python_frames.is_dependency,
        is_dispatcher=python_frames.is_dispatcher,
    ),
}
"""Every runtime whose frames we know, by `ServiceInfo.runtime`."""

_UNKNOWN = RuntimeFrames()


def frames_of(runtime: str) -> RuntimeFrames:
    """The frames of a runtime; of one we do not know, nothing is library and nothing a module."""
    return RUNTIMES.get(runtime, _UNKNOWN)


def place(frame: Frame) -> str:
    """``file:line`` for people; of a module's file only the part from the module on."""
    file = python_frames.shown_file(frame.file)
    if module := go_frames.module_of(file):
        versioned = file.rpartition("@")[2]
        file = module + versioned[versioned.find("/") :]
    return f"{file}:{frame.line}" if file and frame.line > 0 else file


@dataclass(frozen=True, slots=True)
class Family:
    """Functions that do one job, whatever a release of the runtime or a fork calls them.

    Attributes:
        packages: import paths; a function belongs by its package ...
        but_not: ... unless its name within the package matches this: it does the opposite.
    """

    packages: frozenset[str]
    but_not: re.Pattern[str]

    def __contains__(self, function: object) -> bool:
        return isinstance(function, str) and _in_family(self, function)

    def inside(self, path: Sequence[Frame]) -> list[int]:
        """Where a path, leaf first, is in the family.

        Helpers that both directions share count as what calls them in their own package: a ring
        buffer of brotli's below ``(*Reader).Read`` is none of a compressor's.
        """
        packages = [go_frames.package_of(frame.function) for frame in path]
        opposite = {
            package
            for package, frame in zip(packages, path, strict=True)
            if package in self.packages and frame.function not in self
        }
        return [
            index
            for index, package in enumerate(packages)
            if package in self.packages and package not in opposite
        ]


@lru_cache(maxsize=1 << 16)
def _in_family(family: Family, function: str) -> bool:
    package = go_frames.package_of(function)
    return package in family.packages and not family.but_not.search(function[len(package) :])


FAMILIES: dict[str, Family] = {
    # Construction and growth alike: Go 1.27 renamed most of compress/flate, and a third of a
    # writer's bytes come only with its first Write or Close. Middleware is left out on purpose
    # (klauspost's gzhttp): everything a service does happens below that.
    "compressor": Family(
        packages=frozenset({
            "compress/flate", "compress/gzip", "compress/zlib", "compress/lzw",
            "github.com/klauspost/compress/flate", "github.com/klauspost/compress/gzip",
            "github.com/klauspost/compress/zlib", "github.com/klauspost/compress/zstd",
            "github.com/klauspost/compress/s2", "github.com/klauspost/pgzip",
            "github.com/andybalholm/brotli", "github.com/andybalholm/brotli/matchfinder",
            "github.com/google/brotli/go/cbrotli",
        }),
        but_not=re.compile(r"reader|decompress|decod|blockDec|frameDec", re.IGNORECASE),
    ),
}  # fmt: skip
"""Families of symbols, by the name that rules use."""


class CallPaths:
    """The stacks of a profile as frames, each resolved once."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._functions: dict[int, tuple[str, str]] = {}
        self._locations: dict[int, tuple[Frame, ...]] = {}
        self._stacks: dict[int, tuple[Frame, ...]] = {}

    def stack(self, index: int) -> tuple[Frame, ...]:
        """The frames of stack ``index``, leaf first; an address without lines names itself."""
        frames = self._stacks.get(index)
        if frames is None:
            found: list[Frame] = []
            for each in self._profile.stack(index).tolist():
                # Asked for a million times: a call for each would be most of what reading takes.
                found.extend(self._locations.get(each) or self._location(each))
            frames = tuple(found)
            self._stacks[index] = frames
        return frames

    def _location(self, index: int) -> tuple[Frame, ...]:
        frames = self._locations.get(index)
        if frames is None:
            lines = self._profile.location_lines(index).tolist()
            frames = tuple(Frame(*self._function(function), line) for function, line, _ in lines)
            if not frames:
                address = int(self._profile.locations["address"][index])
                frames = (Frame(f"0x{address:x}", "", 0),)
            self._locations[index] = frames
        return frames

    def _function(self, index: int) -> tuple[str, str]:
        function = self._functions.get(index)
        if function is None:
            function = (self._profile.function_name(index), self._profile.function_file(index))
            self._functions[index] = function
        return function
