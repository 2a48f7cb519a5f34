"""What a function is called in a profile: ``app.views.Cart.add``.

pprof joins functions of one name to one node whatever file they are in, so a name begins with the
module: every package has a ``main``, and every class an ``__init__``.
"""

from __future__ import annotations

import re
import sys
from pathlib import PurePath
from types import ModuleType

from heapwise_agent.sampler import Frame

_MARKS = re.compile(r"[<>]")
_FROZEN = re.compile(r"<frozen ([\w.]+)>", re.ASCII)

PSEUDO = "python"
"""The module of frames that are no functions, such as ``python.no_frame``."""


class Names:
    """Names of functions, by the modules that are loaded now."""

    def __init__(self) -> None:
        self._modules = _modules()

    def shown(self, frame: Frame) -> str:
        """The name with its module; ``app.<module>`` is a file's own code.

        The bare ``<module>`` would lose its name in pprof, which takes it for a C++ template.
        """
        if not frame.filename:
            name = _MARKS.sub("", frame.name).replace(" ", "_")
            return name if name.startswith(f"{PSEUDO}.") else f"{PSEUDO}.{name}"
        return f"{self._module(frame.filename)}.{frame.name}"

    def _module(self, filename: str) -> str:
        known = self._modules.get(filename)
        if known is None:
            known = self._modules[filename] = _guess(filename)
        return known


def _modules() -> dict[str, str]:
    """Names of the loaded modules by file.

    Modules of other classes are left alone: asking a lazy one for its file would load it.
    """
    files: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        if type(module) is ModuleType:
            file = vars(module).get("__file__")
            if isinstance(file, str):
                files.setdefault(file, name)
    return files


def _guess(filename: str) -> str:
    """A name for a file that no loaded module has: exec'd, relative, frozen, or gone since."""
    frozen = _FROZEN.fullmatch(filename)
    if frozen:
        return frozen[1]
    path = PurePath(filename)
    stem = path.parent.name if path.stem == "__init__" else path.stem
    return _MARKS.sub("", stem) or "unknown"
