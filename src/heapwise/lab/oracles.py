"""Named rules of labs: oracles (the answers stayed right) and guards (no cost moved elsewhere).

A rule compares a variant with `before` and says what it saw. ``lab.toml`` names it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

SIZE_KEPT = 0.05
"""Relative change of the bytes on the wire that still counts as kept."""

_SHOWN = 60
"""Characters of an answer quoted in a ruling."""


class Seen(NamedTuple):
    """What a variant answered.

    Attributes:
        bodies: decompressed answers per target index, in the order they were kept.
        wire_bytes: body bytes per request as received, compressed; None where not measured.
    """

    bodies: dict[int, list[bytes]]
    wire_bytes: float | None


class Ruling(NamedTuple):
    """Whether a rule holds, and what it rests on."""

    holds: bool
    detail: str


Rule = Callable[[Seen, Seen], Ruling]
"""Takes what `before` and what the variant answered."""


def equal_decompressed_bodies(before: Seen, variant: Seen) -> Ruling:
    """Both gave the same set of answers for every target; needs a deterministic service."""
    if not before.bodies or before.bodies.keys() != variant.bodies.keys():
        return Ruling(False, "answers were not kept for every target of both")
    for target, expected in sorted(before.bodies.items()):
        actual = variant.bodies[target]
        if not expected or not actual:
            return Ruling(False, f"no answer was kept for target {target}")
        odd = set(expected) ^ set(actual)
        if odd:
            return Ruling(False, f"answers of target {target} differ, as {_quote(min(odd))}")
    count = sum(len(bodies) for bodies in variant.bodies.values())
    return Ruling(True, f"{count} answers equal those of before")


def response_size_kept(before: Seen, variant: Seen) -> Ruling:
    """The bytes on the wire per request stayed within `SIZE_KEPT` of those of `before`."""
    if not before.wire_bytes or variant.wire_bytes is None:
        return Ruling(False, "the bytes on the wire were not measured")
    change = variant.wire_bytes / before.wire_bytes - 1
    detail = f"{before.wire_bytes:.1f} → {variant.wire_bytes:.1f} B per response ({change:+.1%})"
    return Ruling(abs(change) <= SIZE_KEPT, detail)


RULES: dict[str, Rule] = {
    rule.__name__: rule for rule in (equal_decompressed_bodies, response_size_kept)
}
"""Every rule by the name ``lab.toml`` uses."""


def _quote(body: bytes) -> str:
    text = ascii(body.decode("utf-8", "replace"))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
