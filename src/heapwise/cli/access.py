"""The options that open a debug endpoint: headers and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heapwise.errors import UsageError
from heapwise.runtimes.access import Access, read_headers

ACCESS_OPTIONS = ("service-header", "tls-ca", "tls-cert", "tls-key")
"""Their names in the option table."""


def build_access(options: Mapping[str, Any]) -> Access:
    """What was typed, checked.

    Args:
        options: as click passes them.

    Raises:
        UsageError: a header is none, or a key has no certificate.
    """
    if options["tls_key"] and not options["tls_cert"]:
        raise UsageError("-tls_key needs -tls_cert", hint="name the certificate it belongs to")
    return Access(
        headers=read_headers(options["service_header"]),
        authority=options["tls_ca"],
        certificate=options["tls_cert"],
        key=options["tls_key"],
    )
