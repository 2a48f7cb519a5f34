"""The name pprof shows for a function, which is not always the one the profile holds.

Names with brackets or ``::`` are taken for demangled C++ and lose their argument lists. That also
shortens Go's instances of generic functions whose type arguments are function types:
``sync.OnceValue[go.shape.func(string)]`` and ``sync.OnceValue[go.shape.func(int)]`` become one
node. Tables that are to equal pprof's must do the same. Mangled C++ and Rust names stay as they
are here.
"""

from __future__ import annotations

import re

import numpy as np

from heapwise.model.profile import Profile

_LIKE_CPLUSPLUS = re.compile(rb"[<>\[\]]|::")
_NOT_CPLUSPLUS = re.compile(rb"\.<|\]\)\.")  # Java's class.<init>; Go's (*Bar[...]).Method


def shown_names(profile: Profile) -> list[bytes]:
    """The shown name of each function of a profile; empty where it has none."""
    pairs = np.stack([profile.functions["name"], profile.functions["system_name"]], axis=1)
    return [
        shown_name(profile.strings[name], profile.strings[system_name])
        for name, system_name in pairs.tolist()
    ]


def shown_name(name: bytes, system_name: bytes) -> bytes:
    """What pprof shows for a function with these two names.

    A name that differs from the system's is taken for demangled already and shown as it is.
    """
    if name and name != system_name:
        return name
    if not _LIKE_CPLUSPLUS.search(system_name) or _NOT_CPLUSPLUS.search(system_name):
        return system_name
    return _without(_without(system_name, b"(", b")"), b"<", b">")


def _without(name: bytes, opening: bytes, closing: bytes) -> bytes:
    """The name without its outermost pairs of brackets and all between them.

    From a bracket that closes nothing on, it stays as it is.
    """
    depth = first = done = 0
    kept = []
    for found in re.finditer(b"[" + opening + closing + b"]", name):
        depth += 1 if found[0] == opening else -1
        if depth < 0:
            break
        if depth == 1 and found[0] == opening:
            first = found.start()
        elif depth == 0:
            kept.append(name[done:first])
            done = found.end()
    return b"".join(kept) + name[done:]
