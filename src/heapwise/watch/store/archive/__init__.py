"""The samples of captured profiles: days that are over as Parquet, the others as they are."""

from heapwise.watch.store.archive.days import files_between, seal_days, sealed_days

__all__ = ["files_between", "seal_days", "sealed_days"]
