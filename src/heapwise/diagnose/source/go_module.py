"""Go modules and packages in a source directory: which files belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile, descend, text

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

    @cached_property
    def _variables(self) -> dict[str, tuple[GoFile, Node]]:
        found: dict[str, tuple[GoFile, Node]] = {}
        for file in self.files():
            for top in file.root.named_children:
                if top.type != "var_declaration":
                    continue
                for spec in descend(top, "var_spec", into=("var_spec_list",)):
                    for name in spec.children_by_field_name("name"):
                        found[text(name)] = (file, spec)
        return found

    def variable(self, name: str) -> tuple[GoFile, Node] | None:
        """The ``var_spec`` of a package variable, and the file it stands in."""
        return self._variables.get(name)

    @cached_property
    def _types(self) -> dict[str, tuple[GoFile, Node]]:
        found: dict[str, tuple[GoFile, Node]] = {}
        for file in self.files():
            for top in file.root.named_children:
                if top.type == "type_declaration":
                    for spec in top.named_children:
                        found[text(spec.child_by_field_name("name"))] = (file, spec)
        return found

    def type(self, name: str) -> tuple[GoFile, Node] | None:
        """The ``type_spec`` of a declared type, and the file it stands in."""
        return self._types.get(name)

    def function(self, name: str) -> tuple[GoFile, Node] | None:
        """The declaration of a function or method as `GoFunction.name` has it, and its file."""
        for file in self.mentioning(name.rpartition(".")[2].encode()):
            for function in file.functions:
                if function.name == name:
                    return file, function.node
        return None
