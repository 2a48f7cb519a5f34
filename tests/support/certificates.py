"""Certificates for servers on loopback."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

_NEW = "openssl req -x509 -newkey rsa:2048 -nodes -days 2"
_AUTHORITY = f"{_NEW} -subj /CN=tests -keyout ca-key.pem -out ca.pem"
_SERVER = (
    f"{_NEW} -CA ca.pem -CAkey ca-key.pem -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
    "-keyout key.pem -out cert.pem"
)


class Certificates(NamedTuple):
    """A certificate for 127.0.0.1, its key, and who signed it; all PEM."""

    certificate: Path
    key: Path
    authority: Path


def make_certificates(folder: Path) -> Certificates:
    """Make an authority and a certificate; the test is skipped where nothing can make them."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    for command in (_AUTHORITY, _SERVER):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return Certificates(*(folder / name for name in ("cert.pem", "key.pem", "ca.pem")))
