"""Helpers that the agent's tests share."""
