"""Removes what a lab keeps: builds, inputs, and the data of runs that were killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from heapwise.errors import RecordingError
from heapwise.lab.beside import leftovers
from heapwise.lab.cache import cache_root


class Cleaned(NamedTuple):
    """What was removed.

    Attributes:
        places: directories.
        size: bytes of the files in them.
    """

    places: int
    size: int


def everything(labs: Iterable[str]) -> list[str]:
    """The names under which anything may be kept: of labs, and of components' downloads."""
    root = cache_root()
    kept = (path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else ()
    return sorted({*labs, *kept})


def clean(lab: str) -> Cleaned:
    """Remove everything that a lab, or a component, keeps outside the recordings.

    Raises:
        RecordingError: something cannot be removed.
    """
    places = list(_kept(lab))
    size = 0
    for place in places:
        size += sum(file.lstat().st_size for file in place.rglob("*") if not file.is_dir())
        try:
            shutil.rmtree(place)
        except OSError as error:
            raise RecordingError(f"cannot remove {place}", error.strerror or str(error)) from None
    return Cleaned(len(places), size)


def _kept(lab: str) -> Iterator[Path]:
    cached = cache_root() / lab
    if cached.is_dir():
        yield cached
    yield from leftovers(lab)
