"""The escape join: what a run allocated, line by line, beside what the compiler says of the line.

It starts from the profile and looks each site up, never the other way round: an entry of the log
is no allocation by itself. A constructor logs one in its own body, and where it is inlined it may
well cost nothing.
"""

from heapwise.diagnose.escape.join import Joined, join

__all__ = ["Joined", "join"]
