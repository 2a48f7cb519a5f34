"""Which processes there are: from the configuration, from files and from URLs that list them."""

from heapwise.watch.discovery.discovery import Discovered, Discovery
from heapwise.watch.discovery.shards import shard_of

__all__ = ["Discovered", "Discovery", "shard_of"]
