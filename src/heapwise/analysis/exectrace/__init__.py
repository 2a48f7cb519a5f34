"""A Go execution trace: what the collector, the goroutines and the program's own tasks did."""

from heapwise.analysis.exectrace.summary import TraceAnalysis, TraceStream, summarise
from heapwise.analysis.exectrace.tracks import Tracks

__all__ = ["TraceAnalysis", "TraceStream", "Tracks", "summarise"]
