"""Releases of public Python packages: their source, unpacked and never run.

They come from the index that pip would ask, by their exact name, and count only if their SHA-256 is
the expected one. What was fetched stays in the user's cache.
"""

from __future__ import annotations

import configparser
import hashlib
import io
import os
import ssl
import tempfile
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

import pytest

_PUBLIC = "https://pypi.org/simple"
_MAX_SIZE = 8 << 20
_SECONDS = 60


def source_of(package: str, version: str, sha256: str) -> Path:
    """The folder with the Python files of a wheel that any platform can use.

    Skips the test where the index cannot be reached.
    """
    cached = _cache() / f"{package}-{version}-{sha256[:12]}"
    if not cached.is_dir():
        wheel = f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
        data = _fetched(package, wheel)
        assert hashlib.sha256(data).hexdigest() == sha256, f"{wheel} is not what was labelled"
        _unpack(data, cached)
    return cached


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "heapwise-tests"


def _unpack(data: bytes, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        whole = Path(scratch) / "wheel"
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                if name.endswith(".py"):
                    packed.extract(name, whole)
        try:
            whole.rename(folder)
        except OSError:  # another test process was quicker
            assert folder.is_dir()


def _fetched(package: str, wheel: str) -> bytes:
    page = f"{_index().rstrip('/')}/{package}/"
    try:
        base, listed = _get(page)
        links = _Links()
        links.feed(listed.decode())
        for link in links.found:
            address = urljoin(base, link)
            if urlsplit(address).path.rpartition("/")[2] == wheel:
                return _get(address)[1]
    except (URLError, TimeoutError, ConnectionError) as error:
        pytest.skip(f"{package} cannot be fetched from {urlsplit(page).hostname}: {error}")
    raise AssertionError(f"{page} does not list {wheel}")


def _get(address: str) -> tuple[str, bytes]:
    """Where an answer came from in the end, and what it is."""
    assert urlsplit(address).scheme in ("http", "https"), address
    request = Request(address, headers={"Accept": "text/html, */*;q=0.1"})
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    with urlopen(request, timeout=_SECONDS, context=trusted) as answer:
        data = answer.read(_MAX_SIZE + 1)
        assert len(data) <= _MAX_SIZE, f"{address} is longer than {_MAX_SIZE >> 20} MiB"
        return answer.url, data


class _Links(HTMLParser):
    """The addresses that a page of an index links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if (tag, name) == ("a", "href") and value]


def _index() -> str:
    """As pip is told by the environment, or by its files."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    for path in _settings():
        settings = configparser.RawConfigParser()
        settings.read(path)
        if settings.has_option("global", "index-url"):
            return settings.get("global", "index-url")
    return _PUBLIC


def _settings() -> Iterator[Path]:
    """Files of settings, the one that counts most first."""
    if os.environ.get("PIP_CONFIG_FILE"):
        yield Path(os.environ["PIP_CONFIG_FILE"])
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    yield from (home / "pip" / "pip.conf", Path.home() / ".pip" / "pip.conf", Path("/etc/pip.conf"))
