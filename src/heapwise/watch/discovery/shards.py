"""Which watcher a target belongs to, where several share the work.

Rendezvous hashing (Thaler and Ravishankar, 1998): every watcher draws a number for the target, by
a hash of both, and the largest has it. Nobody has to agree with anybody; when the N-th watcher is
added, it takes one target in N from the others, and none of those changes hands among them.
"""

from __future__ import annotations

from hashlib import blake2b

from heapwise.model.watch import Target


def shard_of(key: str, shards: int) -> int:
    """The watcher of a target, from 1 to `shards`.

    Args:
        key: of the target; the same on every machine.
        shards: how many watchers there are.
    """
    return max(range(1, shards + 1), key=lambda shard: (_draw(key, shard), shard))


def _draw(key: str, shard: int) -> bytes:
    return blake2b(f"{shard}/{key}".encode(), digest_size=8).digest()


def is_ours(target: Target, index: int, shards: int) -> bool:
    """True for the targets that watcher `index` of `shards` asks."""
    return shards == 1 or shard_of(target.key, shards) == index
