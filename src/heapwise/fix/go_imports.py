"""The imports of a Go file behind a patch: what it needs is added, what it freed is removed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile, default_name
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_names import shadowed
from heapwise.diagnose.source.go_syntax import descend, query, text
from heapwise.fix.place import UnpatchableError

if TYPE_CHECKING:
    from tree_sitter import Node

_USES = """
(selector_expression operand: (identifier) @name)
(qualified_type package: (package_identifier) @name)
"""


def with_imports(path: str, before: bytes, after: bytes, needed: Iterable[str]) -> bytes:
    """The file with the imports it needs, and without those that the patch was the last to use.

    Args:
        path: of the file, for messages.
        before: without the patch.
        after: with it.
        needed: import paths.

    Raises:
        UnpatchableError: a needed package cannot be called by its name there.
    """
    old, new = go_file(path, before), go_file(path, after)
    used, left = _uses(old)[True], _uses(new)[True]
    freed = [name for name in sorted(old.imports) if used[name] and not left[name]]
    # A declaration that goes as a whole makes room first; a row shows where its group is.
    for name in freed:
        after = _without(go_file(path, after), name, whole=True)
    for each in sorted(set(needed)):
        after = _with(old, go_file(path, after), each)
    for name in freed:
        after = _without(go_file(path, after), name, whole=False)
    return after


def go_file(path: str, data: bytes) -> GoFile:
    """A file on its own."""
    return GoFile(path, data, GoPackage("", GoModule(), {path: data}))


def _uses(file: GoFile) -> dict[bool, Counter[str]]:
    """How often each name stands before a dot: as a package (True), as something local (False)."""
    found: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for nodes in query(_USES, file.root):
        for node in nodes["name"]:
            name = text(node)
            local = node.type == "identifier" and name in file.imports and shadowed(node)
            found[not local][name] += 1
    return found


def _with(old: GoFile, new: GoFile, path: str) -> bytes:
    name = default_name(path)
    held = new.imports.get(name)
    if held is None and path in new.imports.values():
        raise UnpatchableError(f"{new.path} imports {path} under another name")
    if held not in (None, path):
        raise UnpatchableError(f"{name} is {held} in {new.path}, and the patch needs {path}")
    if held == path:
        _must_be_visible(old, new, name)
        return new.data
    added = go_file(new.path, _inserted(new, path))
    _must_be_visible(go_file(old.path, _inserted(old, path)), added, name)
    return added.data


def _must_be_visible(old: GoFile, new: GoFile, name: str) -> None:
    if _uses(new)[False][name] > _uses(old)[False][name]:
        raise UnpatchableError(f"{name} is a variable where the patch needs the package")


def _declarations(file: GoFile) -> list[Node]:
    return [node for node in file.root.named_children if node.type == "import_declaration"]


def _inserted(file: GoFile, path: str) -> bytes:
    declarations = [node for node in _declarations(file) if b'"C"' not in (node.text or b"")]
    for node in declarations:
        if any(child.type == "import_spec_list" for child in node.named_children):
            return _into_list(file, node, path)
    line = f'import "{path}"'
    if declarations:
        (spec,) = declarations[0].named_children[:1]
        rows = sorted([text(spec), f'"{path}"'], key=_sort_key)
        both = "import (\n" + "".join(f"\t{row}\n" for row in rows) + ")"
        return _replaced(file.data, spec.parent or spec, both)
    clause = next((n for n in file.root.named_children if n.type == "package_clause"), None)
    if clause is None:
        raise UnpatchableError(f"{file.path} has no package clause")
    end = file.data.find(b"\n", clause.end_byte)
    end = len(file.data) if end < 0 else end
    return file.data[:end] + f"\n\n{line}".encode() + file.data[end:]


def _into_list(file: GoFile, declaration: Node, path: str) -> bytes:
    """Into the group of its kind, where gofmt would sort it; in front if there is no such group."""
    specs = list(descend(declaration, "import_spec", into=("import_spec_list",)))
    group = [spec for spec in specs if _is_standard(_path(spec)) == _is_standard(path)]
    behind = next((spec for spec in group if _path(spec) > path), None)
    row = f'\t"{path}"\n'
    if behind is not None:
        at = _line_start(file.data, behind.start_byte)
    elif group:
        at = _line_end(file.data, group[-1].end_byte)
    else:
        opening = declaration.start_byte + (declaration.text or b"").index(b"(")
        at, row = _line_end(file.data, opening), row + ("\n" if specs else "")
    return file.data[:at] + row.encode() + file.data[at:]


def _without(file: GoFile, name: str, *, whole: bool) -> bytes:
    """Take an import out where it is all of its declaration, or where it is a row of it."""
    for declaration in _declarations(file):
        specs = list(descend(declaration, "import_spec", into=("import_spec_list",)))
        for spec in specs:
            called = text(spec.child_by_field_name("name")) or default_name(_path(spec))
            if called == name and whole == (len(specs) == 1):
                gone = declaration if whole else spec
                return _cut(file.data, gone.start_byte, gone.end_byte)
    return file.data


def _cut(data: bytes, start: int, end: int) -> bytes:
    """Take a declaration or a row out, with the lines it had to itself and a blank one."""
    first, last = _line_start(data, start), _line_end(data, end)
    beside = data[first:start].strip() or re.sub(rb"//.*", b"", data[end:last]).strip()
    if beside:
        return data[:start] + data[end:].lstrip(b"; \t")
    if data[last : last + 1] == b"\n" and data[:first].endswith(b"\n\n"):
        last += 1
    return data[:first] + data[last:]


def _replaced(data: bytes, node: Node, replacement: str) -> bytes:
    return data[: node.start_byte] + replacement.encode() + data[node.end_byte :]


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end + 1


def _path(spec: Node) -> str:
    return text(spec.child_by_field_name("path"))[1:-1]


def _is_standard(path: str) -> bool:
    return "." not in path.partition("/")[0]


def _sort_key(row: str) -> str:
    return row.partition('"')[2]
