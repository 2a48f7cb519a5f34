"""The name pprof shows for a function, which is not always the one the profile holds.

Names with brackets or ``::`` are taken for demangled C++ and lose their argument lists. That also
shortens Go's instances of generic functions whose type arguments are function types:
``sync.OnceValue[go.shape.func(string)]`` and ``sync.OnceValue[go.shape.func(int)]`` become one
node. Tables that are to equal pprof's must do the same. Mangled C++ and Rust names stay as they
are here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from heapwise.model.profile import Profile, StringTable

_LIKE_CPLUSPLUS = re.compile(rb"[<>\[\]]|::")
_NOT_CPLUSPLUS = re.compile(rb"\.<|\]\)\.")  # Java's class.<init>; Go's (*Bar[...]).Method


def with_shown_names(profile: Profile) -> Profile:
    """The profile with each function's name as it is shown."""
    texts = list(profile.strings)
    numbers: dict[bytes, int] = {}
    functions = profile.functions.copy()
    for row, (name, system_name) in enumerate(
        zip(functions["name"].tolist(), functions["system_name"].tolist(), strict=True)
    ):
        shown = shown_name(texts[name], texts[system_name])
        if shown != texts[name]:
            number = numbers.setdefault(shown, len(profile.strings) + len(numbers))
            functions["name"][row] = number
    strings = StringTable.of([*texts, *numbers]) if numbers else profile.strings
    return replace(profile, functions=functions, strings=strings)


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
