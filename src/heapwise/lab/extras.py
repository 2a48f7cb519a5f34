"""How to install what a lab needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import metadata

_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*).*\bextra *== *['\"](?P<extra>[^'\"]+)['\"]", re.ASCII
)


def install(missing: Sequence[str]) -> str:
    """The command that installs distributions: an extra of heapwise if one brings them all."""
    brings: dict[str, set[str]] = {}
    for name, extra in _brought():
        brings.setdefault(extra, set()).add(_folded(name))
    wanted = {_folded(name) for name in missing}
    fitting = [extra for extra, names in brings.items() if wanted <= names]
    what = f"'heapwise[{fitting[0]}]'" if fitting else " ".join(missing)
    return f"pip install {what}"


def _brought() -> Iterator[tuple[str, str]]:
    """Every distribution that an extra brings, with the extra."""
    for requirement in metadata.requires("heapwise") or ():
        if found := _REQUIREMENT.match(requirement):
            yield found["name"], found["extra"]


def _folded(name: str) -> str:
    """A distribution's name as packaging normalises it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
