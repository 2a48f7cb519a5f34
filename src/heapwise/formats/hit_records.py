"""Hits one by one from lines, JSON or CSV: whichever they are is seen, never asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain

from heapwise.errors import ProfileError
from heapwise.formats.hit_line import Hit, decode_line
from heapwise.formats.hits_csv import decode_row, whole_rows
from heapwise.model.load import Outcome

_GOB = b"\x03\x01\x01\x06Result"
"""How Go describes the first type of the stream: a struct, and its name."""

_LABELS = frozenset(outcome.label for outcome in Outcome)


def read_records(lines: Iterable[bytes], *, source: str) -> Iterator[Hit]:
    """Read hits, ours or vegeta's, in the order they come.

    Args:
        lines: with or without their newlines; empty ones are skipped.
        source: where they come from, for messages.

    Raises:
        ProfileError: one is not a hit, or the format is vegeta's own binary one; the message has
            source and line.
    """
    numbered: Iterator[tuple[int, bytes]] = enumerate(lines, 1)
    first = next(((number, line) for number, line in numbered if line.strip()), None)
    if first is None:
        return
    if _GOB in first[1][:20]:
        raise ProfileError(
            f"{source} is in vegeta's gob encoding",
            "which only Go reads",
            "convert it: vegeta encode -to json",
        )
    numbered = chain([first], numbered)
    is_json = first[1].lstrip().startswith(b"{")
    decode = decode_line if is_json else decode_row
    for number, record in numbered if is_json else whole_rows(numbered):
        if not record.strip():
            continue
        try:
            yield _checked(decode(record))
        except (ValueError, RecursionError) as error:
            raise ProfileError(
                f"{source}:{number}: not a hit", str(error),
                "hits are lines of JSON, or rows of vegeta's CSV",
            ) from None  # fmt: skip


def merged(streams: Iterable[Iterator[Hit]]) -> Iterator[Hit]:
    """Hits of several streams by their time, as far as each stream is in order itself.

    Takes the memory of one hit a stream.
    """
    return merge(*streams, key=lambda hit: hit.timestamp)


def _checked(hit: Hit) -> Hit:
    if hit.outcome and hit.outcome not in _LABELS:
        raise ValueError(f"no such outcome: {hit.outcome!r}")
    return hit
