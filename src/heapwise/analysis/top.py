"""The heaviest nodes of a profile, in the order ``go tool pprof -top`` prints them."""

from __future__ import annotations

from heapwise.analysis.graph import Trimmed, ranking
from heapwise.analysis.trim import Sort, Trim
from heapwise.analysis.view import Look, Query, look
from heapwise.model.profile import Profile
from heapwise.model.tables import Table


def top(seen: Look, trim: Trim) -> Table:
    """Rank the nodes of a profile.

    Raises:
        ProfileError: the stacks have too many frames to be counted.
    """
    return Table(**ranking(seen, trim, Trimmed.of(seen, trim)))


def top_table(
    profile: Profile,
    sample_type: str,
    *,
    source: str,
    nodecount: int = 0,
    nodefraction: float = 0.005,
    sort: Sort = "flat",
) -> Table:
    """Rank the functions of a whole profile; the arguments are those of `Trim`.

    Raises:
        UsageError: the profile has no such sample type.
        ProfileError: its ``drop_frames`` cannot be used.
    """
    seen = look(profile, Query(sample_type=sample_type), source=source)
    return top(seen, Trim(nodecount=nodecount, nodefraction=nodefraction, sort=sort))
