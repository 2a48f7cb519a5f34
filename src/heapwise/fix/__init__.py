"""Patches for findings: shown, applied on request, and proved by rounds."""
