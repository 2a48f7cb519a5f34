"""What Go's compiler tells of escape analysis, in either of its two forms.

A directory of JSON files, one per source file, from ``go build -gcflags=-json=0,/absolute/dir``;
or text from ``-gcflags=-m`` or ``-m=2``, mixed with whatever else a build prints.
"""

from heapwise.formats.escapelog.read import read

__all__ = ["read"]
