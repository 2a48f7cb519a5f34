"""Named rules of labs: oracles (the answers stayed right) and guards (no cost moved elsewhere).

A rule compares a variant with `before` and says what it saw. ``lab.toml`` names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

SIZE_KEPT = 0.05
"""Relative change of the bytes on the wire that still counts as kept, where a lab gives none."""

_SHOWN = 60
"""Characters of an answer quoted in a ruling."""


class Seen(NamedTuple):
    """What a variant answered.

    Attributes:
        bodies: decompressed answers per target index, in the order they were kept.
        wire_bytes: body bytes per request as received, compressed; None where not measured.
        result: what a job came to; None for services, and for jobs that did not end well.
        guard: figures of a job that must not move, by their names.
    """

    bodies: Mapping[int, list[bytes]] = {}
    wire_bytes: float | None = None
    result: Mapping[str, Any] | None = None
    guard: Mapping[str, float] = {}


class Ruling(NamedTuple):
    """Whether a rule holds, and what it rests on."""

    holds: bool
    detail: str


Limits = Mapping[str, tuple[float, float]]
"""Least and most relative change of a figure by its name: the table ``guards`` of a lab."""

Oracle = Callable[[Seen, Seen], Ruling]
"""Takes what `before` and what the variant answered."""

Guard = Callable[[Seen, Seen, Limits], Ruling]
"""Takes the same, and how far a figure may move."""


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


def equal_json_answers(before: Seen, variant: Seen) -> Ruling:
    """As above, of what answers say: JSON with other blanks or another order of keys is equal.

    Numbers are equal where they are written alike: 1 is not 1.0.
    """
    try:
        return equal_decompressed_bodies(_as_values(before), _as_values(variant))
    except (ValueError, RecursionError) as error:
        return Ruling(False, f"an answer is not JSON: {error}")


def same_result(before: Seen, variant: Seen) -> Ruling:
    """Both jobs came to the same result, figure by figure."""
    if not before.result or not variant.result:
        return Ruling(False, "there is no result of both")
    for name in sorted(before.result.keys() | variant.result.keys()):
        was, now = before.result.get(name), variant.result.get(name)
        if was != now:
            return Ruling(False, f"{name} is {_short(now)}, and was {_short(was)}")
    return Ruling(True, ", ".join(f"{name} {_short(now)}" for name, now in variant.result.items()))


def response_size_kept(before: Seen, variant: Seen, limits: Limits) -> Ruling:
    """The bytes on the wire per request stayed within ``response_bytes``, or `SIZE_KEPT`."""
    if not before.wire_bytes or variant.wire_bytes is None:
        return Ruling(False, "the bytes on the wire were not measured")
    change = variant.wire_bytes / before.wire_bytes - 1
    least, most = limits.get("response_bytes", (-SIZE_KEPT, SIZE_KEPT))
    detail = f"{before.wire_bytes:.1f} → {variant.wire_bytes:.1f} B per response ({change:+.1%})"
    return Ruling(least <= change <= most, detail)


def guards_kept(before: Seen, variant: Seen, limits: Limits) -> Ruling:
    """Every figure that the lab limits stayed within its limits."""
    told = [
        _kept(name, before.guard.get(name), variant.guard.get(name), limit)
        for name, limit in limits.items()
    ]
    return Ruling(all(ruling.holds for ruling in told), "; ".join(each.detail for each in told))


def _kept(name: str, was: float | None, now: float | None, limit: tuple[float, float]) -> Ruling:
    if was is None or now is None:
        return Ruling(False, f"{name} was not told by both")
    if was == now:
        return Ruling(limit[0] <= 0 <= limit[1], f"{name} {_number(now)}")
    if not was:
        return Ruling(False, f"{name} 0 → {_number(now)}")
    change = now / was - 1
    detail = f"{name} {_number(was)} → {_number(now)} ({change:+.1%})"
    return Ruling(limit[0] <= change <= limit[1], detail)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


ORACLES: dict[str, Oracle] = {
    rule.__name__: rule for rule in (equal_decompressed_bodies, equal_json_answers, same_result)
}
"""Every oracle by the name ``lab.toml`` uses."""

GUARDS: dict[str, Guard] = {rule.__name__: rule for rule in (response_size_kept, guards_kept)}
"""Every guard likewise."""


def _as_values(seen: Seen) -> Seen:
    """Every body as one and the same text for the same values."""
    bodies = {
        target: [json.dumps(json.loads(body), sort_keys=True).encode() for body in kept]
        for target, kept in seen.bodies.items()
    }
    return seen._replace(bodies=bodies)


def _quote(body: bytes) -> str:
    return _short(body.decode("utf-8", "replace"))


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
