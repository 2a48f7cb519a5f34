"""Who is logged in: what a gateway keeps in memory for as long as it runs."""

from __future__ import annotations

TEAMS = 20

_SCOPES = ("read", "write", "export", "admin")


def load(count: int) -> dict[str, dict[str, object]]:
    """So many sessions by their key, as a store of sessions would return them.

    A session holds a list, so the collector has to walk through both: dictionaries of nothing but
    numbers and strings it leaves alone.
    """
    return {
        f"s{number:06}": {
            "team": number % TEAMS,
            "locale": "en",
            "scopes": [_SCOPES[number % 4], _SCOPES[number // 4 % 4]],
            "hits": 0,
        }
        for number in range(count)
    }
