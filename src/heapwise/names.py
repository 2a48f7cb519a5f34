"""Names from outside, made safe to show.

Functions, files, headers and error texts come from profiles, services and recordings of strangers.
"""

from __future__ import annotations


def visible(text: str) -> str:
    r"""Text in which every control, direction and zero-width character is spelled out.

    A right-to-left override prints as ``\u202e`` and a newline as ``\n``, so that no name can
    look like another one.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
