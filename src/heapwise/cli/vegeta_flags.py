"""Flags of ``vegeta attack`` that heapwise does not have, and what to type instead."""

from __future__ import annotations

INSTEAD = {
    "resolvers": "names are resolved once, by the system; -connect-to HOST:PORT:ADDRESS:PORT "
    "names the address itself",
    "proxy-header": "load goes straight to the address that was judged, through no proxy",
}
"""By name, with hyphens for underscores."""
