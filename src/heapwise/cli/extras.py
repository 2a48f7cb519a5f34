"""What is not installed with heapwise itself, and how to have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heapwise.errors import UsageError


@contextmanager
def needs_extra(what: str, extra: str) -> Iterator[None]:
    """For imports that only an extra brings.

    Args:
        what: is to be done with them, as ``the page``.
        extra: its name in pyproject.toml.

    Raises:
        UsageError: a module is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{what} needs {error.name}", hint=f"pip install 'heapwise[{extra}]'"
        ) from None
