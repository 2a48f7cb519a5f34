"""How far the consumer is behind, and whether that is what its rates say.

The lag is the broker's: what arrived less what is committed. What was done is the consumer's own
count. Where the two do not fit, messages came twice, or somebody else reads for the same group.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sources import Books, Source

_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at both.

    Attributes:
        at: seconds, of a clock that never goes back.
        books: the broker's.
        done: messages that the consumer has stored and committed since it started.
    """

    at: float
    books: Books
    done: int


class LagWatch:
    """Looks at the lag about once a second: asking costs the broker something.

    Attributes:
        first: the look before the first message.
        last: the newest look.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.first = self.last = self._look(0)

    def see(self, done: int, *, now: bool = False) -> str:
        """Look again, if it is time.

        Args:
            done: messages stored and committed since the start.
            now: whether it is time or not.

        Returns:
            What has changed since the last look, in a line; empty if it was not time.
        """
        if not now and time.monotonic() - self.last.at < _EVERY_S:
            return ""
        before, self.last = self.last, self._look(done)
        return told(before, self.last)

    @property
    def unexplained(self) -> int:
        """Change of the lag that arrivals and our own count do not explain; 0 if all is well."""
        return unexplained(self.first, self.last)

    def _look(self, done: int) -> Look:
        return Look(time.monotonic(), self._source.books(), done)


def unexplained(first: Look, last: Look) -> int:
    """The change of the lag less arrivals plus what was done."""
    arrived = last.books.arrived - first.books.arrived
    return last.books.lag - first.books.lag - arrived + last.done - first.done


def told(first: Look, last: Look) -> str:
    """What changed between two looks: ``lag 12,000: 500/s in, 800/s out, empty in 40 s``."""
    seconds = max(last.at - first.at, 1e-9)
    into = (last.books.arrived - first.books.arrived) / seconds
    out = (last.done - first.done) / seconds
    lag = last.books.lag
    text = f"lag {lag:,}: {into:,.0f}/s in, {out:,.0f}/s out"
    if lag and out > into:
        text += f", empty in {lag / (out - into):,.0f} s"
    elif into > out:
        text += f", grows by {60 * (into - out):,.0f} a minute"
    odd = unexplained(first, last)
    return f"{text}; {abs(odd):,} messages more were {_oddly(odd)}" if odd else text


def _oddly(odd: int) -> str:
    return "done than committed" if odd > 0 else "committed than done"
