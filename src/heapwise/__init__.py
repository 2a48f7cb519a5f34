"""heapwise finds the code that makes the garbage in an HTTP service and proves the fix."""

__version__ = "0.1.0"
