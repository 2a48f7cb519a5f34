"""What a watcher remembers: a directory that survives kills, full disks and flipped bits.

::

    DIRECTORY/
      store.sqlite                        targets, vitals, bins, alerts, deploys, profiles' rows
      profiles/2026-11-21/000042-heap.pb.gz   as received; `go tool pprof` opens them
      archive/2026-11-20.parquet          the samples of a day's profiles, once it is over
      damaged-1763…/                      a database that could not be read, and its profiles
      lock                                held by the writer

One process writes, any number read at the same time. Profiles name the insides of programs: only
the owner may read them.
"""

from heapwise.watch.store.files import StoreFull
from heapwise.watch.store.reads import StoreView
from heapwise.watch.store.retention import Retention
from heapwise.watch.store.store import Store, StoreHealth

__all__ = ["Retention", "Store", "StoreFull", "StoreHealth", "StoreView"]
