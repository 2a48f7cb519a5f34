"""What is sent, and when."""

from __future__ import annotations

import click

from heapwise.cli.kinds import DURATION, FILE, MAX_COUNT, PLACE
from heapwise.cli.options.option import Option
from heapwise.cli.rates import SCHEDULE

LOAD = (
    Option(name="rate", short="r", type=SCHEDULE, default="50", peer="vegeta",
           metavar="N[/TIME]|SHAPE",
           help="Requests per second, or per the time given; 0 for as many as the connections can "
           "do. A SHAPE is ramp:FROM-TO/TIME, steps:RATE/TIME,…, sine:MEAN~AMPLITUDE/PERIOD, "
           "poisson:RATE or replay:FILE."),
    Option(name="duration", short="d", type=DURATION, default="10s", peer="vegeta",
           help="How long to send; a ramp, steps and a replay last as long as they are."),
    Option(name="targets", type=FILE, peer="vegeta",
           help="File of targets; - reads them from standard input."),
    Option(name="format", short="f", type=click.Choice(["http", "json"]), default="http",
           peer="vegeta", parameter="target_format", help="Format of the targets."),
    Option(name="lazy", peer="vegeta",
           help="Read targets while they are sent, a second ahead; send each once, and end with "
           "the last."),
    Option(name="body", type=FILE, peer="vegeta", help="File sent as the body of every request."),
    Option(name="header", short="H", type=click.STRING, multiple=True, peer="vegeta",
           metavar="NAME: VALUE", help="Header added to every request; repeatable."),
    Option(name="timeout", type=DURATION, default="30s", peer="vegeta",
           help="Longest time for one request; 0 is no limit."),
    Option(name="max-connections", type=click.IntRange(0, MAX_COUNT), default=0, peer="vegeta",
           metavar="N", parameter="connections",
           help="Most connections at once; 0 is no limit of ours."),
    Option(name="workers", type=click.IntRange(1, MAX_COUNT), peer="vegeta", metavar="N",
           help="Changes nothing: connections are opened when hits need them, not by workers."),
    Option(name="max-workers", type=click.IntRange(1), peer="vegeta", metavar="N",
           help="Most requests in flight at once; with -max-connections the smaller one counts."),
    Option(name="max-queue", type=click.IntRange(0), default=0, metavar="N",
           help="End the load, as invalid, once more requests than this are due and wait for a "
           "connection; 0 is no limit. They take no memory."),
    Option(name="name", type=click.STRING, default="", peer="vegeta", metavar="TEXT",
           help="Name of the load, in its hits and in a header X-Vegeta-Attack."),
    Option(name="prometheus-addr", type=PLACE, peer="vegeta", metavar="HOST:PORT",
           help="Serve live counters here for Prometheus, and wait at the end for a last scrape."),
    Option(name="prometheus-wait", type=DURATION, default="15s",
           help="Longest wait for it."),
    Option(name="keepalive", default=True, switch_off=True, peer="vegeta",
           help="Reuse connections."),
    Option(name="pacing", type=click.Choice(["precise", "1ms"]), default="precise",
           help="Send each request at its time, or those of each millisecond together, for a "
           "third of the CPU."),
    Option(name="warmup", type=DURATION, default="3s",
           help="Load sent before the figures begin."),
    Option(name="save-bodies", type=click.IntRange(0, MAX_COUNT), default=0, metavar="N",
           help="Keep this many response bodies per target."),
    Option(name="allow-remote", help="Allow targets outside loopback and private networks."),
    Option(name="find-knee",
           help="Raise the rate until the service answers late, and say where that begins."),
    Option(name="knee-p99", type=DURATION,
           help="Latency (p99) beyond which it is late; default: three times that of the lowest "
           "rate."),
    Option(name="control", type=FILE, metavar="PATH",
           help="Make a socket here through which `heapwise rate` changes the rate meanwhile."),
    Option(name="apart", help="Drive the targets one after another, for figures per endpoint."),
)  # fmt: skip
