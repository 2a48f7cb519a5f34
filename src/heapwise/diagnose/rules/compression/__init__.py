"""Compressing responses."""
