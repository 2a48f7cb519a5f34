"""How requests travel: TLS, which HTTP, and where connections come from and go to."""

from __future__ import annotations

import click

from heapwise.cli.kinds import BODY_SIZE, FILE, MAX_COUNT, PINNED
from heapwise.cli.options.option import Option

TRANSPORT = (
    Option(name="insecure", peer="vegeta", help="Accept any certificate."),
    Option(name="cert", type=FILE, peer="vegeta",
           help="Certificate to show the targets, PEM; its key may be in it."),
    Option(name="key", type=FILE, peer="vegeta", help="Key of that certificate, PEM."),
    Option(name="root-certs", type=click.STRING, peer="vegeta", metavar="FILE,…",
           help="Certificates to trust at the targets instead of the system's, PEM."),
    Option(name="http2", default=True, switch_off=True, peer="vegeta",
           help="Speak HTTP/2 where a server agrees to it over TLS."),
    Option(name="h2c", peer="vegeta", help="Speak HTTP/2 without TLS, from the first byte."),
    Option(name="http3", help="Speak HTTP/3 and nothing else."),
    Option(name="session-tickets", peer="vegeta",
           help="Resume TLS sessions on new connections."),
    Option(name="connections", type=click.IntRange(0, MAX_COUNT), default=0, peer="vegeta",
           metavar="N", parameter="idle_connections",
           help="Most connections to keep open, over all targets; 0 is no limit of ours."),
    Option(name="laddr", type=click.STRING, peer="vegeta", metavar="ADDRESS",
           help="Address to send from; default: what the system chooses."),
    Option(name="redirects", type=click.IntRange(-1, 100), default=-1, peer="vegeta",
           metavar="N",
           help="Most redirects to follow, to endpoints of the targets only; -1 follows none, and "
           "a redirect is a success."),
    Option(name="chunked", peer="vegeta", help="Send bodies in chunked encoding."),
    Option(name="max-body", type=BODY_SIZE, default="1MiB", peer="vegeta", metavar="SIZE",
           help="Most bytes to keep of a body that --save-bodies keeps; all are read and counted."),
    Option(name="connect-to", type=click.STRING, multiple=True, peer="vegeta",
           metavar="HOST:PORT:HOST:PORT",
           help="Connect to the second endpoint instead of the first; repeatable, and hits take "
           "several for one in turn."),
    Option(name="unix-socket", type=FILE, peer="vegeta",
           help="Connect to this socket, whatever the targets' hosts."),
    Option(name="dns-ttl", type=PINNED, default="0s", peer="vegeta", metavar="0",
           help="How long a name's address is used; only 0, for ever: it is resolved and judged "
           "once, before the load."),
    Option(name="engine", type=click.Choice(["auto", "curl", "native"]), default="auto",
           help="What sends the requests: native for plain HTTP/1.1, curl for all else."),
)  # fmt: skip
