"""Calls: what it costs to pass a value."""
