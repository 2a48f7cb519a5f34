"""The data that flows through heapwise: frozen, without I/O, and the same for every runtime.

Types that leave the process as JSON are `msgspec.Struct`; types that hold columns are frozen
dataclasses over numpy arrays. Times are integer nanoseconds, sizes integer bytes.
"""
