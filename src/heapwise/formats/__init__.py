"""Bytes to model and back, pure: no file, no socket, no clock."""
