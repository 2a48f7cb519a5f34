"""Pools: kept for reuse, and used wrongly."""
