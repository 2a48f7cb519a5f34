"""What sources named on the command line have in common, whatever is read from them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from heapwise.errors import ProfileError
from heapwise.runtimes.endpoint import BASE, Endpoint

SECONDS = re.compile(r"(?:^|&)seconds=(\d{1,4})(?:&|$)")
"""How long a query asks a service to look at itself."""

_HINT = "give a file, a URL, host:port, a recording, or - for standard input"


def service_path(address: str, endpoint: Endpoint, default: str) -> str:
    """``default`` where the address names nothing below the endpoint, else what it names."""
    if endpoint.scheme == "unix":
        return default
    path = urlsplit(address if "://" in address else f"http://{address}").path.rstrip("/")
    _, found, name = path.partition(BASE)
    if path and not found:
        return path
    return name.strip("/") or default


def open_file(path: Path) -> BinaryIO:
    """Open a file that was named as a source.

    Raises:
        ProfileError: it cannot be opened.
    """
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError | ValueError) -> ProfileError:
    """Why a named file cannot be read, and what else may be named."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ProfileError(f"cannot read {path}", reason, _HINT)
