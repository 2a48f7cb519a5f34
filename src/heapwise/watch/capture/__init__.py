"""Profiles that are taken because of a sign, and what they show."""

from __future__ import annotations

from heapwise.watch.capture.capturer import Capturer, Keeper
from heapwise.watch.capture.settings import Allowance, CaptureSettings

__all__ = ["Allowance", "CaptureSettings", "Capturer", "Keeper"]
