"""What is done with hits that are there already: vegeta's flags of report, encode and plot."""

from __future__ import annotations

import click

from heapwise.cli.kinds import DURATION, Quantity
from heapwise.cli.options.option import Option
from heapwise.errors import UsageError
from heapwise.formats.buckets import parse_buckets

ENCODINGS = ("json", "csv")


def parse_encoding(text: str) -> str:
    """One of `ENCODINGS`.

    Raises:
        UsageError: it is none; gob, which vegeta has, by name.
    """
    if text == "gob":
        raise UsageError(
            "gob is Go's own encoding",
            "only Go writes it",
            "write json, and: vegeta encode -to gob",
        )
    if text not in ENCODINGS:
        raise UsageError(f"no such encoding: {text!r}", f"there is {', '.join(ENCODINGS)}")
    return text


HITS = (
    Option(name="buckets", type=Quantity("buckets", parse_buckets), peer="vegeta",
           metavar="[BOUND,…]", help="Bounds of a histogram, as [0,1ms,10ms]."),
    Option(name="every", type=DURATION, default="0s", peer="vegeta",
           help="Report this often what came so far; 0 reports once, at the end."),
    Option(name="to", type=Quantity("encoding", parse_encoding), default="json", peer="vegeta",
           parameter="encoding", metavar="json|csv", help="Encoding to write."),
    Option(name="title", type=click.STRING, default="", peer="vegeta", metavar="TEXT",
           help="Title of the page."),
    Option(name="threshold", type=click.IntRange(10, 1_000_000), default=4000, peer="vegeta",
           metavar="N", help="Most points of a line; what stands out is kept."),
)  # fmt: skip
