"""Compressors of Python: recognised by the blocks that zlib asks for.

``zlib.compressobj`` is a C function and leaves no frame, whoever calls it and however the module
is called that does. But a deflate stream asks for five blocks whose sizes follow from its two
parameters (``deflateInit2`` of zlib 1.2 and 1.3), in the same line of Python:

- its state, 5,952 B on 64 bits, a little more or less in other releases;
- window and chains, ``2 ** (wbits + 1)`` B each;
- hash table and pending output, ``2 ** (memLevel + 8)`` B each.

Powers of two without the head of a Python object are rare, and with a block of a state's size in
the same line, or a name that speaks of compression, nothing else is left. A stream that inflates
has a state of 7 KB and one window of at most half the size.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heapwise.analysis.allocation import Path
from heapwise.analysis.frames import Frame
from heapwise.analysis.size_classes import Block
from heapwise.diagnose.case import Case, short
from heapwise.diagnose.rules.compression.built import Built
from heapwise.model.finding import Evidence

HOLDS_FOR = "CPython 3.11 to 3.13 with zlib 1.2; responses that are compressed"

_STATE = 5_952
_STATES = range(5_600, 6_400)
"""Sizes of a deflate state in the releases of ten years."""

_INFLATING = range(6_900, 7_400)
"""Those of the state of a stream that inflates."""

_ONLY_DEFLATES = 16
"""A block of 64 KiB and more is the window, or the table, of no stream that inflates."""

_POWERS = range(9, 18)
"""Exponents of the other blocks: memLevel 1 to 9, wbits 9 to 15."""

_SMALL_SHARE = 0.05
"""Powers of two below this share of a line's blocks are another thing than the stream."""

_FOREIGN_SHARE = 0.3
"""The most that a line's own buffers may have beside the stream's blocks: its output has 10 %."""

_LARGE = 130_000
"""From here on a stream is made for bodies larger than most; a smaller one is a remedy."""

_RIGHT_SIZED = 38_720
"""A stream of wbits 12 and memLevel 5."""

_SMALL_BODY = 3_000
"""Compressed bodies of up to some 10 KB of text, for which the small stream does as well."""

_NAMED = re.compile(r"compress|gzip|deflat|zlib", re.IGNORECASE)
_SERVERS = re.compile(
    r"(aiohttp|bottle|daphne|django|fastapi|flask|gunicorn|http\.server|hypercorn|quart|sanic"
    r"|socketserver|starlette|tornado|uvicorn|waitress|werkzeug|wsgiref"
    # Responses are compressed in threads as well, whose stacks begin there.
    r"|anyio\._backends|concurrent\.futures\.thread)\.",
    re.ASCII,
)


class Deflate(NamedTuple):
    """A deflate stream, as far as its blocks tell.

    Attributes:
        powers: exponents of its sizes: one, or two where they differ.
    """

    powers: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes altogether: two blocks of each size, and the state."""
        return _STATE + 2 * sum(1 << power for power in (self.powers[0], self.powers[-1]))

    @property
    def parameters(self) -> str:
        """``wbits 15, memLevel 8``; empty where the sizes leave a choice."""
        low, high = self.powers[0], self.powers[-1]
        if high == _POWERS[-1] and low < high:
            return f"wbits {low - 1}, memLevel 9"
        return f"wbits {low - 1}, memLevel {low - 8}" if low == high and low > 9 else ""


def built(case: Case) -> Iterable[Built]:
    """The call paths whose line asks for a large deflate stream while a request is answered."""
    streams = {
        line: stream for line, blocks in case.blocks.items() if (stream := deflate(line, blocks))
    }
    for site in case.spent.sites:
        stream = streams.get(site.path[0])
        if stream is not None and stream.size >= _LARGE and _answers_a_request(site.path):
            yield Built(site, _caller(case, site.path), stream.size)


def deflate(line: Frame, blocks: Iterable[Block]) -> Deflate | None:
    """The stream that a line's blocks make up; None where they are something else's."""
    powers: dict[int, float] = defaultdict(float)
    others: dict[str, float] = defaultdict(float)
    for block in blocks:
        weight = block.size * block.number
        power = block.size.bit_length() - 1
        if block.size == 1 << power and power in _POWERS:
            powers[power] += weight
        else:
            others[_kind(block.size)] += weight
    whole = sum(powers.values())
    chosen = tuple(sorted(p for p, weight in powers.items() if weight >= _SMALL_SHARE * whole))
    foreign = others["inflating"] + others["foreign"]
    if not 1 <= len(chosen) <= 2 or foreign > _FOREIGN_SHARE * (whole + foreign):
        return None
    named = _NAMED.search(line.function) is not None and chosen[-1] >= _ONLY_DEFLATES
    told = others["deflating"] > others["inflating"] or (named and not others["inflating"])
    return Deflate(chosen) if told else None


def _kind(size: int) -> str:
    if size in _STATES:
        return "deflating"
    return "inflating" if size in _INFLATING else "foreign"


def _caller(case: Case, path: Path) -> int:
    """Who asked for it: the first frame that is not the standard library's."""
    named = (
        index
        for index, frame in enumerate(path)
        if not case.frames.is_library(frame.function, frame.file)
    )
    return next(named, 0)


def _answers_a_request(path: Path) -> bool:
    return any(_SERVERS.match(frame.function) for frame in path)


def why(case: Case, group: Sequence[Built], _evidence: Evidence) -> str:
    """What a stream holds, and where it is made."""
    heaviest = group[0]
    stream = deflate(heaviest.site.path[0], case.blocks[heaviest.site.path[0]])
    parameters = f" ({stream.parameters})" if stream and stream.parameters else ""
    return (
        f"A deflate stream{parameters} takes {heaviest.size:,} B in five blocks, however short the"
        " body, and is gone with the response, so that nothing of it shows in memory in use. Where"
        " the C library gives that memory back each time, taking it again costs page faults."
        f" Most of it on {short(heaviest.site.path[: heaviest.caller + 1])}."
    )


def remedy(case: Case, group: Sequence[Built], _evidence: Evidence) -> str:
    """A stream that is kept; where that is too much code and bodies are small, a smaller one."""
    module = case.frames.module_of(group[0].frame.file)
    place = f"In a middleware of your own, since this one is {module}'s: keep" if module else "Keep"
    text = (
        f"{place} streams in a pool: zlib cannot reset one, but after compress(body) +"
        " flush(zlib.Z_FULL_FLUSH) on a raw stream (wbits -15) no later byte depends on an earlier"
        " one, and gzip's head and trailer around each piece make it a file of its own"
        " (heapwise explain HW101 has the code)."
    )
    if _small_bodies(case):
        text += f" Simpler, for bodies up to about 10 KB: {_SMALL_STREAM}."
    return (
        f"{text} Keep the compressed bytes of answers that repeat, and do not compress bodies"
        " below about 200 B. Level 6 instead of 9 saves CPU, not bytes."
    )


_SMALL_STREAM = (
    f"zlib.compressobj(6, zlib.DEFLATED, 16 + 12, 5) takes {_RIGHT_SIZED:,} B; within 1.5 % of the"
    " size, as fast up to 4 KB, and up to a quarter slower at 8 KB"
)

_POOLED = 66_570 / 336_573
"""Bytes an answer of 1 KB takes with a pool, of what it takes with gzip.GzipFile; counted by
malloc, see the lab py-compress."""


def saved(_case: Case, _group: Sequence[Built]) -> float | None:
    """What a pool leaves out, whatever the size of the bodies."""
    return 1 - _POOLED


def _small_bodies(case: Case) -> bool:
    return case.body_bytes is not None and case.body_bytes <= _SMALL_BODY


def certain(_evidence: Evidence) -> bool:
    """Always: no collector and no pool can be to blame."""
    return True
