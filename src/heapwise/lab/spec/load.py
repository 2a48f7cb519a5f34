"""The load of a lab that is a service: what is sent, how much, and where it listens."""

from __future__ import annotations

import re
from fractions import Fraction

from heapwise.lab.spec.strict import Strict, parses
from heapwise.lab.words import names
from heapwise.units import parse_duration, parse_rate

_TARGET = re.compile(r"[A-Z]+ /[!-~]*")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[ -~]+")


class Scale(Strict, frozen=True, kw_only=True):
    """How much load.

    Attributes:
        rate: vegeta's grammar, ``1000`` or ``50/1m``.
        duration: Go's grammar, ``30s``.
        warmup: the same; in no figure.
    """

    rate: str
    duration: str
    warmup: str = "3s"

    def __post_init__(self) -> None:
        parses("rate", parse_rate, self.rate)
        parses("warmup", parse_duration, self.warmup)
        if not parses("duration", parse_duration, self.duration):
            raise ValueError("duration must be above zero")

    @property
    def per_second(self) -> Fraction:
        """The rate, exact."""
        return parse_rate(self.rate)

    @property
    def duration_ns(self) -> int:
        """The duration in ns."""
        return parse_duration(self.duration)

    @property
    def warmup_ns(self) -> int:
        """The warm-up in ns."""
        return parse_duration(self.warmup)


class Load(Scale, frozen=True, kw_only=True):
    """The load at full scale, and what is sent.

    Attributes:
        target: ``POST /path``, relative to the service.
        body: file beside ``lab.toml``; empty for none.
        headers: ``Name: value`` each.
        save_bodies: how many answers to keep for the oracle.
    """

    target: str
    body: str = ""
    headers: tuple[str, ...] = ()
    save_bodies: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _TARGET.fullmatch(self.target):
            raise ValueError(f"target must be a method and a path, as 'GET /', not {self.target!r}")
        for header in self.headers:
            if not _HEADER.fullmatch(header):
                raise ValueError(f"headers must be 'Name: value', not {header!r}")
        if self.save_bodies < 1:
            raise ValueError("save_bodies must be at least 1: the oracle needs answers")


class Service(Strict, frozen=True, kw_only=True):
    """How every variant is started.

    Attributes:
        args: its arguments; ``{port}`` stands for the port to listen on.
        counter: path at which the service reports its own counts, by other means than its debug
            endpoint, as `heapwise.lab.counter.Counts`.
    """

    args: tuple[str, ...]
    counter: str

    def __post_init__(self) -> None:
        if not names(self.args, "port"):
            raise ValueError("args must hold {port}, the port to listen on")
        if not self.counter.startswith("/"):
            raise ValueError("counter must be a path, as '/stats'")
