"""What the service knows: products, the same ones every time it starts."""

from __future__ import annotations

import json
import random

PER_PAGE = 8
PAGES = 25

_WORDS = ("basic", "classic", "compact", "deluxe", "original", "portable", "silent", "sturdy")
_THINGS = ("desk", "drill", "kettle", "lamp", "radio", "scale", "shelf", "stool")
_TAGS = ("blue", "green", "heavy", "new", "oak", "red", "sale", "steel")


def products(count: int) -> list[dict[str, object]]:
    """So many products."""
    draw = random.Random(1)  # noqa: S311 - a catalogue is no secret
    return [
        {
            "id": 100_000 + number,
            "name": f"{draw.choice(_WORDS)} {draw.choice(_THINGS)}",
            "price": draw.randrange(500, 50_000) / 100,
            "stock": draw.randrange(400),
            "tags": draw.sample(_TAGS, 3),
            "updated": f"2026-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}",
        }
        for number in range(count)
    ]


PRODUCTS = products(PAGES * PER_PAGE)


def answer(number: int, items: list[dict[str, object]]) -> bytes:
    """A page of products as JSON."""
    return json.dumps({"page": number, "pages": PAGES, "items": items}).encode()


def page(number: int) -> bytes | None:
    """A page of the catalogue as JSON; None where there is none of that number."""
    if not 0 <= number < PAGES:
        return None
    return answer(number, PRODUCTS[number * PER_PAGE : (number + 1) * PER_PAGE])
