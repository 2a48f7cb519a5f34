"""Full names of benchmarks, ``Encode/format=json/8-16``, and the parts they are made of."""

from __future__ import annotations

import re

_PROCESSORS = re.compile(r"-\d+\Z", re.ASCII)


def split_name(name: str) -> tuple[str, tuple[str, ...]]:
    """The base name and the parts after it, which together make up the full name.

    A part is ``/key=value``, ``/word``, or at the end ``-N``, the GOMAXPROCS of the run.
    """
    found = _PROCESSORS.search(name)
    head = name[: found.start()] if found else name
    base, *parts = head.split("/")
    after = tuple(f"/{part}" for part in parts)
    return base, (*after, found[0]) if found else after


def base_name(name: str) -> str:
    """The name without anything that configures it."""
    return split_name(name)[0]


def name_value(name: str, key: str) -> str:
    """The value of ``/key`` in a name, or nothing; ``/gomaxprocs`` is also the ``-N``."""
    _, parts = split_name(name)
    if key == "/gomaxprocs" and parts and parts[-1].startswith("-"):
        return parts[-1][1:]
    prefix = f"{key}="
    return next((part[len(prefix) :] for part in parts if part.startswith(prefix)), "")


def name_without(name: str, keys: frozenset[str]) -> str:
    """A full name without some of its parts.

    Left out entirely, so that names with and without a part become one. A base name that is left
    out becomes ``*``.

    Args:
        name: without ``Benchmark``.
        keys: ``.name``, ``/key`` and ``/gomaxprocs``.
    """
    base, parts = split_name(name)
    kept = [part for part in parts if not _named(part, keys)]
    return "".join(["*" if ".name" in keys else base, *kept])


def _named(part: str, keys: frozenset[str]) -> bool:
    if part.startswith("-"):
        return "/gomaxprocs" in keys
    key, equals, _ = part.partition("=")
    return bool(equals) and key in keys
