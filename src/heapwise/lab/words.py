"""Fills the places in a lab's arguments: ports, paths, how components are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def filled(words: Iterable[str], places: Mapping[str, str]) -> tuple[str, ...]:
    """The words with what stands for ``{name}`` in place of it; other braces stay as they are."""
    return tuple(_filled(word, places) for word in words)


def names(words: Iterable[str], place: str) -> bool:
    """True where a word holds ``{place}``."""
    return any(_braced(place) in word for word in words)


def _filled(word: str, places: Mapping[str, str]) -> str:
    for place, text in places.items():
        word = word.replace(_braced(place), text)
    return word


def _braced(place: str) -> str:
    return f"{{{place}}}"
