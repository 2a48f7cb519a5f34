"""Goroutines, channels, timers and the runtime's own counters."""
