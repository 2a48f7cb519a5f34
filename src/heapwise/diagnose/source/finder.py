"""Which file of a directory a profile's frame means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath


class Finder:
    """Finds files by their names elsewhere; each is looked for once.

    Args:
        root: of the directory.
        paths: of the files, relative to it.
        import_path: takes a folder below it to its package, where the language has such.
    """

    def __init__(self, root: Path, paths: Iterable[str], import_path: Callable[[str], str]) -> None:
        self._root = root.as_posix()
        self._known = frozenset(paths)
        self._import_path = import_path
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._found: dict[tuple[str, str], str | None] = {}
        self._packages: dict[PurePosixPath, str] = {}
        for path in paths:
            self._by_name[PurePosixPath(path).name].append(path)

    def find(self, file: str, package: str) -> str | None:
        """As `SourceTree.find`."""
        key = file, package
        if key not in self._found:
            self._found[key] = self._look(file, package)
        return self._found[key]

    def _look(self, file: str, package: str) -> str | None:
        name = PurePosixPath(file.replace("\\", "/"))
        if name.is_absolute() and name.is_relative_to(self._root):
            relative = str(name.relative_to(self._root))
            return relative if relative in self._known else None
        candidates = self._by_name.get(name.name, ())
        if package and package != "main":
            exact = [path for path in candidates if self._package(path) == package]
            if exact:
                return exact[0]
        return _best(name.parts, candidates)

    def _package(self, path: str) -> str:
        folder = PurePosixPath(path).parent
        if folder not in self._packages:
            name = str(folder)
            self._packages[folder] = self._import_path("" if name == "." else name)
        return self._packages[folder]


def _best(parts: tuple[str, ...], candidates: Iterable[str]) -> str | None:
    """The candidate that shares the longest ending with a path, if there is exactly one."""
    ranked: dict[int, list[str]] = defaultdict(list)
    for candidate in candidates:
        theirs = PurePosixPath(candidate).parts
        shared = 0
        for ours, other in zip(reversed(parts), reversed(theirs), strict=False):
            if ours != other:
                break
            shared += 1
        ranked[shared].append(candidate)
    if not ranked:
        return None
    best = ranked[max(ranked)]
    return best[0] if len(best) == 1 else None
