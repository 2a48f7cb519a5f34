"""What files look like with some edits in them."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heapwise.diagnose.source.match import Edit
from heapwise.diagnose.source.python_file import PythonFile
from heapwise.fix import go_imports, python_imports
from heapwise.fix.diff import bytes_of
from heapwise.fix.go_tools import GoTools
from heapwise.fix.place import UnpatchableError


@dataclass(frozen=True, slots=True)
class Renderer:
    """Puts edits into files and tidies up behind them.

    Attributes:
        runtime: ``go``, ``python``.
        tools: Go's, for gofmt; None without.
    """

    runtime: str
    tools: GoTools | None

    def file(
        self, path: str, before: bytes, edits: Sequence[Edit], imports: Iterable[str]
    ) -> bytes:
        """One file with edits, its imports put right and its format kept.

        Args:
            path: of the file.
            before: its bytes, which the edits count in.
            edits: of this file, none of which touch another.
            imports: that they need.

        Raises:
            UnpatchableError: what comes out is no source any more.
        """
        after = edited(before, edits)
        if not path.endswith((".go", ".py")):
            return after
        windows = _ends_as_windows(before)
        old, new = (_plain(data) if windows else data for data in (before, after))
        new = self._tidied(path, old, new, imports)
        return new.replace(b"\n", b"\r\n") if windows else new

    def _tidied(self, path: str, old: bytes, new: bytes, imports: Iterable[str]) -> bytes:
        if self.runtime == "python":
            mark = BOM_UTF8 if old.startswith(BOM_UTF8) else b""
            bare = old.removeprefix(mark), new.removeprefix(mark)
            new = mark + python_imports.with_imports(path, *bare, imports)
            if PythonFile(path, new).error and not PythonFile(path, old).error:
                raise UnpatchableError(f"the patch would leave {path} with a syntax error")
            return new
        new = go_imports.with_imports(path, old, new, imports)
        if go_imports.go_file(path, new).has_error and not go_imports.go_file(path, old).has_error:
            raise UnpatchableError(f"the patch would leave {path} with a syntax error")
        return self._formatted(path, old, new)

    def _formatted(self, path: str, old: bytes, new: bytes) -> bytes:
        """As gofmt has it, where the file was before: else all of it would change."""
        said = self.tools.formatted(old) if self.tools is not None else None
        if self.tools is None or said is None or not said.ok or said.out != old:
            return new
        said = self.tools.formatted(new)
        if said is None or not said.ok:
            raise UnpatchableError(f"gofmt refuses {path} with the patch: {said and said.gist}")
        return said.out


def touch(one: Edit, other: Edit) -> bool:
    """Whether two edits want the same bytes; two additions at one place can both be made."""
    if one.file != other.file:
        return False
    if one.start == one.end and other.start == other.end:
        return False
    return one.start < other.end and other.start < one.end


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Bytes with edits of them, none of which touch; what is added has the file's line ends."""
    parts, at = [], 0
    newline = b"\r\n" if _ends_as_windows(data) else b"\n"
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        text = bytes_of(edit.text).replace(b"\r\n", b"\n").replace(b"\n", newline)
        parts += [data[at : edit.start], text]
        at = edit.end
    return b"".join([*parts, data[at:]])


def _ends_as_windows(data: bytes) -> bool:
    return b"\r\n" in data and data.count(b"\r\n") == data.count(b"\n")


def _plain(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
