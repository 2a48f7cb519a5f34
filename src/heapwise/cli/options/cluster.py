"""Load from several machines."""

from __future__ import annotations

import click

from heapwise.cli.kinds import FILE
from heapwise.cli.options.option import Option

CLUSTER = (
    Option(name="cluster", type=click.STRING, metavar="tcp|tls://HOST:PORT",
           help="Send from the workers of the Dask scheduler there, each its share; tcp:// on "
           "this machine only."),
    Option(name="cluster-ca", type=FILE,
           help="Who signed the cluster's certificates, PEM; default: Dask's configuration."),
    Option(name="cluster-cert", type=FILE, help="Certificate to show the scheduler, PEM."),
    Option(name="cluster-key", type=FILE, help="Key of that certificate, PEM."),
)  # fmt: skip
