"""Go modules and packages in a source directory: which files belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_outline import outline

if TYPE_CHECKING:
    from tree_sitter import Node

_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_GO = re.compile(r"^go\s+(\d+)\.(\d+)", re.MULTILINE)
_REQUIRE = re.compile(r"^\s*(?:require\s+)?([^\s/]+\.[^\s]+)\s+(v\d\S*)", re.MULTILINE)

OLDEST = (1, 16)
"""What a module without a ``go`` line is compiled as."""


@dataclass(frozen=True, slots=True)
class GoModule:
    """What a ``go.mod`` says.

    Attributes:
        folder: it lies in, relative to the source directory; empty for that itself.
        path: of the module; empty where there is no go.mod.
        go: the language version.
        requires: version by module path, as required, not as built.
    """

    folder: str = ""
    path: str = ""
    go: tuple[int, int] = OLDEST
    requires: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, folder: str, content: str) -> GoModule:
        """Read a go.mod; lines that mean nothing to us are left alone."""
        bare = re.sub(r"//.*", "", content)
        module, go = _MODULE.search(bare), _GO.search(bare)
        return cls(
            folder=folder,
            path=module[1] if module else "",
            go=(int(go[1]), int(go[2])) if go else OLDEST,
            requires={found[1]: found[2] for found in _REQUIRE.finditer(bare)},
        )

    def speaks(self, since: tuple[int, int]) -> bool:
        """Whether its language version is that new, or nothing says which it is."""
        return not self.path or self.go >= since

    def import_path(self, folder: str) -> str:
        """The import path of a folder, relative to the source directory."""
        below = folder.removeprefix(self.folder).strip("/")
        return "/".join(part for part in (self.path, below) if part)


@dataclass(eq=False)
class GoPackage:
    """The files of one folder that are compiled together.

    Attributes:
        folder: relative to the source directory.
        module: it is of.
        contents: path and bytes of each file.
    """

    folder: str
    module: GoModule
    contents: dict[str, bytes]
    _files: dict[str, GoFile] = field(default_factory=dict)

    def file(self, path: str) -> GoFile:
        """One of the files, parsed when it is looked into."""
        if path not in self._files:
            self._files[path] = GoFile(path, self.contents[path], self)
        return self._files[path]

    def opened(self) -> Iterator[GoFile]:
        """The files that were asked for so far."""
        yield from self._files.values()

    def files(self) -> Iterator[GoFile]:
        """All of them, in order."""
        return (self.file(path) for path in sorted(self.contents))

    def mentioning(self, word: bytes) -> Iterator[GoFile]:
        """The files in which some bytes stand at all: the others need not be parsed."""
        return (self.file(path) for path in sorted(self.contents) if word in self.contents[path])

    def declared(self, name: str) -> tuple[GoFile, Node] | None:
        """The spec of a type, variable or constant of the package, and the file it stands in."""
        for file in self._that_may_declare(name):
            if name in file.specs:
                return file, file.specs[name]
        return None

    def variable(self, name: str) -> tuple[GoFile, Node] | None:
        """The ``var_spec`` of a package variable, and the file it stands in."""
        return self._of_kind(name, "var_spec")

    def constant(self, name: str) -> tuple[GoFile, Node] | None:
        """The ``const_spec`` of a constant of the package, and the file it stands in."""
        return self._of_kind(name, "const_spec")

    def type(self, name: str) -> tuple[GoFile, Node] | None:
        """The ``type_spec`` of a declared type, and the file it stands in."""
        return self._of_kind(name, "type_spec", "type_alias")

    def _of_kind(self, name: str, *kinds: str) -> tuple[GoFile, Node] | None:
        found = self.declared(name)
        return found if found is not None and found[1].type in kinds else None

    def function(self, name: str) -> tuple[GoFile, Node] | None:
        """The declaration of a function or method as `GoFunction.name` has it, and its file."""
        for file in self._that_may_declare(name.rpartition(".")[2]):
            for function in file.functions:
                if function.name == name:
                    return file, function.node
        return None

    def _that_may_declare(self, name: str) -> Sequence[GoFile]:
        return tuple(self.file(path) for path in self._outlines.get(name.encode(), ()))

    @cached_property
    def _outlines(self) -> Mapping[bytes, Sequence[str]]:
        """The files that may declare a name, by name."""
        found = defaultdict[bytes, list[str]](list)
        for path in sorted(self.contents):
            for name in outline(self.contents[path]):
                found[name].append(path)
        return found
