"""Recordings on disk: a directory ``NAME.hw`` that survives kills, full disks and flipped bits.

What is in the directory stands in `heapwise.record.files`.
"""

from heapwise.record.loader import load, response_bodies
from heapwise.record.writer import RecordingWriter

__all__ = ["RecordingWriter", "load", "response_bodies"]
