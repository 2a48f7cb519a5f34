"""The service: its debug endpoint, and the command that starts it."""

from __future__ import annotations

import click

from heapwise.cli.kinds import DURATION, FILE, SIZE
from heapwise.cli.options.option import Option

SERVICE = (
    Option(name="service", type=click.STRING, metavar="URL",
           help="The service's debug endpoint; default: the target's origin, else 127.0.0.1:6060."),
    Option(name="service-header", type=click.STRING, multiple=True, metavar="NAME: VALUE|@FILE",
           help="Header for the debug endpoint, or a file with one a line; repeatable."),
    Option(name="tls-ca", type=FILE,
           help="Certificates to trust at the debug endpoint instead of the system's."),
    Option(name="tls-cert", type=FILE,
           help="Certificate to show the debug endpoint."),
    Option(name="tls-key", type=FILE, help="Key of that certificate."),
    Option(name="exec", type=click.STRING, metavar="COMMAND", parameter="exec_command",
           help="Start the service with this command, and end it afterwards."),
    Option(name="interval", type=DURATION, default="1s",
           help="Longest time between two readings of the counters."),
    Option(name="work-counter", type=click.STRING, metavar="URL#KEY",
           help="Where the program tells how much work it has done: a page and a key on it, JSON "
           "or Prometheus."),
    Option(name="max-profile-size", type=SIZE, default="512MiB",
           help="Largest profile to accept, decompressed."),
)  # fmt: skip
