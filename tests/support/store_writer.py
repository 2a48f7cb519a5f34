"""Writes a store as a watcher does, until it is killed: ``python -m support.store_writer DIR``.

After every commit, and after every profile, it says on standard output what is safe: the last
round, and how many profiles.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from support.stores import SECOND, T0, five_minutes, heap, opened, target, vitals

TARGETS = 40
INTERVAL_NS = 15 * SECOND


def main() -> None:
    """Rounds without an end, as fast as they go; a profile in each."""
    data = heap({"main.main;main.keep": (1 << 20, 1 << 19)})
    with opened(Path(sys.argv[1])) as store:
        profiles = len(store.profiles())
        for number in itertools.count():
            at_ns = T0 + number * INTERVAL_NS
            for index in range(TARGETS):
                store.saw(target(index), vitals(at_ns), "")
                store.binned(target(index).key, five_minutes(at_ns))
            store.commit()
            sys.stdout.write(f"{number} {profiles}\n")
            sys.stdout.flush()
            store.profile(target().key, "heap", "later", at_ns, data)
            profiles += 1
            sys.stdout.write(f"{number} {profiles}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
