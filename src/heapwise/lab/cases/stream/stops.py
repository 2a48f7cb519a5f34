"""What stops the stream."""

from __future__ import annotations


class Stop(Exception):  # noqa: N818 - it is the end of the program, not a mistake in it
    """A broker, a log or a table that cannot be used: which, and why, in a line."""
